"""megadev_*: the artifacts by which the node knows contracts: added by hand, and found in the project."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec

from megadev.artifacts.artifact import Artifact, Code
from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.types import Address
from megadev.rpc.codec import AddressParam, Decode, decode_address, describe
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


def _decode_artifact(value: Any) -> bytes:
    if type(value) not in (dict, list):
        raise InvalidParams(f"expected an artifact (an object) or an ABI (an array), got {describe(value)}")
    return msgspec.json.encode(value)


def _decode_which(value: Any) -> Address | str:
    if type(value) is not str or not value:
        raise InvalidParams(f"expected an address or a contract's name, got {describe(value)}")
    return decode_address(value) if value[:2] in ("0x", "0X") else value


ArtifactParam: TypeAlias = Annotated[bytes, Decode(_decode_artifact)]
"""An artifact's JSON, in any format that the node reads from files."""
WhichParam: TypeAlias = Annotated[Address | str, Decode(_decode_which)]


@method("megadev_addArtifact")
def megadev_addArtifact(
    node: RpcNode, artifact: ArtifactParam, address: AddressParam | None = None
) -> list[JsonObject]:
    """Know a contract, or several, from now on; what was learned of each.

    ``artifact``: what a compiler or a tool writes, or ``{name, abi, bytecode?, deployedBytecode?}``. With ``address``
    the contract there is known to be the one, whatever its code.
    """
    artifacts = _read(artifact, address)
    node.node.artifacts.add(artifacts, address)
    return [
        {
            "name": found.name,
            "source": found.source_path,
            "address": None if address is None else checksum_address(address),
            "functions": {item.signature: to_data(key) for key, item in found.interface.functions.items()},
            "errors": {item.signature: to_data(key) for key, item in found.interface.errors.items()},
            "events": {item.signature: to_data(key) for key, item in found.interface.events.items()},
        }
        for found in artifacts
    ]


def _read(artifact: bytes, address: Address | None) -> list[Artifact]:
    from megadev.artifacts.formats.origin import NotAnArtifact, Origin
    from megadev.artifacts.formats.reading import read  # 10 ms, which a start need not take

    # an ABI alone has no name; then the address names it as well as anything
    name = "" if address is None else checksum_address(address)
    try:
        found = read(artifact, Origin(), name)
    except NotAnArtifact as problem:
        raise InvalidParams(f"invalid artifact: {problem}") from None
    if not found:
        raise InvalidParams("invalid artifact: it contains no contract")
    return found


@method("megadev_listArtifacts")
def megadev_listArtifacts(node: RpcNode) -> JsonObject:
    """The known contracts, those added over RPC first, and files that look like artifacts but are not."""
    artifacts = node.node.artifacts
    return {
        "artifacts": [{"name": found.name, "source": found.source_path} for found in artifacts.artifacts],
        "skipped": artifacts.skipped,
    }


@method("megadev_getArtifact")
def megadev_getArtifact(node: RpcNode, which: WhichParam) -> JsonObject | None:
    """The contract at an address, or of a name (``Token``, or ``src/Token.sol:Token`` where several have it); null
    where it is not known. Raises ``InvalidParams`` for a name that several contracts have.
    """
    artifacts = node.node.artifacts
    if isinstance(which, bytes):
        state = node.chain.state(Tag.LATEST)
        account = state.account(which)
        found = artifacts.contract_at(which, b"" if account is None else state.code(account.code_hash))
    else:
        candidates = artifacts.named(which)
        found = next((one for one in candidates if str(one) == which), candidates[0] if candidates else None)
        names = {str(candidate) for candidate in candidates}
        if len(names) > 1 and which not in names:
            raise InvalidParams(f"several contracts are named {which}: choose one of {', '.join(sorted(names))}")
    return None if found is None else _described(found)


def _described(artifact: Artifact) -> JsonObject:
    from megadev.artifacts.formats.reading import abi_json

    return {
        "name": artifact.name,
        "source": artifact.source_path,
        "language": artifact.language,
        "compiler": artifact.compiler,
        "abi": abi_json(artifact),
        "bytecode": _hex(artifact.creation),
        "deployedBytecode": _hex(artifact.runtime),
    }


def _hex(code: Code | None) -> str:
    """Places that deployment fills in are zeros."""
    return "0x" if code is None else to_data(code.code)
