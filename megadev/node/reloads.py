"""What the rest of a node may ask of hot reload, which is built above it (``reload/``)."""

from __future__ import annotations

from typing import Any, Protocol

from megadev.node.chain import LocalChain
from megadev.primitives.types import Address


class Reloads(Protocol):
    """Reloading, as methods and commands see it. All of it runs on the writer's thread; answers are JSON."""

    def track(self, chain: LocalChain, address: Address, artifact: bytes | str) -> dict[str, Any]:
        """Know that a contract stands at ``address`` of ``chain``: an artifact's JSON, or the name of a contract of the
        project. Raises ``InvalidParams``."""
        ...

    def deployments(self) -> list[dict[str, Any]]:
        """What is known to be deployed, with constructor arguments, immutables and libraries."""
        ...

    def plan(self) -> dict[str, Any]:
        """What would be done now, without doing it."""
        ...

    def apply(self, force: bool) -> dict[str, Any]:
        """Do it now; with ``force`` whatever the storage layouts say. Raises ``ReloadRefused``."""
        ...

    def undo(self) -> dict[str, Any]:
        """Go back to just before the latest reload. Raises ``ReloadRefused`` where there is none."""
        ...
