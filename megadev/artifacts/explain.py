"""Revert data, call data, return data and logs in words, with the names that artifacts know.

Whatever is not known or does not decode is shown as it is: nothing here raises for what a contract did.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from megadev.artifacts.interface import Item, Parameter
from megadev.artifacts.protocol_errors import protocol_error
from megadev.chain.receipts import REVERTED
from megadev.primitives.abi import ERROR_SELECTOR, PANIC_SELECTOR, Value, decode, format_value, revert_reason
from megadev.primitives.hexcodec import to_data

if TYPE_CHECKING:
    from megadev.artifacts.artifact import Artifact
    from megadev.artifacts.registry import ArtifactRegistry

MAX_MEMBERS = 16
"""Members of an array that are shown."""


class Argument(msgspec.Struct, frozen=True):
    """One decoded value. ``name`` is '' where the ABI gives none; ``shown`` is the value as people read it."""

    name: str
    type: str
    value: Value
    shown: str

    def __str__(self) -> str:
        return f"{self.name}: {self.shown}" if self.name else self.shown


class DecodedCall(msgspec.Struct, frozen=True):
    """A decoded call: ``Token.transfer(to: 0x…, amount: 5)``.

    ``contract`` is '' where unknown. ``name`` is the function's, ``constructor``, ``receive``, ``fallback``, or the
    selector in hex of an unknown one, whose arguments stay in ``raw``.
    """

    contract: str
    name: str
    arguments: tuple[Argument, ...] = ()
    raw: bytes = b""
    item: Item | None = None

    def __str__(self) -> str:
        prefix = f"{self.contract}." if self.contract else ""
        return f"{prefix}{self.name}({_shown_arguments(self.arguments, self.raw)})"


class DecodedLog(msgspec.Struct, frozen=True):
    """An event: ``Transfer(from: 0x…, to: 0x…, value: 5)``. ``name`` is '' for an unknown one, with its ``topics``."""

    contract: str
    name: str
    arguments: tuple[Argument, ...] = ()
    topics: tuple[bytes, ...] = ()
    raw: bytes = b""
    item: Item | None = None

    def __str__(self) -> str:
        if self.name:
            return f"{self.name}({_shown_arguments(self.arguments, self.raw)})"
        topics = ", ".join(to_data(topic) for topic in self.topics)
        return f"log({topics}{', ' if topics and self.raw else ''}{_shown_bytes(self.raw) if self.raw else ''})"


def error(registry: ArtifactRegistry, data: bytes, near: Artifact | None = None) -> str:
    """Returns revert data in words: ``InsufficientBalance(available: 1, required: 2)`` for an error of an artifact or
    of MegaETH, otherwise as ``primitives.abi.revert_reason``; '' for no data.

    ``near``: the contract that reverted, whose own errors are tried first.
    """
    if len(data) >= 4 and data[:4] not in (ERROR_SELECTOR, PANIC_SELECTOR):
        for item in registry.errors(data[:4], near):
            arguments = decode_arguments(item.arguments, data[4:])
            if arguments is not None:
                return f"{item.name}({_shown_arguments(arguments)})"
        known = protocol_error(data)
        if known is not None:
            return known
    return revert_reason(data)


def failed_transaction(registry: ArtifactRegistry, halt: str, data: bytes, near: Artifact | None = None) -> str:
    """Returns why a mined transaction failed, in the words of Hardhat's node, which its plugins match.

    ``halt``: how it ended; ``data``: what it returned; ``near`` as in ``error``.
    """
    if data or halt == REVERTED:
        return _reverted_with(registry, data, near)
    if halt == "out of gas":
        return "Transaction ran out of gas"
    if halt == "max code size exceeded":
        return "Transaction reverted: trying to deploy a contract whose code is too large"
    return f"VM Exception while processing transaction: {halt}"


def _reverted_with(registry: ArtifactRegistry, data: bytes, near: Artifact | None) -> str:
    if not data:
        return "Transaction reverted without a reason string"
    opening = "VM Exception while processing transaction: reverted with "
    selector, known = data[:4], error(registry, data, near)
    if selector == ERROR_SELECTOR:
        return f"{opening}reason string '{known}'"
    if selector == PANIC_SELECTOR and len(data) == 36:
        code = int.from_bytes(data[4:], "big")
        return f"{opening}panic code {code:#x} ({PANICS.get(code, 'Unknown panic code')})"
    if known != revert_reason(data):
        return f"{opening}custom error '{known}'"
    return f"{opening}an unrecognized custom error (return data: {to_data(data)})"


PANICS = {
    0x01: "Assertion error",
    0x11: "Arithmetic operation overflowed outside of an unchecked block",
    0x12: "Division or modulo division by zero",
    0x21: "Tried to convert a value into an enum, but the value was too big or negative",
    0x22: "Incorrectly encoded storage byte array",
    0x31: ".pop() was called on an empty array",
    0x32: "Array accessed at an out-of-bounds or negative index",
    0x41: "Too much memory was allocated, or an array was created that is too large",
    0x51: "Called a zero-initialized variable of internal function type",
}
"""Hardhat's names for Solidity's panic codes."""


def call(registry: ArtifactRegistry, artifact: Artifact | None, data: bytes) -> DecodedCall:
    """Returns the call that call data encodes for a contract with ``artifact`` (None: unknown)."""
    contract = artifact.name if artifact is not None else ""
    if len(data) >= 4:
        for item in registry.functions(data[:4], artifact):
            arguments = decode_arguments(item.arguments, data[4:])
            if arguments is not None:
                return DecodedCall(contract, item.name or "", arguments, item=item)
    if artifact is not None:
        receive, fallback = artifact.interface.takes_ether, artifact.interface.takes_anything
        if not data and receive is not None:
            return DecodedCall(contract, "receive", item=receive)
        if fallback is not None:
            return DecodedCall(contract, "fallback", raw=data, item=fallback)
    if len(data) < 4:
        return DecodedCall(contract, "fallback", raw=data)
    return DecodedCall(contract, to_data(data[:4]), raw=data[4:])


def creation(registry: ArtifactRegistry, data: bytes) -> DecodedCall:
    """Returns the constructor call in creation code: ``Token.constructor(supply: 5)``; arguments undecoded if they do
    not fit.
    """
    found = registry.contract_of_creation(data)
    if found is None:
        return DecodedCall("", "constructor")
    artifact, encoded = found
    item = artifact.interface.constructor
    arguments = decode_arguments(item.arguments if item is not None else (), encoded)
    if arguments is None:
        return DecodedCall(artifact.name, "constructor", raw=encoded, item=item)
    return DecodedCall(artifact.name, "constructor", arguments, item=item)


def returned(decoded: DecodedCall, data: bytes) -> str:
    """Returns the values of a successful call in words: '' for none, several in parentheses."""
    if not data:
        return ""
    outputs = decoded.item.outputs if decoded.item is not None and decoded.item.type == "function" else None
    arguments = decode_arguments(outputs, data) if outputs else None
    if arguments is None:
        return _shown_bytes(data)
    if len(arguments) == 1:
        return arguments[0].shown
    return f"({_shown_arguments(arguments)})"


def log(registry: ArtifactRegistry, topics: Sequence[bytes], data: bytes, near: Artifact | None = None) -> DecodedLog:
    """Returns a log in words; ``near`` is the contract that wrote it."""
    contract = near.name if near is not None else ""
    for item in registry.events(topics[0], near) if topics else ():
        arguments = _event_arguments(item, topics[1:], data)
        if arguments is not None:
            return DecodedLog(contract, item.name or "", arguments, tuple(topics), item=item)
    return DecodedLog(contract, "", topics=tuple(topics), raw=data)


def decode_arguments(parameters: Sequence[Parameter], data: bytes) -> tuple[Argument, ...] | None:
    """The values that ``data`` holds for ``parameters``; None where it does not fit them."""
    if not parameters:
        return None if data else ()
    try:
        types = [parameter.canonical for parameter in parameters]
        values = decode(types, data)
    except ValueError:
        return None
    return tuple(
        Argument(parameter.name or "", kind, value, shown(parameter, value))
        for parameter, kind, value in zip(parameters, types, values, strict=True)
    )


def shown(parameter: Parameter, value: Value) -> str:
    """A value as people read it: structs with the names of their members, long arrays cut."""
    if not parameter.type.startswith("tuple"):
        return format_value(parameter.type, value)
    assert isinstance(value, (list, tuple))
    if parameter.type.endswith("]"):
        inner = Parameter(
            parameter.type[: parameter.type.rindex("[")], components=parameter.components,
            internal_type=parameter.internal_type,
        )  # fmt: skip
        members = [shown(inner, member) for member in value[:MAX_MEMBERS]]
        if len(value) > MAX_MEMBERS:
            members.append(f"… {len(value) - MAX_MEMBERS} more")
        return f"[{', '.join(members)}]"
    members = [
        f"{component.name}: {shown(component, member)}" if component.name else shown(component, member)
        for component, member in zip(parameter.components or (), value, strict=True)
    ]
    return f"{parameter.struct}({', '.join(members)})"


def _event_arguments(item: Item, topics: Sequence[bytes], data: bytes) -> tuple[Argument, ...] | None:
    """In the order of the event's declaration; None where indexed arguments and topics do not agree."""
    indexed = [parameter for parameter in item.arguments if parameter.indexed]
    if len(indexed) != len(topics):
        return None
    plain = decode_arguments([parameter for parameter in item.arguments if not parameter.indexed], data)
    if plain is None:
        return None
    from_data, from_topics = iter(plain), iter(topics)
    arguments = []
    for parameter in item.arguments:
        if not parameter.indexed:
            arguments.append(next(from_data))
            continue
        argument = _indexed(parameter, next(from_topics))
        if argument is None:
            return None
        arguments.append(argument)
    return tuple(arguments)


def _indexed(parameter: Parameter, topic: bytes) -> Argument | None:
    """An argument from its topic; of those longer than a word only the hash is there."""
    if parameter.type in ("string", "bytes") or parameter.type.startswith("tuple") or parameter.type.endswith("]"):
        return Argument(parameter.name or "", parameter.canonical, topic, f"keccak256 {to_data(topic)}")
    decoded = decode_arguments([parameter], topic)
    return None if decoded is None else decoded[0]


def _shown_arguments(arguments: Sequence[Argument], raw: bytes = b"") -> str:
    return _shown_bytes(raw) if raw and not arguments else ", ".join(map(str, arguments))


def _shown_bytes(data: bytes) -> str:
    return format_value("bytes", data)
