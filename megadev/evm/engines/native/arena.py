"""The native machine of one thread at a time: a wasm store with the runtime in it, its memory as Python sees it, and
the codes that lie there. The layout is that of ``runtime/machine.h``.

Codes stay from one transaction to the next, with what has been compiled of them; so does what is known of the state
(``known_state``).
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable
from typing import Final

from megadev.evm.engines.native.compiler import Compiled
from megadev.evm.engines.native.host import Library, Module, Store
from megadev.evm.engines.native.known_state import KnownState
from megadev.evm.engines.native.seam import HELPERS, Entry
from megadev.primitives.types import EMPTY_CODE_HASH, Hash32
from megadev.state.reader import StateReader

CONTEXT: Final = 0x20000
FRAMES: Final = 0x40000
BLOBS: Final = 0x90000
CHANGED: Final = 0xA0000
ACCOUNTS: Final = 0x100000
CODES: Final = 0x400000
LISTS: Final = 0x500000
LOGS: Final = 0x600000
SLOTS: Final = 0x1600000
CODE_BYTES: Final = 0x7800000
RETURN_DATA: Final = 0xB800000
MEMORIES: Final = 0xD800000
FRAME_SIZE: Final = 240
ACCOUNT_SIZE: Final = 240
SLOT_SIZE: Final = 128
CODE_SIZE: Final = 64
ENTRY_SIZE: Final = 32

MOST_CODES: Final = (LISTS - CODES) // CODE_SIZE
INPUT_ROOM: Final = 8 << 20
"""Bytes of call data that the memory at the start has room for."""
_SPACE: Final = 1 << 32
_KEPT_MEMORY: Final = 512 << 20
"""A store whose memory has grown beyond this is not used again: what was touched would stay with the process."""

_MOST_INSTALLS: Final = 1_000
"""Compiled codes in a store; some 50 kB each."""
_FULL_CODE_BYTES: Final = (RETURN_DATA - CODE_BYTES) // 4 * 3
_FULL_CODES: Final = MOST_CODES // 4 * 3
_MOST_KEPT_ACCOUNTS: Final = 1_500
_MOST_KEPT_SLOTS: Final = 24_000
"""Of which something stays known: a quarter of what has room, so that a transaction has the rest."""

# 64-bit words of the context
REFUND, GAS, PAUSE_AT = (64 // 8, 72 // 8, 80 // 8)
# 32-bit words of the context
(DEPTH, ACCOUNT, POINTER, SIZE, RETURN_SIZE, UNDO_COUNT, LOGS_SIZE, ERROR, ERROR_A, ERROR_B, SLOT_COUNT,
 ACCOUNT_COUNT, TELLS, CODE, ANSWERED, INITCODE_LIMIT, CODE_LIMIT, DESTROYS_ALL, INITCODE_WORD_GAS, BLOB_COUNT,
 _TOO_BIG, HEAT_LIMIT, _ACCESSED, DELEGATES) = range(96 // 4, 192 // 4)  # fmt: skip
ENVIRONMENT: Final = CONTEXT + 192
OPERATIONS: Final = ENVIRONMENT + 512
PRECOMPILES: Final = OPERATIONS + 2048
SMALL_ADDRESSES: Final = 1024
COUNTS: Final = PRECOMPILES + SMALL_ADDRESSES
CONTEXT_END: Final = COUNTS + 16
CHANGED_COUNT, LOOKED_AT_COUNT, REPORTED_SLOTS, REPORTED_CHANGES = range(
    (COUNTS - CONTEXT) // 4, (COUNTS - CONTEXT) // 4 + 4
)
"""Four more: accounts changed; accounts looked at without the host's being asked; slots reported; changed ones."""
ASKED, ANSWER = CONTEXT, CONTEXT + 32

_WITHOUT_ENTRIES: Final = bytes(kind & 1 for kind in range(256))


class ArenaFull(Exception):
    """There is no space for more code."""


