"""Arithmetic and comparison of 256-bit words, as four limbs of 64 bits each."""

from __future__ import annotations

from megadev.evm.engines.native.emitter import Emitter
from megadev.evm.engines.native.wasm import (
    ADD,
    ADD_WIDE,
    AND,
    DIV,
    EQ,
    EQZ,
    EQZ32,
    EXTEND,
    I32,
    LT,
    LT_S,
    M64,
    MUL,
    MULTIPLY_WIDE,
    OR,
    REM,
    SCRATCH,
    SELECT,
    SHL,
    SHR,
    SUB,
    XOR,
    Limb,
    Local,
    Word,
    const32,
    const64,
    limbs_of,
)


class Arithmetic:
    """Writes what computes into the function of ``out``. What is known beforehand of a word saves instructions."""

    def __init__(self, out: Emitter) -> None:
        self._out = out

    def word_of(self, condition: Local) -> Word:
        """1 or 0."""
        self._out.read(condition)
        self._out.emit(EXTEND)
        return self._out.keep(), 0, 0, 0

    def is_zero(self, word: Word) -> Local:
        """Emit a test whether the word is 0."""
        limbs = [limb for limb in limbs_of(word) if limb != 0]
        if not limbs:
            self._out.emit(const32(1))
            return self._out.keep(I32)
        self._out.limb(limbs[0])
        for limb in limbs[1:]:
            self._out.limb(limb)
            self._out.emit(OR)
        self._out.emit(EQZ)
        return self._out.keep(I32)

    def negated(self, condition: Local) -> Local:
        """The opposite."""
        self._out.read(condition)
        self._out.emit(EQZ32)
        return self._out.keep(I32)

    def is_equal(self, a: Word, b: Word) -> Local:
        """Emit a test whether two words are equal."""
        parts = 0
        for x, y in zip(limbs_of(a), limbs_of(b), strict=True):
            if isinstance(x, int) and isinstance(y, int):
                if x == y:
                    continue
                self._out.emit(const64(1))
            elif y == 0:
                self._out.limb(x)
            elif x == 0:
                self._out.limb(y)
            else:
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(XOR)
            if parts:
                self._out.emit(OR)
            parts += 1
        self._out.emit(EQZ if parts else const32(1))
        return self._out.keep(I32)

    def is_less(self, a: Word, b: Word, signed: bool) -> Local:
        """Emit a test whether a < b."""
        result: Local | None = None
        for i, (x, y) in enumerate(zip(limbs_of(a), limbs_of(b), strict=True)):
            signs = signed and i == 3
            if isinstance(x, int) and x == y and not signs:
                continue
            less = LT_S if signs else LT
            if result is None:
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(less)
            elif y == 0 and not signs:  # nothing is below 0: less only if equal so far
                self._out.read(result)
                self._out.emit(const32(0))
                self._out.limb(x)
                self._out.emit(EQZ, SELECT)
            else:
                self._out.read(result)
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(less)
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(EQ, SELECT)
            result = self._out.keep(I32)
        if result is None:
            self._out.emit(const32(0))
            result = self._out.keep(I32)
        return result

    def add(self, a: Word, b: Word) -> Word:
        return self._sum(a, b, ADD)

    def sub(self, a: Word, b: Word) -> Word:
        return self._sum(a, b, SUB)

    def _sum(self, a: Word, b: Word, op: bytes) -> Word:
        limbs: list[Limb] = []
        carry: Local | None = None
        for i, (x, y) in enumerate(zip(limbs_of(a), limbs_of(b), strict=True)):
            if op == ADD and x == 0:
                x, y = y, x
            if carry is None and y == 0:
                limbs.append(x)
                continue
            now: Local | None = None
            result: Limb = x
            if y != 0:
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(op)
                result = self._out.keep()
                if i < 3:
                    self._out.limb(result if op == ADD else x)
                    self._out.limb(y)
                    self._out.emit(LT, EXTEND)
                    now = self._out.keep()
            if carry is not None:
                before = result
                self._out.limb(before)
                self._out.read(carry)
                self._out.emit(op)
                result = self._out.keep()
                if i < 3:
                    self._out.limb(result if op == ADD else before)
                    self._out.read(carry)
                    self._out.emit(LT, EXTEND)
                    if now is not None:
                        self._out.read(now)
                        self._out.emit(OR)
                    now = self._out.keep()
            carry = now
            limbs.append(result)
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def mul(self, a: Word, b: Word) -> Word:
        left, right = limbs_of(a), limbs_of(b)
        product: list[Limb] = [0, 0, 0, 0]
        for i in range(4):
            if left[i] == 0:
                continue
            carry: Limb = 0
            for j in range(4 - i):
                k = i + j
                if right[j] == 0:
                    if carry == 0:
                        continue
                    if product[k] == 0:
                        product[k], carry = carry, 0
                        continue
                    self._out.limb(product[k])
                    self._out.limb(carry)
                    self._out.emit(ADD)
                    total = self._out.keep()
                    product[k] = total
                    if k < 3:
                        self._out.read(total)
                        self._out.limb(carry)
                        self._out.emit(LT, EXTEND)
                        carry = self._out.keep()
                    continue
                self._out.limb(left[i])
                self._out.limb(right[j])
                if k == 3:
                    self._out.emit(MUL)
                    for part in (product[k], carry):
                        if part != 0:
                            self._out.limb(part)
                            self._out.emit(ADD)
                    product[k] = self._out.keep()
                    continue
                self._out.emit(MULTIPLY_WIDE)
                for part in (product[k], carry):
                    if part != 0:
                        self._out.limb(part)
                        self._out.emit(const64(0), ADD_WIDE)
                high = self._out.keep()
                product[k], carry = self._out.keep(), high
        return product[0], product[1], product[2], product[3]

    def bits(self, name: str, a: Word, b: Word) -> Word:
        """AND, OR, XOR."""
        op = {"and": AND, "or": OR, "xor": XOR}[name]
        limbs: list[Limb] = []
        for x, y in zip(limbs_of(a), limbs_of(b), strict=True):
            if isinstance(x, int) and isinstance(y, int):
                limbs.append(x & y if op == AND else x | y if op == OR else x ^ y)
                continue
            if isinstance(x, int):
                x, y = y, x
            if y == 0:
                limbs.append(0 if op == AND else x)
            elif y == M64 and op != XOR:
                limbs.append(x if op == AND else M64)
            else:
                self._out.limb(x)
                self._out.limb(y)
                self._out.emit(op)
                limbs.append(self._out.keep())
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def shift(self, name: str, by: Word, a: Word) -> Word:
        """SHL, SHR, SAR."""
        if not isinstance(by, int) or name == "sar":
            return self._out.helper(name, by, a)
        if by >= 256:
            return 0
        whole, part = divmod(by, 64)
        old = limbs_of(a)
        limbs: list[Limb] = [0, 0, 0, 0]
        for i in range(4 - whole):
            if name == "shl":
                limbs[i + whole] = self._funnel(old[i], old[i - 1] if i else 0, part, True)
            else:
                k = i + whole
                limbs[i] = self._funnel(old[k], old[k + 1] if k < 3 else 0, part, False)
        return limbs[0], limbs[1], limbs[2], limbs[3]

    def _funnel(self, x: Limb, y: Limb, by: int, left: bool) -> Limb:
        """x shifted by less than 64 bits, with what comes in from its neighbour y."""
        if by == 0:
            return x
        if isinstance(x, int) and isinstance(y, int):
            return (x << by | y >> (64 - by)) & M64 if left else (x >> by | y << (64 - by)) & M64
        if x != 0:
            self._out.limb(x)
            self._out.emit(const64(by), SHL if left else SHR)
        if y != 0:
            self._out.limb(y)
            self._out.emit(const64(64 - by), SHR if left else SHL)
        if x != 0 and y != 0:
            self._out.emit(OR)
        return self._out.keep()

    def byte(self, index: Word, a: Word) -> Word:
        if isinstance(index, int):
            return self.bits("and", self.shift("shr", 8 * (31 - index), a), 255) if index < 32 else 0
        return self._out.helper("byte", index, a)

    def signextend(self, size: Word, a: Word) -> Word:
        return self._out.helper("signextend", size, a)

    def clz(self, a: Word) -> Word:
        self._out.put(32, a)
        self._out.emit(const32(SCRATCH + 32))
        self._out.call("clz")
        return self._out.keep(), 0, 0, 0

    def exp(self, a: Word, b: Word, byte_gas: int) -> Word:
        """a to the b, at so much gas for each byte of b."""
        if isinstance(b, int):
            self._out.charge(lambda: self._out.emit(const64(byte_gas * ((b.bit_length() + 7) // 8))))
        else:
            zeros = limbs_of(self.clz(b))[0]

            def price() -> None:
                self._out.emit(const64(263))
                self._out.limb(zeros)
                self._out.emit(SUB, const64(3), SHR, const64(byte_gas), MUL)

            self._out.charge(price)
        return self._out.helper("exp", a, b)

    def divide(self, name: str, a: Word, b: Word) -> Word:
        """DIV, MOD, SDIV, SMOD."""
        if b == 0:
            return 0
        if name in ("div", "mod"):
            if isinstance(b, int) and b & (b - 1) == 0:
                return self.shift("shr", b.bit_length() - 1, a) if name == "div" else self.bits("and", a, b - 1)
            if isinstance(b, int):
                x, *rest = limbs_of(a)
                if rest == [0, 0, 0]:
                    if b > M64:
                        return 0 if name == "div" else a
                    self._out.limb(x)
                    self._out.emit(const64(b), DIV if name == "div" else REM)
                    return self._out.keep(), 0, 0, 0
                self._out.put(32, a)
                self._out.emit(const32(SCRATCH), const32(SCRATCH + 32))
                self._out.constant(divisor(b))
                self._out.call(f"{name}_known")
                result = limbs_of(self._out.result())
                # a remainder is no longer than what it is left by
                return result if name == "div" else _cut(result, b)
        return self._out.helper(name, a, b)

    def modular(self, name: str, a: Word, b: Word, m: Word) -> Word:
        """ADDMOD, MULMOD."""
        if m == 0:
            return 0
        if not isinstance(m, int):
            return self._out.helper(name, a, b, m)
        self._out.put(32, a)
        self._out.put(64, b)
        self._out.emit(const32(SCRATCH), const32(SCRATCH + 32), const32(SCRATCH + 64))
        if name == "addmod":
            self._out.constant(m.to_bytes(32, "little"))
        self._out.constant(divisor(m))
        self._out.call(f"{name}_known")
        return _cut(limbs_of(self._out.result()), m)


def _cut(limbs: tuple[Limb, Limb, Limb, Limb], bound: int) -> Word:
    return tuple(limb if bound >> 64 * i else 0 for i, limb in enumerate(limbs))  # type: ignore[return-value]


def divisor(d: int) -> bytes:
    """A known divisor as the runtime takes it (``divisor`` in words.h)."""
    limbs = (d.bit_length() + 63) // 64
    shift = 64 * limbs - d.bit_length()
    ready = d << shift
    if limbs == 1:
        reciprocal = ((1 << 128) - 1) // ready - (1 << 64)
    else:
        reciprocal = ((1 << 192) - 1) // (ready >> 64 * (limbs - 2)) - (1 << 64)
    quotient = (1 << 512) // d
    has_quotient = limbs == 4 and quotient >> 320 == 0
    numbers = (
        (ready, 32), (reciprocal, 8), (limbs, 4), (shift, 4), (d, 32), (quotient if has_quotient else 0, 40),
        (has_quotient, 8)
    )  # fmt: skip
    return b"".join(number.to_bytes(size, "little") for number, size in numbers)
