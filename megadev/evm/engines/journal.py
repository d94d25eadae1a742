"""The call frames' view of state during one transaction: a flat cache over a ``StateReader`` with an undo log.

Everything a frame may change lives in a plain dict, and every change appends ``(dict, key, old value)`` to one list. A
checkpoint is that list's length; reverting pops back to it. Reads cross the seam once per key and are never undone.
"""

from __future__ import annotations

from typing import Any, Final, Protocol

from megadev.chain.receipts import Log
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.reader import StateReader

_ABSENT: Final = object()
MAX_BALANCE = 2**256 - 1

Checkpoint = tuple[int, int, int]
"""Length of the undo log, number of logs, refund counter."""


class Outcome(Protocol):
    """What the frames of a transaction have done to slots and logs, kept elsewhere until somebody asks for it. Accounts
    are in the journal, but for those that were only looked at."""

    def undo(self) -> None:
        """All of it has been reverted."""
        ...

    def accounts(self) -> set[Address]:
        """Accounts that were looked at."""
        ...

    def slots(self) -> set[tuple[Address, int]]:
        """Slots that were read or written."""
        ...

    def changes(self) -> dict[Address, dict[int, int]]:
        """The words that slots hold now, where they are others than before."""
        ...

    def logs(self) -> tuple[Log, ...]:
        """The logs, in their order."""
        ...


