"""One transaction in native frames: what the runtime asks for is answered here, and what it has done is told to the
journal, once, at its end.

While native frames run, the journal in the runtime's memory is the only one; Python's is read (an account, a slot, a
code, each once) and written when the outermost frame has ended well. So a run can be given up at any moment, and be
made in Python instead, without anybody noticing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn, Protocol

from megadev.chain.receipts import REVERTED
from megadev.errors import EngineFault
from megadev.evm.engine import Frame, FrameExit
from megadev.evm.engines.frames import OUT_OF_GAS, Call, Machine
from megadev.evm.engines.native import arena as at
from megadev.evm.engines.native.arena import Arena, ArenaFull
from megadev.evm.engines.native.host import WasmFault
from megadev.evm.engines.native.outcome import NativeOutcome, log_at
from megadev.evm.engines.native.runtime.rebuild import RESULT
from megadev.evm.engines.native.seam import NOTHING
from megadev.evm.engines.operations import created_address
from megadev.evm.opcodes import named
from megadev.evm.rules import Precompile
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import Account

FIRST_SLICE: Final = 300_000
SLICE: Final = 1_000_000
"""Gas between two looks at whether the run shall go on: at most some 10 ms. The first one keeps Python's lock."""
MOST_GAS: Final = 1 << 62
MOST_WARM_ACCOUNTS: Final = 4_096
MOST_WARM_SLOTS: Final = 60_000
"""What may be warm from the start."""

(_FINISHED, _NEEDS_ACCOUNT, _NEEDS_CODE, _NEEDS_SLOT, _NEEDS_BLOCK_HASH, _NEEDS_CREATION, _NEEDS_NEW_CODE,
 _NEEDS_PRECOMPILE, _NEEDS_PRINT, _ENTERED, _LEFT, _LOGGED, _DESTRUCTED, _PAUSED, _HOT, _TOO_BIG) = (
    3, *range(16, 31)
)  # fmt: skip
_EXISTS, _WARM, _CREATED, _DESTROYED, _TOUCHED, _PRECOMPILE, _, _WRITTEN, _WRITTEN_SLOTS = (1 << n for n in range(9))
_KINDS: Final = {
    0xF0: "CREATE", 0xF1: "CALL", 0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xF5: "CREATE2", 0xFA: "STATICCALL"
}  # fmt: skip
_REVERTED, OUT_OF_GAS_ERROR, _UNDERFLOW, _BAD_OPCODE, _PRECOMPILE_FAILED = 1, 2, 3, 6, 13
_REASONS: Final = {
    1: REVERTED,
    2: OUT_OF_GAS,
    4: "stack limit reached 1024 (1023)",
    5: "invalid jump destination",
    7: "write protection",
    8: "return data out of bounds",
    9: "max initcode size exceeded",
    10: "invalid code: must not begin with 0xef",
    11: "max code size exceeded",
    12: "contract creation code storage out of gas",
    14: "max call depth exceeded",
    15: "insufficient balance for transfer",
    16: "nonce uint64 overflow",
    17: "contract address collision",
}

_FRAME = struct.Struct("<qqqIiIIIIIIIIIIIIqIIqiI32s32s32s32s")
assert _FRAME.size == at.FRAME_SIZE
_ACCOUNT = struct.Struct("<4IQ32s32siI")
_IN_STATE = struct.Struct("<I80s")
_NO_LIMIT: Final = 0xFFFFFFFF
_PRELOADS: Final = frozenset(3 * 4**n for n in range(8))
"""How many slots of an account have been asked for when one looks whether all of it can be put there at once."""
_NOBODY: Final[frozenset[Address]] = frozenset()
_KNOWN, _KNOWN_IN_STATE = 1, 1 | 4
"""Of a slot."""
_IS: Final = tuple(bytes(4) + flags.to_bytes(8, "little") for flags in range(512))
_IS_WARM: Final = _IS[_WARM]


def _word(address: Address) -> bytes:
    return address[::-1] + bytes(12)


class GivenUp(Exception):
    """The run is to be made in Python. ``is_full``: because it does not fit."""

    def __init__(self, is_full: bool = True) -> None:
        super().__init__()
        self.is_full = is_full


class Compiling(Protocol):
    """The decision which code is compiled during a run."""

    heat_limit: int
    """How often a code runs before it is hot."""

    def check(self, arena: Arena) -> None:
        """Between two slices of a long run: put what has been compiled meanwhile into ``arena``."""
        ...

    def hot(self, machine: Machine, arena: Arena, code: int) -> None:
        """A code has been interpreted for long."""
        ...