class Arena:
    """One store. ``view`` is its memory as bytes, ``words`` and ``numbers`` are the context as u32 and as i64."""

    def __init__(
        self, library: Library, runtime: Module, table: bytes, registered: Callable[[Arena, int], None]
    ) -> None:
        self.registered = registered
        self.library = library
        self.store = Store(library)
        self.instance = self.store.instantiate(runtime, ())
        base, self.memory = self.store.memory(self.instance)
        self.view = memoryview((ctypes.c_ubyte * _SPACE).from_address(base)).cast("B")
        self.words = self.view[CONTEXT:CONTEXT_END].cast("I")
        self.signed_words = self.view[CONTEXT : CONTEXT + 192].cast("i")
        self.numbers = self.view[CONTEXT : CONTEXT + 192].cast("q")
        self.drive = self.store.function(self.instance, "drive", 1)
        self._start = self.store.function(self.instance, "start", 1)
        self._set_up = self.store.function(self.instance, "set_up", 1)
        self._analyse = self.store.function(self.instance, "analyse", 1).held
        self._put_slots = self.store.function(self.instance, "put_slots", 3)
        self._place_account = self.store.function(self.instance, "place_account", 1)
        self._forget_state = self.store.function(self.instance, "forget_state", 1)
        self._state_changes = self.store.function(self.instance, "state_changes", 1)
        self.view[OPERATIONS : OPERATIONS + 2048] = table
        self.table = table
        """The operations it runs: whose rules these are."""
        self.in_vain: dict[int, int] = {}
        """How often each code has been hot since it was compiled, with nothing new to compile."""
        self.installed: dict[int, Compiled] = {}
        """What each code that has been compiled was compiled to."""
        self._installs = 0
        self.runs = 0
        self._table = self.store.exported(self.instance, "__indirect_function_table")
        self._imports = tuple(self.store.exported(self.instance, name) for name in (*HELPERS, "memory"))
        self._free_places = range(0)
        self.seen = 0
        """The compiler's serial number when its results were looked at."""
        self.precompiles: object = None
        """Whose addresses are marked as precompiles'."""
        self.moved: list[bytes] = []
        """Those of them that are not small."""
        self.environment: object = None
        """The block and the number of the chain that lie there."""
        self.limits: object = None
        """The rules and limits that lie there."""
        self.spec: object = None
        """Whose numbers lie there, where they are counted (MegaETH)."""
        self.by_bytes: dict[bytes, int] = {}
        self.by_hash: dict[Hash32, int] = {}
        self.codes: list[bytes] = []
        self._code_end = CODE_BYTES
        self.known = KnownState()
        """What the tables hold of the state."""
        self.clear_codes()

    def follow(self, reader: StateReader) -> None:
        """Let what is known of the state be ``reader``'s, or nothing."""
        words = self.words
        if words[ACCOUNT_COUNT] > _MOST_KEPT_ACCOUNTS or words[SLOT_COUNT] > _MOST_KEPT_SLOTS:
            self.forget_state()
        elif self.known.is_at(reader):
            return
        changes = self.known.changes_to(reader, self.by_hash.get)
        if changes is None:
            self._forget_state.held()
        elif changes:
            data = b"".join(changes)
            self.view[LISTS : LISTS + len(data)] = data
            self._state_changes.arguments[0] = len(changes)
            self._state_changes.held()

    def forget_state(self) -> None:
        """Know nothing of the state."""
        self.known.forget()
        self._forget_state.held()

    def clear_codes(self) -> None:
        """Forget every code, and the state, which names them."""
        self.forget_state()
        self.in_vain.clear()
        self.installed.clear()
        self.by_bytes.clear()
        self.by_hash.clear()
        self.codes.clear()
        self._code_end = CODE_BYTES
        self.register(b"")
        self.by_hash[EMPTY_CODE_HASH] = 0

    def allocate(self, size: int) -> int:
        """Room beside the codes, as long as they stay. Raises ArenaFull."""
        at = self._code_end
        end = (at + size + 31) & ~15
        if end > RETURN_DATA:
            raise ArenaFull
        self._code_end = end
        return at

    def register(self, code: bytes) -> int:
        """The number of ``code``, which is put there if need be. Raises ArenaFull."""
        index = self.by_bytes.get(code)
        if index is not None:
            return index
        index, size = len(self.codes), len(code)
        if index >= MOST_CODES:
            raise ArenaFull
        at = self.allocate(size + 48 + (size + 1) + 2 * (size + 2))
        kinds = at + size + 48
        visits = (kinds + size + 2) & ~1
        view = self.view
        view[at : at + size] = code
        view[at + size : at + size + 33] = bytes(33)
        struct.pack_into("<4I", view, CODES + CODE_SIZE * index, at, size, kinds, visits)
        self.words[CODE] = index
        self._analyse()
        self.codes.append(code)
        self.by_bytes[code] = index
        self.registered(self, index)
        return index

    def visited(self, index: int) -> set[int]:
        """Returns the starts of the code's blocks that have been interpreted."""
        _, size, _, visits = struct.unpack_from("<4I", self.view, CODES + CODE_SIZE * index)
        counts = self.view[visits : visits + 2 * (size + 1)].cast("H")
        found = {pc for pc, count in enumerate(counts) if count}
        counts.release()
        return found

    def cool(self, index: int, rest: int) -> None:
        """Count the code's heat anew, after ``rest`` more than usual."""
        struct.pack_into("<I", self.view, CODES + CODE_SIZE * index + 28, -rest & 0xFFFFFFFF)

    def install(self, index: int, module: Module, entries: tuple[Entry, ...], constants: bytes) -> None:
        """Run the code compiled from now on. Raises ArenaFull and WasmFault."""
        mask = (1 << (2 * len(entries)).bit_length()) - 1
        table = self.allocate(ENTRY_SIZE * (mask + 1))
        known = self.allocate(8 * sum(len(entry.constants) for entry in entries))
        data = self.allocate(len(constants) + 32)
        instance = self.store.instantiate(module, self._imports)
        self._installs += 1
        if not self._free_places:
            first = self.store.grow_table(self._table, 64)
            self._free_places = range(first, first + 64)
        place, self._free_places = self._free_places[0], self._free_places[1:]
        self.store.put_function(self._table, place, self.store.exported(instance, "run"))
        view = self.view
        view[data : data + len(constants)] = constants
        view[table : table + ENTRY_SIZE * (mask + 1)] = bytes(ENTRY_SIZE * (mask + 1))
        _, size, kinds, _ = struct.unpack_from("<4I", view, CODES + CODE_SIZE * index)
        view[kinds : kinds + size] = bytes(view[kinds : kinds + size]).translate(_WITHOUT_ENTRIES)
        for entry in entries:
            for i, (position, value) in enumerate(entry.constants):
                struct.pack_into("<II", view, known + 8 * i, position, value)
            i = (entry.pc * 0x9E3779B1 & 0xFFFFFFFF) >> 7
            while struct.unpack_from("<I", view, table + ENTRY_SIZE * (i & mask))[0]:
                i += 1
            struct.pack_into(
                "<IIqiII", view, table + ENTRY_SIZE * (i & mask), entry.pc + 1, entry.height, entry.gas, entry.version,
                known, len(entry.constants),
            )  # fmt: skip
            known += 8 * len(entry.constants)
            view[kinds + entry.pc] |= 2
        struct.pack_into("<iIII", view, CODES + CODE_SIZE * index + 16, place, table, mask, 0)
        struct.pack_into("<I", view, CODES + CODE_SIZE * index + 36, data)

    def start(self, marks: bytes) -> int:
        """Begin the outermost frame, which lies there, and go on as ``drive`` does. ``marks``: accounts of which
        something is known, 32 bytes each: the address as a little-endian word, flags in its last 8 bytes.
        """
        self.view[LISTS : LISTS + len(marks)] = marks
        self._start.arguments[0] = len(marks) // 32
        return self._start.held()

    def set_up(self, marks: bytes) -> bool:
        """The same up to where it would go on: ``drive`` does that. True if the frame's account is needed first."""
        self.view[LISTS : LISTS + len(marks)] = marks
        self._set_up.arguments[0] = len(marks) // 32
        return self._set_up.held() != 0

    def place_account(self, address: bytes) -> int:
        """The location of the account."""
        self.view[ASKED : ASKED + 32] = address[::-1] + bytes(12)
        return self._place_account.held() & 0xFFFFFFFF

    def put_slots(self, place: int, slots: bytes, flags: int, state: int) -> None:
        """Slots of the account at ``place``, 64 bytes each: key and value, little-endian."""
        step = 64 * 8192
        arguments = self._put_slots.arguments
        for start in range(0, len(slots), step):
            piece = slots[start : start + step]
            self.view[LISTS : LISTS + len(piece)] = piece
            self.words[ACCOUNT] = place
            arguments[0], arguments[2], arguments[4] = len(piece) // 64, flags, state
            self._put_slots.held()

    def changed_accounts(self) -> tuple[int, ...]:
        """Where the accounts lie that the last run has changed."""
        count = self.words[CHANGED_COUNT]
        return struct.unpack_from(f"<{count}I", self.view, CHANGED) if count else ()

    @property
    def is_full(self) -> bool:
        """True if little space is left for code."""
        return self._code_end - CODE_BYTES > _FULL_CODE_BYTES or len(self.codes) > _FULL_CODES

    @property
    def is_worn(self) -> bool:
        """True if it holds on to more memory than it should: none is given back before the store is."""
        return self._installs > _MOST_INSTALLS or self.store.memory_size(self.memory) > _KEPT_MEMORY

    def close(self) -> None:
        """Give the memory back. ``view`` must not be used afterwards."""
        self.words.release()
        self.signed_words.release()
        self.numbers.release()
        self.store.close()
