"""Parameters by name: an object in place of the array, as JSON-RPC 2.0 allows (specification, "4.2 Parameter
Structures").

Which names count: those in the catalog's row, those of the function's own parameters, and what other documents call the
same thing (``SYNONYMS``: the execution API's OpenRPC document, Anvil's and Hardhat's). Case, spaces, hyphens and
underscores make no difference. A method whose first parameter is an object, such as a transaction or a filter, also
takes that object's members in place of the parameters' names.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec

from megadev.errors import InvalidParams
from megadev.primitives.suggestions import did_you_mean

_SEPARATORS = re.compile(r"[\s_-]+")
_HASHES = ("txhash", "blockhash", "codehash", "blobhash", "withdrawalhash")
_BLOCKS = ("block", "blockhash", "blocknumber", "number")
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "account": ("address", "holder", "owner", "sender"),
    "amount": ("balance",),
    "block": _BLOCKS,
    "blockcount": ("count",),
    "blockhash": _BLOCKS,
    "blockid": _BLOCKS,
    "blocknumber": _BLOCKS,
    "blocknumberortag": _BLOCKS,
    "blocks": ("count",),
    "blocktag": _BLOCKS,
    "bytecode": ("code",),
    "data": ("message", "raw"),
    "defaultblock": _BLOCKS,
    "filteridentifier": ("filterid",),
    "fulltransactions": ("full",),
    "hash": _HASHES,
    "hydratedtransactions": ("full",),
    "id": ("filterid", "snapshotid", "subscriptionid"),
    "key": ("slot",),
    "newestblock": ("newest",),
    "overrides": ("stateoverrides",),
    "position": ("slot",),
    "rawtransaction": ("raw",),
    "rewardpercentiles": ("percentiles",),
    "signedtransaction": ("raw",),
    "stateoverride": ("stateoverrides",),
    "blockoverride": ("blockoverrides",),
    "storagekeys": ("keys",),
    "storageslot": ("slot",),
    "timeout": ("timeoutms",),
    "tokenaddress": ("token",),
    "transaction": ("request", "call", "raw"),
    "transactionhash": ("txhash",),
    "transactionindex": ("index",),
    "tx": ("request", "call", "raw"),
    "value": ("word", "balance"),
}
"""What else a parameter may be called, and which of a method's parameters it may be then, as ``plain`` has them."""


def plain(name: str) -> str:
    """A name without what makes no difference in it: ``Block hash``, ``block_hash`` and ``blockHash`` are one."""
    return _SEPARATORS.sub("", name).lower()


def members_of(annotation: Any) -> frozenset[str]:
    """Returns the member names of a parameter annotated so; none if it is not an object with named members."""
    kinds = [annotation]
    while kinds:
        kind = kinds.pop()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return frozenset(map(plain, (*kind.__struct_encode_fields__, *getattr(kind, "ALIASES", {}))))
        kinds += typing.get_args(kind)[:1] if typing.get_origin(kind) is Annotated else ()
        kinds += typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else ()
    return frozenset()


def positional(
    method: str, params: Mapping[str, Any], names: Sequence[Sequence[str]], members: frozenset[str]
) -> list[Any]:
    """``params`` in the order of ``names``, which has each parameter's own; what is left out between is null.

    ``members``: of the object that is the method's first parameter. Raises ``InvalidParams`` for a name that is none.
    """
    places = {plain(name): place for place, each in reversed(list(enumerate(names))) for name in each}
    found: dict[int, Any] = {}
    unknown: list[str] = []
    for name, value in params.items():
        place = _place(plain(name), places)
        if place is None:
            unknown.append(name)
        elif place in found:
            raise InvalidParams(f"{name}: the parameter {names[place][0]} of {method} is given twice")
        else:
            found[place] = value
    if unknown and members and not found and any(plain(name) in members for name in unknown):
        return [dict(params)]
    if unknown:
        known = [each[0] for each in names]
        takes = f"it takes {', '.join(known)}" if known else "it takes no parameters"
        raise InvalidParams(f"{method} has no parameter {unknown[0][:100]!r}: {takes}{did_you_mean(unknown[0], known)}")
    return [found.get(place) for place in range(max(found, default=-1) + 1)]


def _place(name: str, places: Mapping[str, int]) -> int | None:
    if name in places:
        return places[name]
    return next((places[other] for other in SYNONYMS.get(name, ()) if other in places), None)
