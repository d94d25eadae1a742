"""A contract's interface: the functions, errors and events of its ABI (Solidity specification, "JSON").

``Interface`` finds them by selector or topic. Types are spelled as ``primitives.abi`` takes them: tuples by their
members, ``(uint256,address)[]``.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec

from megadev.primitives.keccak import keccak

ITEM_TYPES = frozenset({"function", "error", "event", "constructor", "receive", "fallback"})
MAX_ITEMS = 10_000
"""Functions, errors and events that one contract may have."""
MAX_NESTING = 16
"""Tuples within tuples."""


class Parameter(msgspec.Struct, frozen=True, rename="camel"):
    """An argument, a result, a member of a tuple. ``internal_type`` is the language's own name of the type."""

    type: str
    name: str | None = None
    components: tuple[Parameter, ...] | None = None
    indexed: bool | None = None
    internal_type: str | None = None

    def __post_init__(self) -> None:
        if self.components and not self.type.startswith("tuple"):
            raise ValueError(f"{self.name or 'a parameter'}: {self.type} has no components")

    @property
    def canonical(self) -> str:
        """The type as signatures spell it. Raises ValueError for tuples nested too deeply."""
        return self._canonical(MAX_NESTING)

    def _canonical(self, deeper: int) -> str:
        if not self.type.startswith("tuple"):
            return self.type
        if not deeper:
            raise ValueError(f"{self.name or 'a parameter'}: tuples are nested more than {MAX_NESTING} deep")
        members = ",".join(member._canonical(deeper - 1) for member in self.components or ())
        return f"({members}){self.type.removeprefix('tuple')}"

    @property
    def struct(self) -> str:
        """The name of the struct that this is, or that it is an array of; '' where not known."""
        internal = self.internal_type or ""
        if not internal.startswith("struct "):
            return ""
        return internal.removeprefix("struct ").partition("[")[0].rpartition(".")[2]


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One entry of an ABI: a function, an error, an event, the constructor, or what takes the other calls."""

    type: str = "function"
    name: str | None = None
    inputs: tuple[Parameter, ...] | None = None
    outputs: tuple[Parameter, ...] | None = None
    state_mutability: str | None = None
    anonymous: bool | None = None

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        return self.inputs or ()

    @property
    def signature(self) -> str:
        """Such as ``transfer(address,uint256)``. Raises ValueError for tuples nested too deeply."""
        return f"{self.name or ''}({','.join(argument.canonical for argument in self.arguments)})"

    def validate(self) -> None:
        """Raise ValueError where a parameter has no canonical type: tuples nested too deeply."""
        for parameter in (*self.arguments, *(self.outputs or ())):
            _ = parameter.canonical

    @property
    def topic(self) -> bytes:
        """The keccak256 of the signature: an event's first topic; its first four bytes are the others' selector."""
        return keccak(self.signature.encode())


class Interface:
    """An ABI, its entries by selector (functions, errors) and by topic (events that are not anonymous).

    Raises ValueError for too many entries, or tuples nested too deeply.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = tuple(items)
        if len(self.items) > MAX_ITEMS:
            raise ValueError(f"an ABI of {len(self.items)} entries exceeds the limit of {MAX_ITEMS}")
        self.functions: dict[bytes, Item] = {}
        self.errors: dict[bytes, Item] = {}
        self.events: dict[bytes, Item] = {}
        self.constructor: Item | None = None
        for item in self.items:
            item.validate()
            if item.type == "constructor":
                self.constructor = item
            elif item.name is None:
                continue
            elif item.type == "function":
                self.functions[item.topic[:4]] = item
            elif item.type == "error":
                self.errors[item.topic[:4]] = item
            elif item.type == "event" and not item.anonymous:
                self.events[item.topic] = item

    @cached_property
    def takes_anything(self) -> Item | None:
        """The fallback function, if there is one."""
        return next((item for item in self.items if item.type == "fallback"), None)

    @cached_property
    def takes_ether(self) -> Item | None:
        """The receive function, if there is one."""
        return next((item for item in self.items if item.type == "receive"), None)