class Journal:
    """One transaction's working state. ``accounts`` holds current values, ``origin`` what the reader said."""

    __slots__ = (
        "accounts",
        "codes",
        "created",
        "destroyed",
        "logs",
        "origin",
        "origin_slots",
        "outcome",
        "reader",
        "refund",
        "slots",
        "takes_outcome",
        "touched",
        "transient",
        "undo",
        "warm_accounts",
        "warm_slots",
    )

    def __init__(self, reader: StateReader) -> None:
        self.reader = reader
        self.accounts: dict[Address, Account | None] = {}
        self.origin: dict[Address, Account | None] = {}
        self.slots: dict[Address, dict[int, int]] = {}
        self.origin_slots: dict[Address, dict[int, int]] = {}
        self.codes: dict[Hash32, bytes] = {}
        self.transient: dict[tuple[Address, int], int] = {}
        self.warm_accounts: dict[Address, bool] = {}
        self.warm_slots: dict[tuple[Address, int], bool] = {}
        self.created: dict[Address, bool] = {}
        self.destroyed: dict[Address, bool] = {}
        self.touched: dict[Address, bool] = {}
        self.logs: list[Log] = []
        self.outcome: Outcome | None = None
        self.takes_outcome = False
        """The first frame is the last thing that asks for slots or logs before the end: what runs it may put all that
        it has done to them into ``outcome``."""
        self.refund = 0
        self.undo: list[tuple[dict[Any, Any], Any, Any]] = []

    # checkpoints

    def checkpoint(self) -> Checkpoint:
        """A point to ``revert`` to."""
        return len(self.undo), len(self.logs), self.refund

    def revert(self, checkpoint: Checkpoint) -> None:
        """Undo everything since ``checkpoint``."""
        mark, logs, self.refund = checkpoint
        if self.outcome is not None:
            self.outcome.undo()
        del self.logs[logs:]
        undo = self.undo
        while len(undo) > mark:
            mapping, key, old = undo.pop()
            if old is _ABSENT:
                del mapping[key]
            else:
                mapping[key] = old

    def _put(self, mapping: dict[Any, Any], key: Any, value: Any) -> None:
        self.undo.append((mapping, key, mapping.get(key, _ABSENT)))
        mapping[key] = value

    def forget_reads(self, accounts: int, slots: dict[Address, int]) -> None:
        """Drop what was read since there were so many accounts, and so many slots of each: it was for nothing, and is
        not to count as an access. Nothing has been written since.
        """
        for address in [*self.accounts][accounts:]:
            del self.accounts[address], self.origin[address]
        for address, known in [*self.slots.items()]:
            count = slots.get(address)
            if count is None:
                del self.slots[address], self.origin_slots[address]
                continue
            for slot in [*known][count:]:
                del known[slot], self.origin_slots[address][slot]

    # accounts

    def account(self, address: Address) -> Account | None:
        """The current account, or None if it does not exist."""
        account = self.accounts.get(address, _ABSENT)  # as often as not it is: cheaper than an exception
        if account is _ABSENT:
            account = self.accounts[address] = self.origin[address] = self.reader.account(address)
        return account  # type: ignore[return-value]

    def set_account(self, address: Address, account: Account | None) -> None:
        """Replace the account."""
        old = self.account(address)
        self.undo.append((self.accounts, address, old))
        self.accounts[address] = account

    def balance(self, address: Address) -> int:
        """The balance in wei, 0 if the account does not exist."""
        account = self.account(address)
        return 0 if account is None else account.balance

    def set_balance(self, address: Address, balance: int) -> None:
        """Give the account this balance, creating it if need be. It stops at what a word holds: only an account that a
        developer filled to the brim gets there, and it shall go on working.
        """
        account = self.account(address) or EMPTY_ACCOUNT
        self.set_account(address, Account(account.nonce, min(balance, MAX_BALANCE), account.code_hash))

    def move_value(self, sender: Address, to: Address, value: int) -> None:
        """Move ``value`` wei; the caller has checked that ``sender`` has it. Touches ``to`` (EIP-161)."""
        if value:
            self.set_balance(sender, self.balance(sender) - value)
            self.set_balance(to, self.balance(to) + value)
        else:
            self.touch(to)

    def touch(self, address: Address) -> None:
        """An empty account that is touched is removed when the transaction ends (EIP-161)."""
        account = self.account(address)
        if account is not None and account.is_empty:
            self._put(self.touched, address, True)

    def nonce(self, address: Address) -> int:
        """The nonce, 0 if the account does not exist."""
        account = self.account(address)
        return 0 if account is None else account.nonce

    def bump_nonce(self, address: Address) -> None:
        """One more."""
        account = self.account(address) or EMPTY_ACCOUNT
        self.set_account(address, Account(account.nonce + 1, account.balance, account.code_hash))

    def is_dead(self, address: Address) -> bool:
        """Does not exist or is empty (EIP-161)."""
        account = self.account(address)
        return account is None or account.is_empty

    # code

    def code(self, address: Address) -> bytes:
        """The account's own code; a delegation is answered as it stands (EIP-7702)."""
        account = self.account(address)
        if account is None:
            return b""
        code_hash = account.code_hash
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = self.codes.get(code_hash)
        if code is None:
            code = self.codes[code_hash] = self.reader.code(code_hash)
        return code

    def set_code(self, address: Address, code: bytes) -> None:
        """Give the account this code."""
        code_hash = keccak(code) if code else EMPTY_CODE_HASH
        self.codes[code_hash] = code
        account = self.account(address) or EMPTY_ACCOUNT
        self.set_account(address, Account(account.nonce, account.balance, code_hash))

    def mark_created(self, address: Address) -> None:
        """A contract begins here: its storage is empty whatever the reader says, and SELFDESTRUCT means it (EIP-6780).

        Safe although slots cached before stay in ``slots``: only an account with code or a nonce has run at this
        address, and such an account is no target of a creation.
        """
        self._put(self.created, address, True)

    def destroy(self, address: Address) -> None:
        """Remove the account when the transaction ends."""
        self._put(self.destroyed, address, True)

    # storage

    def load(self, address: Address, slot: int) -> int:
        """The word in ``slot`` now."""
        slots = self.slots.get(address)
        if slots is None:
            slots = self.slots[address] = {}
            self.origin_slots[address] = {}
        try:
            return slots[slot]
        except KeyError:
            value = 0 if address in self.created else self.reader.storage(address, slot)
            slots[slot] = self.origin_slots[address][slot] = value
            return value

    def has_storage(self, address: Address) -> bool:
        """True if any slot is known not to be 0, as far as the reader knows storage whole."""
        has = getattr(self.reader, "has_storage", None)
        return any(self.slots.get(address, {}).values()) or (has is not None and has(address))

    def original(self, address: Address, slot: int) -> int:
        """The word in ``slot`` before the transaction (EIP-2200). ``load`` has been asked first."""
        return self.origin_slots[address][slot]

    def store(self, address: Address, slot: int, value: int) -> None:
        """Write ``slot``. ``load`` has been asked first."""
        slots = self.slots[address]
        self.undo.append((slots, slot, slots[slot]))
        slots[slot] = value

    # EIP-2929

    def warm_account(self, address: Address) -> bool:
        """Make the account warm; True if it was cold."""
        if address in self.warm_accounts:
            return False
        self._put(self.warm_accounts, address, True)
        return True

    def warm_slot(self, address: Address, slot: int) -> bool:
        """Make the slot warm; True if it was cold."""
        key = (address, slot)
        if key in self.warm_slots:
            return False
        self._put(self.warm_slots, key, True)
        return True

    # EIP-1153

    def transient_load(self, address: Address, slot: int) -> int:
        """The transient word, 0 where nothing was written in this transaction."""
        return self.transient.get((address, slot), 0)

    def transient_store(self, address: Address, slot: int, value: int) -> None:
        """Write a transient word."""
        self._put(self.transient, (address, slot), value)

    # the end

    def all_logs(self) -> tuple[Log, ...]:
        """Returns the transaction's logs."""
        return tuple(self.logs) if self.outcome is None else (*self.logs, *self.outcome.logs())

    def accessed_slots(self) -> set[tuple[Address, int]]:
        """Returns the slots that were read or written, also by frames that reverted."""
        slots = {(address, slot) for address, slots in self.slots.items() for slot in slots}
        return slots if self.outcome is None else slots | self.outcome.slots()

    def diff(self, cause: Cause) -> StateDiff:
        """The transaction's changes, as post-values."""
        diff = StateDiff(cause)
        destroyed, origin = self.destroyed, self.origin
        for address, account in self.accounts.items():
            before = origin[address]
            if address in destroyed:
                account = None
            if account is before:
                if account is None or address not in self.touched or not account.is_empty:
                    continue
                account = None
            elif account is not None and account.is_empty:
                account = None
            if account == before:
                continue
            diff.accounts[address] = account
            if account is None or account.code_hash == EMPTY_CODE_HASH:
                continue
            if before is None or before.code_hash != account.code_hash:
                diff.codes[account.code_hash] = self.codes[account.code_hash]
        for address in self.created:
            if address not in destroyed or origin.get(address) is not None:
                diff.cleared.add(address)
        for address, slots in self.slots.items():
            if address in destroyed:
                continue
            before_slots = self.origin_slots[address]
            changed = {slot: value for slot, value in slots.items() if value != before_slots[slot]}
            if changed:
                diff.storage[address] = changed
        if self.outcome is not None:
            for address, changed in self.outcome.changes().items():
                if address not in destroyed:
                    diff.storage[address] = changed
        return diff
