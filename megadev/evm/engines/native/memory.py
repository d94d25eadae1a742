"""A frame's reads of its environment and of its memory, and its writes to memory."""

from __future__ import annotations

from collections.abc import Sequence

from megadev.evm.engines.native.emitter import Emitter
from megadev.evm.engines.native.wasm import (
    ADD,
    ADD32,
    ADDRESS,
    CALLER,
    CODE_AT,
    CONTEXT,
    COPY_MEMORY,
    DATA,
    DATA_SIZE,
    ELSE,
    ENVIRONMENT,
    EQZ,
    EXTEND,
    FRAME,
    GT,
    I32,
    LE,
    LT_S,
    MEM,
    MEMORY_SIZE,
    MS,
    MUL,
    NE,
    OR,
    RETURN_SIZE,
    REVERSE,
    SCRATCH,
    SHR,
    V128,
    VALUE,
    WRAP,
    G,
    Limb,
    Local,
    Word,
    const32,
    const64,
    get_local,
    limbs_of,
    load32,
    load64,
    set_local,
    unsigned,
)


class FrameAccess:
    """Writes what reads the frame's environment, call data and memory into the function of ``out``."""

    def __init__(self, out: Emitter) -> None:
        self._out = out

    def environment(self, index: int) -> Word:
        """A word of the transaction's or block's environment."""
        limbs = []
        for k in range(4):
            self._out.emit(const32(CONTEXT), load64(ENVIRONMENT + 32 * index + 8 * k))
            limbs.append(self._out.keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def frame_word(self, name: str) -> Word:
        """The frame's address, caller or value."""
        word = limbs_of(self._out.load_words(FRAME, {"address": ADDRESS, "caller": CALLER, "value": VALUE}[name]))
        return word if name == "value" else (word[0], word[1], word[2], 0)

    def data_size(self) -> Word:
        self._out.emit(get_local(FRAME), load64(DATA_SIZE))
        return self._out.keep(), 0, 0, 0

    def return_size(self) -> Word:
        self._out.emit(const32(CONTEXT), load32(RETURN_SIZE), EXTEND)
        return self._out.keep(), 0, 0, 0

    def memory_size(self) -> Word:
        self._out.emit(get_local(MS))
        return self._out.keep(), 0, 0, 0

    def data_word(self, offset: Word) -> Word:
        """CALLDATALOAD: at once where all 32 bytes are there."""
        low, *high = limbs_of(offset)
        results = [self._out.new() for _ in range(4)]
        if any(isinstance(limb, int) and limb for limb in high) or (isinstance(low, int) and low >> 32):
            return 0
        # offset + 32 <= size, as size - offset >= 32 without a carry: offsets beyond 2^32 are none
        self._out.limb(low)
        self._out.emit(const64(32), SHR)
        for limb in high:
            if limb != 0:
                self._out.limb(limb)
                self._out.emit(OR)
        self._out.emit(EQZ)
        self._out.limb(low)
        self._out.emit(const64(32), ADD, get_local(FRAME), load64(DATA_SIZE), LE, b"\x71")  # i32.and
        self._out.begin_if()
        self._out.emit(get_local(FRAME), load32(DATA))
        self._out.limb(low)
        self._out.emit(WRAP, ADD32)
        self._load_bytes(self._out.keep(I32), results)
        self._out.emit(ELSE)
        self._out.put(32, offset)
        self._out.emit(const32(SCRATCH), get_local(FRAME), const32(SCRATCH + 32))
        self._out.call("calldataload")
        for k, local in enumerate(results):
            self._out.emit(const32(SCRATCH), load64(8 * k))
            self._out.write(local)
        self._out.end()
        return results[0], results[1], results[2], results[3]

    # memory

    def _offset(self, word: Word) -> Limb:
        """The word as one limb; whoever asks for more than 32 bits cannot pay for it."""
        low, *high = limbs_of(word)
        if isinstance(low, int) and all(isinstance(limb, int) for limb in high):
            if any(high) or low >> 32:
                self._out.emit(const32(1))
                self._out.broke_if()
                return 0
            return low
        self._out.limb(low)
        self._out.emit(const64(32), SHR)
        for limb in high:
            if limb != 0:
                self._out.limb(limb)
                self._out.emit(OR)
        self._out.emit(const64(0), NE)
        self._out.broke_if()
        return low

    def _expand(self, offset: Limb, size: Limb) -> None:
        if isinstance(offset, int) and isinstance(size, int):
            end: Limb = offset + size
        else:
            self._out.limb(offset)
            self._out.limb(size)
            self._out.emit(ADD)
            end = self._out.keep()
        self._out.limb(end)
        self._out.emit(get_local(MS), GT)
        self._out.begin_if()
        self._out.emit(get_local(FRAME))
        self._out.limb(end)
        self._out.emit(get_local(G))
        self._out.call("memory_grow")
        self._out.emit(b"\x22" + unsigned(G), const64(0), LT_S)
        self._out.broke_if()
        self._out.emit(get_local(FRAME), load64(MEMORY_SIZE), set_local(MS))
        self._out.end()

    def _place(self, offset: Limb) -> Local:
        self._out.emit(get_local(MEM))
        self._out.limb(offset)
        self._out.emit(WRAP, ADD32)
        return self._out.keep(I32)

    def _area(self, offset: Word, size: Limb) -> Local:
        """memory[offset : offset + size] provided; where it begins."""
        if isinstance(size, int):
            start = self._offset(offset) if size else 0
            if size:
                self._expand(start, size)
            return self._place(start)
        start = self._out.new()
        self._out.emit(const64(0))
        self._out.write(start)
        self._out.limb(size)
        self._out.emit(const64(0), NE)
        self._out.begin_if()
        low = self._offset(offset)
        self._expand(low, size)
        self._out.limb(low)
        self._out.write(start)
        self._out.end()
        return self._place(start)

    def _load_bytes(self, at: Local, results: Sequence[Local]) -> None:
        for half in range(2):
            self._out.read(at)
            self._out.emit(b"\xfd\0\0" + unsigned(16 * half))
            vector = self._out.keep(V128)
            self._out.read(vector)
            self._out.read(vector)
            self._out.emit(REVERSE)
            turned = self._out.keep(V128)
            for k in range(2):
                self._out.read(turned)
                self._out.emit(b"\xfd\x1d" + bytes([k]))
                self._out.write(results[(1 - half) * 2 + k])

    def _word_at(self, at: Local) -> Word:
        results = [self._out.new() for _ in range(4)]
        self._load_bytes(at, results)
        return results[0], results[1], results[2], results[3]

    def load(self, offset: Word) -> Word:
        """MLOAD."""
        return self._word_at(self._area(offset, 32))

    def store(self, offset: Word, word: Word) -> None:
        """MSTORE."""
        at = self._area(offset, 32)
        limbs = limbs_of(word)
        for half in range(2):
            low, high = limbs[(1 - half) * 2], limbs[(1 - half) * 2 + 1]
            self._out.read(at)
            if isinstance(low, int) and isinstance(high, int):
                self._out.emit(b"\xfd\x0c" + (high << 64 | low).to_bytes(16, "big"))
            else:
                self._out.limb(low)
                self._out.emit(b"\xfd\x12")
                self._out.limb(high)
                self._out.emit(b"\xfd\x1e\x01")
                vector = self._out.keep(V128)
                self._out.read(vector)
                self._out.read(vector)
                self._out.emit(REVERSE)
            self._out.emit(b"\xfd\x0b\0" + unsigned(16 * half))

    def store_byte(self, offset: Word, word: Word) -> None:
        """MSTORE8."""
        at = self._area(offset, 1)
        self._out.read(at)
        self._out.limb(limbs_of(word)[0])
        self._out.emit(b"\x3c\0\0")

    def _charge_words(self, size: Limb, each: int) -> None:
        def price() -> None:
            if isinstance(size, int):
                self._out.emit(const64(each * ((size + 31) // 32)))
            else:
                self._out.limb(size)
                self._out.emit(const64(31), ADD, const64(5), SHR, const64(each), MUL)

        if size != 0:
            self._out.charge(price)

    def hash(self, offset: Word, size_word: Word, word_gas: int) -> Word:
        """KECCAK256, at so much gas for each 32 bytes."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        at = self._area(offset, size)
        self._out.emit(const32(SCRATCH))
        self._out.read(at)
        self._out.limb(size)
        self._out.emit(WRAP)
        self._out.call("hash")
        return self._out.result()

    def copy(self, source: str, to: Word, offset: Word, size_word: Word, word_gas: int, code_size: int) -> None:
        """CALLDATACOPY and CODECOPY: zeros beyond the end."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        if size == 0:
            return
        at = self._area(to, size)
        self._out.put(32, offset)
        self._out.read(at)
        self._out.limb(size)
        self._out.emit(get_local(FRAME), load32(CODE_AT if source == "code" else DATA))
        if source == "code":
            self._out.emit(const64(code_size))
        else:
            self._out.emit(get_local(FRAME), load64(DATA_SIZE))
        self._out.emit(const32(SCRATCH + 32))
        self._out.call("copy_data")

    def copy_memory(self, to: Word, source: Word, size_word: Word, word_gas: int) -> None:
        """MCOPY."""
        size = self._offset(size_word)
        self._charge_words(size, word_gas)
        target, origin = self._area(to, size), self._area(source, size)
        self._out.read(target)
        self._out.read(origin)
        self._out.limb(size)
        self._out.emit(WRAP, COPY_MEMORY)
