"""megadev_oracle_*: what MegaETH's oracle contract answers from outside the chain, set by hand, and what contracts told
it.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from megadev.chain.documents import JsonObject
from megadev.chain.system_contracts import ORACLE, TIMESTAMP_SLOT
from megadev.errors import InvalidParams
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import Decode, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.sequencer.oracle import OracleService

_MOST_HINTS = 1_000


def _decode_slots(value: Any) -> dict[int, int | None]:
    if type(value) is not dict:
        raise InvalidParams(f"expected an object of slots and values, got {value!r}")
    return {
        _word(slot, f"slot {slot!r}"): None if word is None else _word(word, f"the value of slot {slot}")
        for slot, word in value.items()
    }


def _word(value: Any, what: str) -> int:
    """A number of up to 256 bits: JSON's, decimal text, or hex with any number of leading zeros."""
    number = -1
    if type(value) is int:
        number = value
    elif type(value) is str:
        digits = value.strip()
        try:
            number = int(digits, 16) if digits[:2].lower() == "0x" else int(digits)
        except ValueError:
            number = -1
    if not 0 <= number < 2**256:
        raise InvalidParams(f"{what}: expected a number of up to 256 bits, in decimal or as 0x hex, got {value!r}")
    return number


SlotsParam: TypeAlias = Annotated[dict[int, int | None], Decode(_decode_slots)]


@method("megadev_oracle_status")
def megadev_oracle_status(node: RpcNode) -> JsonObject:
    """The oracle's answer for each slot, and the slot's value on the chain."""
    service, state = _service(node), node.chain.sequencer.head_state()
    slots = sorted({*service.values, TIMESTAMP_SLOT})
    return {
        "address": to_data(ORACLE),
        "values": {hex(slot): _format_word(value) for slot, value in sorted(service.values.items())},
        "stored": {hex(slot): _format_word(state.storage(ORACLE, slot)) for slot in slots},
        "timestamp": "set" if TIMESTAMP_SLOT in service.values else "clock",
        "hasScript": service.hook is not None,
        "hints": hex(len(service.hints)),
    }


@method("megadev_oracle_setSlots")
def megadev_oracle_setSlots(node: RpcNode, slots: SlotsParam) -> JsonObject:
    """Answer reads of these slots with these values from now on; null: not any more."""
    _service(node).set(slots)
    return megadev_oracle_status(node)


@method("megadev_oracle_hints")
def megadev_oracle_hints(node: RpcNode, limit: Uint64Param = 100) -> list[JsonObject]:
    """The hints that contracts sent to the oracle in included transactions, newest first."""
    newest = reversed(_service(node).hints[-min(limit, _MOST_HINTS) :] if limit else ())
    return [{"from": to_data(hint.sender), "topic": to_data(hint.topic), "data": to_data(hint.data)} for hint in newest]


def _service(node: RpcNode) -> OracleService:
    service = node.chain.sequencer.oracle
    if service is None:
        raise InvalidParams("this chain has no oracle: it is one of MegaETH's system contracts (--preset megaeth)")
    return service


def _format_word(value: int) -> str:
    return f"0x{value:064x}"
