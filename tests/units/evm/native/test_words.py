"""The runtime's 256-bit arithmetic and keccak against Python's, at the values where limbs carry, borrow and end."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable

import pytest

from megadev.evm.engines.native.arena import MEMORIES, Arena
from megadev.evm.engines.native.host import HostUnavailable, load
from megadev.evm.engines.native.runtime import rebuild
from megadev.primitives.keccak import keccak

WORD = 1 << 256
MASK = WORD - 1


def signed(x: int) -> int:
    return x - WORD if x >> 255 else x


def sdiv(a: int, b: int) -> int:
    quotient = abs(signed(a)) // abs(signed(b)) if b else 0
    return (-quotient if (signed(a) < 0) != (signed(b) < 0) else quotient) & MASK


def smod(a: int, b: int) -> int:
    rest = abs(signed(a)) % abs(signed(b)) if b else 0
    return (-rest if signed(a) < 0 else rest) & MASK


def signextend(size: int, x: int) -> int:
    if size >= 31:
        return x
    low = (1 << (8 * size + 8)) - 1
    return x | (MASK ^ low) if x >> (8 * size + 7) & 1 else x & low


TWO: dict[str, Callable[[int, int], int]] = {
    "div": lambda a, b: a // b if b else 0,
    "mod": lambda a, b: a % b if b else 0,
    "sdiv": sdiv,
    "smod": smod,
    "exp": lambda a, b: pow(a, b, WORD),
    "signextend": signextend,
    "byte": lambda i, x: x >> 8 * (31 - i) & 255 if i < 32 else 0,
    "shl": lambda n, x: x << n & MASK if n < 256 else 0,
    "shr": lambda n, x: x >> n if n < 256 else 0,
    "sar": lambda n, x: (signed(x) >> min(n, 256)) & MASK,
}
THREE: dict[str, Callable[[int, int, int], int]] = {
    "addmod": lambda a, b, m: (a + b) % m if m else 0,
    "mulmod": lambda a, b, m: a * b % m if m else 0,
}


class Words:
    """The runtime's functions on words in its memory."""

    def __init__(self) -> None:
        try:
            library = load()
        except HostUnavailable as error:
            pytest.skip(str(error))
        self.arena = Arena(library, library.compile(rebuild.RESULT.read_bytes()), bytes(2048), lambda *_: None)
        self.known = {
            name: self.arena.store.function(self.arena.instance, name, 5) for name in (*TWO, *THREE, "hash", "clz")
        }

    def call(self, name: str, *arguments: int) -> int:
        function = self.known[name]
        for i, argument in enumerate(arguments):
            function.arguments[2 * i] = argument
        return function.held()

    def apply(self, name: str, *operands: int) -> int:
        for i, operand in enumerate(operands, 1):
            self.arena.view[MEMORIES + 32 * i : MEMORIES + 32 * i + 32] = operand.to_bytes(32, "little")
        self.call(name, MEMORIES, *(MEMORIES + 32 * i for i in range(1, len(operands) + 1)))
        return int.from_bytes(self.arena.view[MEMORIES : MEMORIES + 32], "little")


@pytest.fixture(scope="module")
def words() -> Words:
    return Words()


def some_word(chance: random.Random) -> int:
    bits = chance.choice([0, 1, 2, 8, 16, 32, 63, 64, 65, 96, 127, 128, 129, 160, 191, 192, 193, 255, 256])
    value = chance.getrandbits(bits) if bits else 0
    shape = chance.random()
    if shape < 0.15:
        value = (1 << bits) - 1
    elif shape < 0.3:
        value = 1 << bits >> 1
    elif shape < 0.4:
        value ^= MASK
    return value & MASK


def test_two_operands(words: Words) -> None:
    chance = random.Random(1)
    for _ in range(1500):
        a, b = some_word(chance), some_word(chance)
        for name, meaning in TWO.items():
            first = a % 300 if name in ("signextend", "byte", "shl", "shr", "sar") and chance.random() < 0.8 else a
            assert words.apply(name, first, b) == meaning(first, b), (name, hex(first), hex(b))


def test_three_operands(words: Words) -> None:
    chance = random.Random(2)
    for _ in range(5000):
        a, b, m = (some_word(chance) for _ in range(3))
        for name, meaning in THREE.items():
            assert words.apply(name, a, b, m) == meaning(a, b, m), (name, hex(a), hex(b), hex(m))


def test_quotients_that_are_guessed_too_large(words: Words) -> None:
    """Schoolbook division corrects a guess of the next limb up to twice, seldom on random numbers."""
    chance = random.Random(3)
    limbs = [0, 1, 2, 1 << 63, (1 << 63) - 1, (1 << 63) + 1, (1 << 64) - 1, (1 << 64) - 2]
    for _ in range(8000):
        a, b, m = (sum(chance.choice(limbs) << 64 * i for i in range(chance.randint(1, 4))) for _ in range(3))
        assert words.apply("div", a, b) == TWO["div"](a, b), (hex(a), hex(b))
        assert words.apply("mod", a, b) == TWO["mod"](a, b), (hex(a), hex(b))
        assert words.apply("mulmod", a, b, m) == THREE["mulmod"](a, b, m), (hex(a), hex(b), hex(m))


def test_leading_zeros(words: Words) -> None:
    for bits in range(257):
        words.arena.view[MEMORIES : MEMORIES + 32] = ((1 << bits) - 1).to_bytes(32, "little")
        assert words.call("clz", MEMORIES) == 256 - bits


@pytest.mark.parametrize("size", [0, 1, 31, 32, 64, 135, 136, 137, 200, 271, 272, 1000])
def test_keccak(words: Words, size: int) -> None:
    data = random.Random(size).randbytes(size)
    words.arena.view[MEMORIES + 100 : MEMORIES + 100 + size] = data
    words.call("hash", MEMORIES, MEMORIES + 100, size)
    assert bytes(words.arena.view[MEMORIES : MEMORIES + 32])[::-1] == keccak(data)


@pytest.mark.skipif(shutil.which("clang") is None or shutil.which("wasm-ld") is None, reason="needs clang and wasm-ld")
def test_the_runtime_is_built_of_its_sources() -> None:
    """``python -m megadev.evm.engines.native.runtime.rebuild`` writes it anew."""
    if rebuild.compiler() != rebuild.COMPILER:
        pytest.skip(f"{rebuild.compiler()} may write other code than {rebuild.COMPILER}")
    assert rebuild.build() == rebuild.RESULT.read_bytes()
    assert rebuild.build(metered=True) == rebuild.MEGA_RESULT.read_bytes()
