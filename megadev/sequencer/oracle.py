"""The oracle service: what MegaETH's oracle contract answers from outside the chain.

A transaction that reads one of the oracle's slots sees the value that the service has for it at that moment. So that
everybody who runs the block again sees the same, the sequencer writes the value into the contract first, by a system
transaction right before the one that reads it (MegaETH specification, "Oracle", "Mega System Transaction"). What nobody
reads is never written.

Values are set by hand, by slot; a hook may know others. The first slot is the time in microseconds
(``HighPrecisionTimestamp``): by the clock, unless it is set.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from megadev.chain.spec import MEGA_SYSTEM_ADDRESS
from megadev.chain.system_contracts import ORACLE, SEQUENCER_REGISTRY, SYSTEM_ADDRESS_SLOT, TIMESTAMP_SLOT
from megadev.chain.transactions import LEGACY, Transaction, UnsignedTransaction, impersonated_transaction
from megadev.errors import MalformedTransaction
from megadev.evm.engine import Hint
from megadev.primitives import rlp
from megadev.primitives.abi import encode_call
from megadev.primitives.types import Address, Hash32
from megadev.sequencer.time_keeper import TimeKeeper
from megadev.state.reader import PrefetchHint, StateReader, with_hint

_LOG = logging.getLogger("megadev.oracle")
KEPT_HINTS = 1_000
"""Hints that are remembered, the newest."""
US = 1_000_000
"""Microseconds in a second."""


class OracleHook(Protocol):
    """The external source of the oracle. ``read`` answers None for a slot it knows nothing of; values are 256-bit
    numbers.
    """

    def read(self, slot: int) -> int | None: ...

    def hint(self, sender: Address, topic: Hash32, data: bytes) -> object: ...


class OracleService:
    """The values of one chain's oracle. On the writer's thread; ``values`` is replaced as one."""

    def __init__(self, time: TimeKeeper) -> None:
        self._time = time
        self.values: Mapping[int, int] = MappingProxyType({})
        """By slot, what was set by hand."""
        self.hints: tuple[Hint, ...] = ()
        """What contracts told it, oldest first, in transactions that joined a block."""
        self.hook: OracleHook | None = None

    def set(self, changes: Mapping[int, int | None]) -> None:
        """Answer these slots with these values from now on; None: not any more."""
        values = {**self.values, **{slot: value for slot, value in changes.items() if value is not None}}
        for slot, value in changes.items():
            if value is None:
                values.pop(slot, None)
        self.values = MappingProxyType(values)

    def read(self, slot: int, stored: int, earliest: int, latest: int) -> int | None:
        """The answer to a read of ``slot``, whose stored value is ``stored``; None: the stored value.

        Time lies from ``earliest`` to ``latest`` (microseconds) and does not pass backwards.
        """
        if slot in self.values:
            return self.values[slot]
        if self.hook is not None:
            try:
                answer = self.hook.read(slot)
            except Exception as error:  # somebody else's code
                _LOG.warning("the oracle's hook failed to read slot %d: %s: %s", slot, type(error).__name__, error)
                answer = None
            if answer is not None:
                return answer % 2**256
        if slot == TIMESTAMP_SLOT:
            return min(max(self._time.now_us(), earliest, stored), latest)
        return None

    def tell(self, hints: tuple[Hint, ...]) -> None:
        """Pass on a contract's hint before its next read is answered."""
        if self.hook is None:
            return
        for hint in hints:
            try:
                self.hook.hint(hint.sender, hint.topic, hint.data)
            except Exception as error:  # somebody else's code
                _LOG.warning("the oracle's hook failed to take a hint: %s: %s", type(error).__name__, error)

    def remember(self, hints: tuple[Hint, ...]) -> None:
        """Keep the hints of a transaction that joined a block."""
        if hints:
            self.hints = (*self.hints, *hints)[-KEPT_HINTS:]


class OracleView:
    """A ``StateReader`` in which the oracle's slots are what the service answers, for calls that nobody includes."""

    def __init__(self, base: StateReader, service: OracleService, latest: int) -> None:
        self._base = base
        self._service = service
        self._latest = latest
        self._answers: dict[int, int] = {}
        self.account = base.account
        self.code = base.code
        self.block_hash = base.block_hash

    def with_hint(self, hint: PrefetchHint) -> OracleView:
        """See ``Prefetches``."""
        reader = OracleView(with_hint(self._base, hint), self._service, self._latest)
        reader._answers = self._answers
        return reader

    def storage(self, address: Address, slot: int) -> int:
        """The word in ``slot``; of the oracle, what the service answers: the same each time it is asked."""
        if address != ORACLE:
            return self._base.storage(address, slot)
        known = self._answers.get(slot)
        if known is None:
            stored = self._base.storage(address, slot)
            answer = self._service.read(slot, stored, 0, self._latest)
            known = self._answers[slot] = stored if answer is None else answer
        return known


def system_address(state: StateReader) -> Address:
    """The sender of the protocol's transactions: the registry's, if there is one."""
    word = state.storage(SEQUENCER_REGISTRY, SYSTEM_ADDRESS_SLOT)
    return word.to_bytes(32, "big")[12:] if word else MEGA_SYSTEM_ADDRESS


def oracle_transaction(state: StateReader, chain_id: int, gas_limit: int, values: Mapping[int, int]) -> Transaction:
    """The system transaction that writes ``values`` into the oracle."""
    sender = system_address(state)
    account = state.account(sender)
    words = [value.to_bytes(32, "big") for value in values.values()]
    return impersonated_transaction(
        UnsignedTransaction(
            type=LEGACY,
            chain_id=chain_id,
            nonce=0 if account is None else account.nonce,
            gas_limit=gas_limit,
            to=ORACLE,
            value=0,
            data=encode_call("setSlots(uint256[],bytes32[])", list(values), words),
            max_fee_per_gas=0,
            max_priority_fee_per_gas=0,
        ),
        sender,
    )


def is_system_transaction(tx: Transaction, state: StateReader) -> bool:
    """True if ``tx`` is the protocol's own: a legacy one from the system address to the oracle. It is free."""
    return tx.to == ORACLE and tx.type == LEGACY and tx.sender == system_address(state)


_UNSIGNED = bytes((0x80, 0x80, 0x80))
"""How a legacy transaction ends that nobody signed."""


def system_transaction_of(raw: bytes, chain_id: int, state: StateReader) -> Transaction | None:
    """The protocol's own transaction that ``raw`` is, if it is one: legacy, to the oracle, and with nothing where a
    signature would be. It is the system address's, as the sequencer alone orders transactions.
    """
    if raw[:1] < b"\xc0" or not raw.endswith(_UNSIGNED):
        return None
    try:
        fields = rlp.decode(raw)
    except ValueError:
        return None
    if type(fields) is not list or len(fields) != 9 or fields[3] != ORACLE:
        return None
    if any(type(field) is not bytes or field[:1] == b"\0" for field in (*fields[:3], fields[4])):
        return None
    nonce, price, gas, value = (int.from_bytes(field, "big") for field in (*fields[:3], fields[4]))  # type: ignore[arg-type]
    unsigned = UnsignedTransaction(
        type=LEGACY,
        chain_id=chain_id,
        nonce=nonce,
        gas_limit=gas,
        to=ORACLE,
        value=value,
        data=fields[5],  # type: ignore[arg-type]
        max_fee_per_gas=price,
        max_priority_fee_per_gas=price,
    )
    try:
        made = impersonated_transaction(unsigned, system_address(state))
    except MalformedTransaction:
        return None
    return made if made.encoded == raw else None
