"""From the code of one version to that of the next: what deployment filled in is read out of the old and put into the
new. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from megadev.artifacts.artifact import VYPER
from megadev.artifacts.layout import Immutable
from megadev.primitives.types import Address
from megadev.reload.compatibility import Conflict, Fault, compare_immutable
from megadev.reload.contracts import OWN_ADDRESS, Contract

PUSH20 = 0x73


@dataclass(frozen=True, slots=True)
class Filling:
    """The values filled in by one deployment: immutables by name (``Contract.name``), libraries by ``file:Name``."""

    immutables: Mapping[str, bytes] = field(default_factory=dict)
    libraries: Mapping[str, Address] = field(default_factory=dict)


def is_of(contract: Contract, code: bytes, *, ignore_trailer: bool = False) -> bool:
    """True if deployed ``code`` is that of ``contract``, whatever was filled in. The metadata at its end differs where
    the same source was compiled under another name.
    """
    runtime = contract.artifact.runtime
    if runtime is None or not runtime.code:
        return False
    if contract.artifact.language == VYPER:
        return len(code) == len(runtime.code) + contract.data_size and code.startswith(runtime.code)
    return len(code) == len(runtime.code) and runtime.matches(code, ignore_trailer=ignore_trailer)


def filling_of(contract: Contract, code: bytes) -> Filling:
    """Returns the values filled into ``code`` of ``contract``."""
    runtime = contract.artifact.runtime
    assert runtime is not None
    size = len(runtime.code)
    if contract.artifact.language == VYPER:
        items = contract.data
        return Filling({i.name: code[size + i.offset : size + i.offset + i.length] for i in items})
    names = contract.immutables or {}
    return Filling(
        {
            names[hole.name].name: code[hole.start : hole.start + hole.length]
            for hole in runtime.immutables
            if hole.name in names
        },
        {hole.name: code[hole.start : hole.start + hole.length] for hole in runtime.links},
    )


def refill(
    old: Contract, code: bytes, new: Contract, address: Address, libraries: Mapping[str, Address]
) -> tuple[bytes, list[Conflict]]:
    """The code of ``new`` for ``address``, whose ``code`` is that of ``old``; and why it cannot be had.

    ``libraries``: where else libraries are deployed, for those that ``old`` did not use.
    """
    runtime = new.artifact.runtime
    assert runtime is not None
    filling = filling_of(old, code)
    filled = bytearray(runtime.code)
    if new.artifact.language == VYPER:
        return _with_data(old, new, filling, filled)
    conflicts: list[Conflict] = []
    if old.needs_names or new.needs_names:
        said = "the immutables in the deployed code cannot be identified"
        conflicts.append(Conflict(Fault.UNKNOWN, new.name, said))
    types = {found.name: found.type for found in (old.immutables or {}).values()}
    for hole in runtime.immutables:
        if hole.name == OWN_ADDRESS:
            filled[hole.start : hole.start + hole.length] = address.rjust(hole.length, b"\0")
        wanted: Immutable | None = (new.immutables or {}).get(hole.name)
        if wanted is None:
            continue
        value = filling.immutables.get(wanted.name)
        if value is None:
            conflicts.append(Conflict(Fault.IMMUTABLE, wanted.name, "a new immutable"))
        elif (conflict := compare_immutable(wanted.name, types.get(wanted.name), wanted.type)) is not None:
            conflicts.append(conflict)
        else:
            filled[hole.start : hole.start + hole.length] = value
    for hole in runtime.links:
        found = filling.libraries.get(hole.name) or libraries.get(hole.name)
        if found is None:
            conflicts.append(Conflict(Fault.LIBRARY, hole.name, "this library is not deployed"))
        else:
            filled[hole.start : hole.start + hole.length] = found
    if filled[:21] == bytes((PUSH20,)) + bytes(20):
        filled[1:21] = address  # a library keeps its own address there, to refuse being called directly
    return bytes(filled), list(dict.fromkeys(conflicts))


def _with_data(old: Contract, new: Contract, filling: Filling, filled: bytearray) -> tuple[bytes, list[Conflict]]:
    conflicts = []
    types = {item.name: item.type for item in old.data}
    data = bytearray(new.data_size)
    for item in new.data:
        value = filling.immutables.get(item.name)
        if value is None:
            conflicts.append(Conflict(Fault.IMMUTABLE, item.name, "a new immutable"))
        elif (conflict := compare_immutable(item.name, types[item.name], item.type)) is not None:
            conflicts.append(conflict)
        else:
            data[item.offset : item.offset + item.length] = value
    return bytes(filled + data), conflicts
