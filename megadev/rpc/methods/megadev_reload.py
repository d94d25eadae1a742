"""megadev_*: hot reload (``megadev up --watch``): what is deployed, what would be reloaded, doing and undoing it."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams, MethodUnavailable
from megadev.node.reloads import Reloads
from megadev.rpc.codec import AddressParam, BoolParam, Decode, describe
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


def _decode_artifact(value: Any) -> bytes | str:
    if type(value) is str and value:
        return value
    if type(value) is not dict:
        raise InvalidParams(f"expected an artifact (an object) or a contract's name, got {describe(value)}")
    return msgspec.json.encode(value)


TrackedParam: TypeAlias = Annotated[bytes | str, Decode(_decode_artifact)]
"""An artifact's JSON, or the name of a contract of the project."""


@method("megadev_trackContract")
def megadev_trackContract(node: RpcNode, address: AddressParam, artifact: TrackedParam) -> JsonObject:
    """Name the contract at an address of this chain if its code does not identify it; it follows its source from now
    on.
    """
    return _reloads(node).track(node.chain, address, artifact)


@method("megadev_listDeployments")
def megadev_listDeployments(node: RpcNode) -> list[JsonObject]:
    """The project's contracts on both chains, with what deployment filled in."""
    return _reloads(node).deployments()


@method("megadev_reloadPlan")
def megadev_reloadPlan(node: RpcNode) -> JsonObject:
    """The reload that would be done now, without changing anything."""
    return _reloads(node).plan()


@method("megadev_reloadApply")
def megadev_reloadApply(node: RpcNode, force: BoolParam = False) -> JsonObject:
    """Reload now. With ``force``, code is replaced even if storage layouts conflict. Raises ``ReloadRefused``."""
    return _reloads(node).apply(force)


@method("megadev_reloadUndo")
def megadev_reloadUndo(node: RpcNode) -> JsonObject:
    """Revert both chains to just before the latest reload. Raises ``ReloadRefused`` if there is none."""
    return _reloads(node).undo()


def _reloads(node: RpcNode) -> Reloads:
    found = node.node.reloads
    if found is None:
        raise MethodUnavailable("the method does not exist/is not available: start the node with --watch")
    return found
