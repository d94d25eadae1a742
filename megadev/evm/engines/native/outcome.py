"""What a native run has read and written of slots, accounts and logs, as the runtime wrote it down at the end: taken
out of its memory at once, and decoded when somebody asks.
"""

from __future__ import annotations

import struct
from typing import Final

from megadev.chain.receipts import Log
from megadev.evm.engines.native import arena as at
from megadev.evm.engines.native.arena import Arena
from megadev.primitives.types import Address

_SLOT: Final = struct.Struct("<20s12x32s32s32s")
_LOG: Final = struct.Struct("<II8x20s12x")
_LOG_HEAD: Final = 48


class NativeOutcome:
    """See ``journal.Outcome``. Of slots, those that were changed come first."""

    __slots__ = ("_changed", "_logs", "_looked_at", "_slots", "_succeeded")

    def __init__(self, arena: Arena, *, succeeded: bool) -> None:
        view, words = arena.view, arena.words
        self._changed = words[at.REPORTED_CHANGES]
        logs = words[at.LOGS_SIZE]
        start = at.MEMORIES + 32 * words[at.LOOKED_AT_COUNT]
        self._looked_at = bytes(view[at.MEMORIES : start])
        self._slots = bytes(view[start : start + _SLOT.size * words[at.REPORTED_SLOTS]])
        self._logs = bytes(view[at.LOGS : at.LOGS + logs]) if logs else b""
        self._succeeded = True
        if not succeeded:
            self.undo()

    def undo(self) -> None:
        """It has been reverted: what was read was read all the same."""
        self._changed, self._logs, self._succeeded = 0, b"", False

    def accounts(self) -> set[Address]:
        """The accounts that were looked at without the journal being asked."""
        looked_at = self._looked_at
        return {looked_at[i : i + 20][::-1] for i in range(0, len(looked_at), 32)}

    def slots(self) -> set[tuple[Address, int]]:
        """Every slot that was read or written."""
        number = int.from_bytes
        return {(owner[::-1], number(key, "little")) for owner, key, _, _ in _SLOT.iter_unpack(self._slots)}

    def reads(self) -> dict[Address, dict[int, int]]:
        """All of them, with what they held before."""
        return _words(self._slots, 2)

    def writes(self) -> dict[Address, dict[int, int]]:
        """All of them, with what they hold now."""
        return _words(self._slots if self._succeeded else b"", 3)

    def changes(self) -> dict[Address, dict[int, int]]:
        """The slots that hold another word than before."""
        return _words(self._slots[: _SLOT.size * self._changed], 3)

    def logs(self) -> tuple[Log, ...]:
        """The logs, in their order."""
        data, at_, found = self._logs, 0, []
        while at_ < len(data):
            log, at_ = log_at(data, at_)
            found.append(log)
        return tuple(found)


def _words(slots: bytes, which: int) -> dict[Address, dict[int, int]]:
    number = int.from_bytes
    found: dict[Address, dict[int, int]] = {}
    last, words = b"", {}
    for row in _SLOT.iter_unpack(slots):
        if row[0] != last:
            last = row[0]
            words = found.setdefault(last[::-1], {})
        words[number(row[1], "little")] = number(row[which], "little")
    return found


def log_at(view: bytes | memoryview, start: int) -> tuple[Log, int]:
    """Returns the log that the runtime wrote there, and where the next one begins."""
    topics, size, address = _LOG.unpack_from(view, start)
    first = start + _LOG_HEAD
    data = first + 32 * topics
    words = tuple(bytes(view[i : i + 32]) for i in range(first, data, 32))
    return Log(address[::-1], words, bytes(view[data : data + size])), start + (
        (_LOG_HEAD + 32 * topics + size + 15) & ~15
    )