class NativeRun:
    """One outermost frame and all it calls. ``runtime``: the module it runs in. ``volatile``: see
    ``operations_table``. ``answers``: what is done when the runtime asks for something, or tells it.
    """

    runtime: ClassVar[Path] = RESULT
    volatile: ClassVar[Mapping[int, int]] = NOTHING
    answers: ClassVar[dict[int, Callable[[Any], None]]]

    def __init__(self, tier: Compiling, arena: Arena, machine: Machine, call: Call) -> None:
        self.tier = tier
        self.arena = arena
        self.machine = machine
        self.journal = machine.journal
        self.call = call
        self.events: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self.open_frames: list[Frame] = []
        self.precompile_error = ""
        self.asked_slots: dict[int, int] = {}
        """How many slots of each account have been asked for one by one."""
        self.must_be_asked = getattr(self.journal.reader, "must_be_asked", False)
        journal = self.journal
        self.written = frozenset(journal.slots) if journal.slots else _NOBODY
        """Accounts whose slots in the journal are perhaps not the reader's any more."""
        origin = journal.origin
        written = [address for address, account in journal.accounts.items() if account is not origin[address]]
        if journal.created or journal.destroyed or journal.touched:
            written += {*journal.created, *journal.destroyed, *journal.touched}.difference(written)
        self.written_accounts = written
        """Accounts that are perhaps not the reader's any more themselves."""

    # the story

    def run(self) -> None:
        """Leaves the outcome in the call, as ``Machine.run`` does.

        Raises GivenUp, with nothing done; EngineFault where native code trapped.
        """
        machine, journal = self.machine, self.journal
        printed, room = len(machine.console), machine.console_room
        accounts, slots = len(journal.accounts), {address: len(known) for address, known in journal.slots.items()}
        try:
            self._drive(self._begin())
        except (GivenUp, ArenaFull) as problem:
            del machine.console[printed:]
            machine.console_room = room
            journal.forget_reads(accounts, slots)
            raise GivenUp(not isinstance(problem, GivenUp) or problem.is_full) from None
        except WasmFault as fault:
            raise EngineFault(f"native code failed: {fault}") from fault
        self._end()

    def _begin(self) -> Callable[[], int]:
        """Answers what makes the frame's first step."""
        arena, machine, call, journal = self.arena, self.machine, self.call, self.journal
        words, numbers, view = arena.words, arena.numbers, arena.view
        data, size = call.data, len(call.data)
        if size > at.INPUT_ROOM or call.gas >= MOST_GAS or len(journal.warm_slots) > MOST_WARM_SLOTS:
            raise GivenUp
        self._put_environment()
        numbers[at.REFUND] = journal.refund
        numbers[at.PAUSE_AT] = call.gas - FIRST_SLICE
        words[at.TELLS] = machine.tracer is not None
        words[at.HEAT_LIMIT] = self.tier.heat_limit
        words[at.BLOB_COUNT] = len(machine.blob_hashes)
        for i, blob_hash in enumerate(machine.blob_hashes):
            view[at.BLOBS + 32 * i : at.BLOBS + 32 * i + 32] = blob_hash[::-1]
        code = arena.register(call.code)
        view[at.MEMORIES : at.MEMORIES + size] = data
        _FRAME.pack_into(
            view, at.FRAMES, call.gas, 0, size, 0, -1, 0, 0, at.MEMORIES + ((size + 63) & ~31), at.MEMORIES, code, 0, 0,
            0, 0, 0, 0, 0, 0, call.static, 0, call.gas, -1, call.is_delegated, _word(call.address), _word(call.caller),
            call.value.to_bytes(32, "little"), _word(call.code_address),
        )  # fmt: skip
        marks = self._marks()
        if not journal.warm_slots:
            return lambda: arena.start(marks)
        if arena.set_up(marks):
            self._account()
        self._put_warm_slots()
        return arena.drive.held

    def _put_environment(self) -> None:
        arena, machine, block = self.arena, self.machine, self.machine.block
        view, words, start = arena.view, arena.words, at.ENVIRONMENT
        view[start : start + 64] = _word(machine.origin) + machine.gas_price.to_bytes(32, "little")
        limits = (machine.rules, machine.code_size_limit, machine.initcode_size_limit)
        if arena.limits != limits:
            rules, code, initcode = arena.limits = limits
            words[at.INITCODE_LIMIT], words[at.CODE_LIMIT] = _limit(initcode), _limit(code)
            words[at.DESTROYS_ALL] = rules.destroys_all
            words[at.INITCODE_WORD_GAS] = rules.initcode_word
            words[at.DELEGATES] = rules.delegates
        environment = block, machine.chain_id
        if arena.environment == environment:
            return
        numbers = (block.timestamp, block.number)
        view[start + 64 : start + 320] = b"".join(
            (
                _word(block.coinbase),
                *(word.to_bytes(32, "little") for word in numbers),
                block.prev_randao[::-1],
                *(w.to_bytes(32, "little") for w in (block.gas_limit, machine.chain_id, block.base_fee)),
                block.blob_base_fee.to_bytes(32, "little"),
            )
        )
        arena.environment = environment

    def _marks(self) -> bytes:
        """The accounts of which something is known: they are warm, or precompiles that have been moved; these are warm
        only where the transaction says so (EIP-2929 names the hardfork's own places).
        """
        arena, precompiles, warm = self.arena, self.machine.precompiles, self.journal.warm_accounts
        if len(warm) > MOST_WARM_ACCOUNTS:
            raise GivenUp
        marks = [address[::-1] + _IS_WARM for address in warm.keys() - precompiles.keys()]
        if arena.precompiles is not precompiles:
            own = self.machine.rules.precompiles
            arena.moved = [
                address
                for address in precompiles
                if address not in own or int.from_bytes(address, "big") >= at.SMALL_ADDRESSES
            ]
            numbers = {int.from_bytes(address, "big") for address in precompiles if address not in arena.moved}
            small = bytes(number in numbers for number in range(at.SMALL_ADDRESSES))
            arena.view[at.PRECOMPILES : at.PRECOMPILES + len(small)] = small
            arena.precompiles = precompiles
        for address in arena.moved:
            marks.append(address[::-1] + _IS[_WARM | _PRECOMPILE if address in warm else _PRECOMPILE])
        marks += [address[::-1] + _IS[_WRITTEN] for address in self.written_accounts]
        marks += [address[::-1] + _IS[_WRITTEN_SLOTS] for address in self.written]
        return b"".join(marks)

    def _put_warm_slots(self) -> None:
        arena = self.arena
        by_account: dict[Address, list[bytes]] = {}
        for address, slot in self.journal.warm_slots:
            by_account.setdefault(address, []).append(slot.to_bytes(32, "little") + bytes(32))
        for address, slots in by_account.items():
            arena.put_slots(arena.place_account(address), b"".join(slots), _WARM, 0)

    def _drive(self, step: Callable[[], int]) -> None:
        words, numbers, drive = self.arena.words, self.arena.numbers, self.arena.drive
        held = drive.held
        needs_slot, needs_account, answers = self._slot, self._account, self.answers
        while True:
            asked = step()
            if asked == _FINISHED:
                return
            if asked == _NEEDS_SLOT:
                needs_slot()
            elif asked == _NEEDS_ACCOUNT:
                needs_account()
            elif asked == _PAUSED:
                self.tier.check(self.arena)
                frame = at.FRAMES + at.FRAME_SIZE * (words[at.DEPTH] - 1)
                numbers[at.PAUSE_AT] = struct.unpack_from("<q", self.arena.view, frame)[0] - SLICE
                step = drive.__call__
                continue
            elif asked == _HOT:
                self.tier.hot(self.machine, self.arena, words[at.CODE])
            elif asked == _TOO_BIG:
                self._give_up()
            else:
                answers[asked](self)
            step = held

    def _end(self) -> None:
        arena, call, journal = self.arena, self.call, self.journal
        words = arena.words
        error = words[at.ERROR]
        call.gas = max(arena.numbers[at.GAS], 0)
        if error == 0 or error == _REVERTED:
            call.output = bytes(arena.view[at.RETURN_DATA : at.RETURN_DATA + words[at.RETURN_SIZE]])
        if error:
            call.error = self._reason()
        outcome = NativeOutcome(arena, succeeded=error == 0)
        if journal.takes_outcome and not self.written:
            journal.outcome = outcome
        else:
            self._tell(outcome)
        if error == 0:
            changed = arena.changed_accounts()
            if changed:
                self._tell_accounts(changed)
            journal.refund = arena.numbers[at.REFUND]
        for told, arguments in self.events:
            told(*arguments)

    def _give_up(self) -> NoReturn:
        raise GivenUp

    # what is asked for

    def _frame(self, depth: int) -> tuple[Any, ...]:
        return _FRAME.unpack_from(self.arena.view, at.FRAMES + at.FRAME_SIZE * depth)

    def _address(self, place: int) -> Address:
        start = at.ACCOUNTS + at.ACCOUNT_SIZE * place
        return bytes(self.arena.view[start : start + 20])[::-1]

    def _account(self) -> None:
        arena = self.arena
        view, place = arena.view, arena.words[at.ACCOUNT]
        start = at.ACCOUNTS + at.ACCOUNT_SIZE * place
        flags = struct.unpack_from("<I", view, start + 132)[0]
        address = self._address(place)
        known = self._known(address, flags)
        view[start + 40 : start + 40 + len(known)] = known
        if not flags & _WRITTEN:
            exists = known[92] & _EXISTS
            _IN_STATE.pack_into(view, start + 148, 1, known[16:92] + exists.to_bytes(4, "little"))
            arena.known.places[address] = place

    def _known(self, address: Address, flags: int) -> bytes:
        """Returns an account's data as the runtime has it. ``flags`` it has already."""
        arena, journal = self.arena, self.journal
        account = journal.account(address)
        if flags & _WRITTEN:
            flags |= _CREATED if address in journal.created else 0
            flags |= _DESTROYED if address in journal.destroyed else 0
            flags |= _TOUCHED if address in journal.touched else 0
        storage = 1 if flags & _CREATED else 0
        if account is None:
            return _ACCOUNT.pack(1, 0, storage, 0, 0, bytes(32), EMPTY_CODE_HASH, 0, flags)
        code_hash = account.code_hash
        return _ACCOUNT.pack(
            1, 0, storage, 0, account.nonce, account.balance.to_bytes(32, "little"), code_hash,
            -1 if self.must_be_asked else arena.by_hash.get(code_hash, -1), flags | _EXISTS,
        )  # fmt: skip

    def _code(self) -> None:
        arena, journal = self.arena, self.journal
        place = arena.words[at.ACCOUNT]
        address = self._address(place)
        code = journal.code(address)
        account, before = journal.account(address), journal.origin[address]
        index = arena.register(code)
        if account is not None:
            arena.by_hash[account.code_hash] = index
        start = at.ACCOUNTS + at.ACCOUNT_SIZE * place
        struct.pack_into("<i", arena.view, start + 128, index)
        if account is not None and before is not None and account.code_hash == before.code_hash:
            struct.pack_into("<i", arena.view, start + 224, index)

    def _slot(self) -> None:
        arena, journal = self.arena, self.journal
        view, place = arena.view, arena.words[at.ACCOUNT]
        address = self._address(place)
        asked = self.asked_slots[place] = self.asked_slots.get(place, 0) + 1
        if asked in _PRELOADS and address not in self.written and self._put_storage(place, address, asked):
            return
        start = at.SLOTS + at.SLOT_SIZE * arena.words[at.SIZE]
        slot = int.from_bytes(view[start : start + 32], "little")
        in_state = not (address in self.written or address in journal.created)
        if in_state and journal.takes_outcome:  # which tells that it was read, and what it was
            current = original = journal.reader.storage(address, slot).to_bytes(32, "little")
        else:
            current = journal.load(address, slot).to_bytes(32, "little")
            original = journal.original(address, slot).to_bytes(32, "little")
        view[start + 64 : start + 128] = current + original
        view[start + 48] |= _KNOWN_IN_STATE if in_state else _KNOWN
        if in_state:
            arena.known.places[address] = place

    def _put_storage(self, place: int, address: Address, asked: int) -> bool:
        """Put all of an account's storage there, if it is known and not much more than was asked for one by one."""
        knows = getattr(self.journal.reader, "whole_storage", None)
        slots = None if knows is None else knows(address, 16 * asked)
        if slots is None:
            return False
        arena = self.arena
        start = at.SLOTS + at.SLOT_SIZE * arena.words[at.SIZE]
        pairs = [slot.to_bytes(32, "little") + value.to_bytes(32, "little") for slot, value in slots.items()]
        pairs.append(
            bytes(arena.view[start : start + 32]) + bytes(32)
        )  # what was asked for: 0, if it is not among them
        in_state = address not in self.journal.created
        arena.put_slots(place, b"".join(pairs), 0, _KNOWN_IN_STATE if in_state else _KNOWN)
        start = at.ACCOUNTS + at.ACCOUNT_SIZE * place
        arena.view[start + 48] |= 1
        if in_state:
            arena.view[start + 140] |= 1
            arena.known.places[address] = place
        return True

    def _block_hash(self) -> None:
        view = self.arena.view
        number = int.from_bytes(view[at.ASKED : at.ASKED + 32], "little")
        view[at.ANSWER : at.ANSWER + 32] = self.journal.reader.block_hash(number)[::-1]
        self.arena.words[at.ANSWERED] = 1

    def _creation(self) -> None:
        arena = self.arena
        words, view = arena.words, arena.view
        start = words[at.POINTER]
        code = bytes(view[start : start + words[at.SIZE]])
        account = at.ACCOUNTS + at.ACCOUNT_SIZE * words[at.ACCOUNT]
        creator = bytes(view[account : account + 20])[::-1]
        if words[at.CODE]:
            salt = bytes(view[at.ASKED : at.ASKED + 32])[::-1]
            address = keccak(b"\xff" + creator + salt + keccak(code))[12:]
        else:
            address = created_address(creator, struct.unpack_from("<Q", view, account + 56)[0])
        index = arena.register(code)
        view[at.ANSWER : at.ANSWER + 32] = _word(address)
        words[at.CODE] = index
        words[at.ANSWERED] = 1 | (2 if self.journal.has_storage(address) else 0)

    def _new_code(self) -> None:
        arena = self.arena
        code = bytes(arena.view[at.RETURN_DATA : at.RETURN_DATA + arena.words[at.SIZE]])
        code_hash = keccak(code)
        index = arena.by_hash[code_hash] = arena.register(code)
        arena.view[at.ANSWER : at.ANSWER + 32] = code_hash
        arena.words[at.CODE] = index
        arena.words[at.ANSWERED] = 1

    def _precompile(self) -> None:
        arena, machine = self.arena, self.machine
        depth = arena.words[at.DEPTH] - 1
        frame = self._frame(depth)
        address, caller, code_address = frame[23], frame[24], frame[26]
        target = code_address[:20][::-1]
        data = bytes(arena.view[frame[8] : frame[8] + frame[2]])
        call = Call("CALL", depth, caller[:20][::-1], address[:20][::-1], target, b"", 0, data, frame[0])
        self._run_precompile(call, machine.precompiles[target])
        output = call.output if call.error is None else b""
        if len(output) > at.MEMORIES - at.RETURN_DATA:
            raise GivenUp
        arena.view[at.RETURN_DATA : at.RETURN_DATA + len(output)] = output
        arena.words[at.RETURN_SIZE] = len(output)
        struct.pack_into("<q", arena.view, at.FRAMES + at.FRAME_SIZE * depth, max(call.gas, 0))
        if call.error is None:
            arena.words[at.ERROR] = 0
        elif call.error == OUT_OF_GAS:
            arena.words[at.ERROR] = OUT_OF_GAS_ERROR
        else:
            arena.words[at.ERROR] = _PRECOMPILE_FAILED
            self.precompile_error = call.error

    def _run_precompile(self, call: Call, precompile: Precompile) -> None:
        self.machine._precompile(call, precompile)

    def _print(self) -> None:
        frame = self._frame(self.arena.words[at.DEPTH] - 1)
        self.machine.print(frame[24][:20][::-1], bytes(self.arena.view[frame[8] : frame[8] + frame[2]]))
        self.arena.words[at.ERROR] = self.arena.words[at.RETURN_SIZE] = 0

    def _reason(self) -> str | None:
        words = self.arena.words
        error = words[at.ERROR]
        if error == 0:
            return None
        if error == _UNDERFLOW:
            return f"stack underflow ({words[at.ERROR_A]} <=> {words[at.ERROR_B]})"
        if error == _BAD_OPCODE:
            return f"invalid opcode: {named(words[at.ERROR_A])}"
        return self.precompile_error if error == _PRECOMPILE_FAILED else _REASONS[error]

    # what is told to a tracer, once it is certain that the run will not be given up

    def _entered(self) -> None:
        arena = self.arena
        depth = arena.words[at.DEPTH] - 1
        frame = self._frame(depth)
        kind = _KINDS[frame[19]]
        address, caller, code_address = (word[:20][::-1] for word in (frame[23], frame[24], frame[26]))
        data = arena.codes[frame[9]] if kind[:2] == "CR" else bytes(arena.view[frame[8] : frame[8] + frame[2]])
        opened = Frame(
            kind, self.call.depth + depth,
            address if kind == "DELEGATECALL" else caller,
            code_address if kind in ("DELEGATECALL", "CALLCODE") else address,
            code_address, int.from_bytes(frame[25], "little"), frame[20], data,
        )  # fmt: skip
        self.open_frames.append(opened)
        assert self.machine.tracer is not None
        self.events.append((self.machine.tracer.enter, (opened,)))

    def _left(self) -> None:
        arena = self.arena
        started = self._frame(arena.words[at.DEPTH])[20]
        output = bytes(arena.view[at.RETURN_DATA : at.RETURN_DATA + arena.words[at.SIZE]])
        outcome = FrameExit(started - arena.numbers[at.GAS], output, self._reason())
        assert self.machine.tracer is not None
        self.events.append((self.machine.tracer.exit, (self.open_frames.pop(), outcome)))

    def _logged(self) -> None:
        assert self.machine.tracer is not None
        self.events.append((self.machine.tracer.log, (log_at(self.arena.view, self.arena.words[at.POINTER])[0],)))

    def _destructed(self) -> None:
        arena, tracer = self.arena, self.machine.tracer
        assert tracer is not None
        here = self._frame(arena.words[at.DEPTH] - 1)[23][:20][::-1]
        to = bytes(arena.view[at.ASKED : at.ASKED + 20])[::-1]
        balance = int.from_bytes(arena.view[at.ANSWER : at.ANSWER + 32], "little")
        frame = Frame("SELFDESTRUCT", self.call.depth + arena.words[at.DEPTH], here, to, to, balance, 0, b"")
        self.events.append((tracer.enter, (frame,)))
        self.events.append((tracer.exit, (frame, FrameExit(0, b""))))

    # what is told to the journal

    def _tell(self, outcome: NativeOutcome) -> None:
        """What the journal does not take as it is."""
        journal = self.journal
        for address in outcome.accounts():
            journal.account(address)
        for address, words in outcome.reads().items():
            known = journal.slots.setdefault(address, {})
            original = journal.origin_slots.setdefault(address, {})
            for slot, word in words.items():
                if slot not in known:
                    known[slot] = original[slot] = word
        for address, words in outcome.writes().items():
            known = journal.slots[address]
            for slot, word in words.items():
                if known[slot] != word:
                    journal.undo.append((known, slot, known[slot]))
                    known[slot] = word
        journal.logs += outcome.logs()

    def _tell_accounts(self, places: tuple[int, ...]) -> None:
        arena, journal = self.arena, self.journal
        view = arena.view
        for place in places:
            address = self._address(place)
            start = at.ACCOUNTS + at.ACCOUNT_SIZE * place
            nonce, balance, code_hash, index, flags = struct.unpack_from("<Q32s32siI", view, start + 56)
            account = Account(nonce, int.from_bytes(balance, "little"), code_hash) if flags & _EXISTS else None
            if account != journal.account(address):
                journal.set_account(address, account)
                if code_hash != EMPTY_CODE_HASH and code_hash not in journal.codes:
                    journal.codes[code_hash] = arena.codes[index]
            if flags & (_CREATED | _DESTROYED | _TOUCHED):
                if flags & _CREATED and address not in journal.created:
                    journal.mark_created(address)
                if flags & _DESTROYED and address not in journal.destroyed:
                    journal.destroy(address)
                if flags & _TOUCHED and address not in journal.touched:
                    journal.undo.append((journal.touched, address, None))
                    journal.touched[address] = True


def _limit(size: int | None) -> int:
    return _NO_LIMIT if size is None else size


NativeRun.answers = {
    _NEEDS_CODE: NativeRun._code,
    _NEEDS_BLOCK_HASH: NativeRun._block_hash,
    _NEEDS_CREATION: NativeRun._creation,
    _NEEDS_NEW_CODE: NativeRun._new_code,
    _NEEDS_PRECOMPILE: NativeRun._precompile,
    _NEEDS_PRINT: NativeRun._print,
    _ENTERED: NativeRun._entered,
    _LEFT: NativeRun._left,
    _LOGGED: NativeRun._logged,
    _DESTRUCTED: NativeRun._destructed,
}
