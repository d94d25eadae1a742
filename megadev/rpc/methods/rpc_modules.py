"""rpc_modules: which namespaces there are."""

from __future__ import annotations

from megadev.rpc.catalog import CATALOG
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode

VERSION = "1.0"
"""geth's, of every namespace."""


@method("rpc_modules")
def rpc_modules(node: RpcNode) -> dict[str, str]:
    """Namespaces in which methods are offered, with their versions."""
    names = {name for entry in CATALOG if entry.is_available for name in (entry.name, *entry.aliases)}
    return dict.fromkeys(sorted({name.partition("_")[0] for name in names}), VERSION)
