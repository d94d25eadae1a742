"""The precompiles in compiled C against Python's (py-evm, py_ecc, pow), hashlib, algebra and published vectors."""

from __future__ import annotations

import ctypes
import hashlib
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from py_ecc import optimized_bls12_381 as bls
from py_ecc import optimized_bn128 as bn

from megadev.evm.engines.precompiles import functions, native, portable
from megadev.evm.engines.precompiles.runtime import build
from tests.stage.signed import HASH, R, S, X, Y, word

Answer = bytes | None
INVALID = None
TRUE, FALSE = word(1), word(0)
FUNCTIONS = functions(None)


def both(name: str, data: bytes) -> Answer:
    """What the precompile answers, the same natively and in Python."""
    runtime = native.runtime()
    assert runtime is not None
    natively = native.FUNCTIONS[name](runtime, data)
    assert natively == portable.FUNCTIONS[name](data), f"{name} of {data.hex()}"
    return natively


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


# bn254 (EIP-196, EIP-197)


def bn_g1(point: Any) -> bytes:
    if bn.is_inf(point):
        return bytes(64)
    x, y = bn.normalize(point)
    return word(int(x)) + word(int(y))


def bn_g2(point: Any) -> bytes:
    x, y = bn.normalize(point)
    return b"".join(word(int(v)) for v in (x.coeffs[1], x.coeffs[0], y.coeffs[1], y.coeffs[0]))


def test_bn254_sums_and_products(dice: random.Random) -> None:
    points = [bn.multiply(bn.G1, dice.getrandbits(256)) for _ in range(4)]
    infinity, first = bytes(64), bn_g1(points[0])
    sums = [(bn_g1(a), bn_g1(b)) for a in points for b in points]
    sums += [(first, bn_g1(bn.neg(points[0]))), (first, infinity), (infinity, first), (infinity, infinity)]
    for a, b in sums:
        assert both("BN254_ADD", a + b) is not INVALID
    scalars = [0, 1, 2, 15, 16, bn.curve_order - 1, bn.curve_order, bn.curve_order + 1, 2**256 - 1, 1 << 255]
    scalars += [dice.getrandbits(256) for _ in range(10)]
    for scalar in scalars:
        assert both("BN254_MUL", first + word(scalar)) is not INVALID
    assert both("BN254_MUL", infinity + word(7)) == infinity


@pytest.mark.parametrize("name", ["BN254_ADD", "BN254_MUL"])
def test_bn254_inputs_are_filled_up_with_zeros_and_cut(name: str) -> None:
    long = bn_g1(bn.G1) * 3
    for size in (0, 1, 31, 32, 63, 64, 65, 95, 96, 97, 127, 128, 129, 192):
        both(name, long[:size])


@pytest.mark.parametrize(
    "point",
    [
        word(1) + word(3),
        word(1) + word(2 + bn.field_modulus),
        word(bn.field_modulus) + word(0),
        word(0) + word(bn.field_modulus),
        word(0) + word(1),
        word(2**256 - 1) * 2,
    ],
    ids=["off the curve", "y beyond the field", "x of zero beyond", "y of zero beyond", "half zero", "all ones"],
)
def test_invalid_bn254_points_are_refused(point: bytes) -> None:
    good, twist = bn_g1(bn.G1), bn_g2(bn.G2)
    assert both("BN254_ADD", point + good) is INVALID
    assert both("BN254_ADD", good + point) is INVALID
    assert both("BN254_MUL", point + word(5)) is INVALID
    assert both("BN254_PAIRING", point + twist) is INVALID
    assert both("BN254_PAIRING", point + bytes(128)) is INVALID, "also beside infinity"


def test_invalid_points_of_the_twist_are_refused() -> None:
    good, twist = bn_g1(bn.G1), bn_g2(bn.G2)
    for at in range(4):
        spoilt = twist[: 32 * at] + word(bn.field_modulus + 1) + twist[32 * at + 32 :]
        assert both("BN254_PAIRING", good + spoilt) is INVALID
        spoilt = twist[: 32 * at] + word(7) + twist[32 * at + 32 :]
        assert both("BN254_PAIRING", bytes(64) + spoilt) is INVALID


def outside_the_subgroup(module: Any, b: Any, order: int) -> Any:
    """A point of the twist whose order is not the group's, by trying abscissas."""
    field, p = module.FQ2, module.field_modulus
    for x in range(1, 200):
        point = field([x, 1])
        square = point * point * point + b
        # a root by the complex method, p being 3 modulo 4
        a0, a1 = (int(c) for c in square.coeffs)
        norm = pow(a0 * a0 + a1 * a1, (p + 1) // 4, p)
        for half in ((a0 + norm) * pow(2, -1, p) % p, (a0 - norm) * pow(2, -1, p) % p):
            y0 = pow(half, (p + 1) // 4, p)
            if y0:
                root = field([y0, a1 * pow(2 * y0, -1, p) % p])
                if root * root == square:
                    found = (point, root, field.one())
                    if not module.is_inf(module.multiply(found, order)):
                        return found
    raise AssertionError("no such point")


def test_points_outside_the_subgroup_are_refused() -> None:
    stray = outside_the_subgroup(bn, bn.b2, bn.curve_order)
    assert both("BN254_PAIRING", bytes(64) + bn_g2(stray)) is INVALID
    stray = outside_the_subgroup(bls, bls.b2, bls.curve_order)
    assert both("BLS12_PAIRING_CHECK", bytes(128) + bls_g2(stray)) is INVALID
    assert both("BLS12_G2MSM", bls_g2(stray) + word(1)) is INVALID
    assert both("BLS12_G2ADD", bls_g2(stray) + bls_g2(bls.G2)) is not INVALID, "addition asks for the curve only"
    p = bls.field_modulus
    x = next(x for x in range(1, 200) if pow(x**3 + 4, (p - 1) // 2, p) == 1)
    stray = (bls.FQ(x), bls.FQ(pow(x**3 + 4, (p + 1) // 4, p)), bls.FQ(1))
    assert both("BLS12_G1MSM", bls_g1(stray) + word(1)) is INVALID
    assert both("BLS12_PAIRING_CHECK", bls_g1(stray) + bytes(256)) is INVALID
    assert both("BLS12_G1ADD", bls_g1(stray) + bls_g1(bls.G1)) is not INVALID


def test_bn254_pairings_of_the_published_vectors() -> None:
    """Of EIP-197's implementations in geth: a product that is one, and the same with a sign changed."""
    head = (
        "1c76476f4def4bb94541d57ebba1193381ffa7aa76ada664dd31c16024c43f593034dd2920f673e204fee2811c678745fc819b55d3e9d2"
        "94e45c9b03a76aef41209dd15ebff5d46c4bd888e51a93cf99a7329636c63514396b4a452003a35bf704bf11ca01483bfa8b34b4356184"
        "8d28905960114c8ac04049af4b6315a416782bb8324af6cfc93537a2ad1a445cfd0ca2a71acd7ac41fadbf933c2a51be344d120a2a4cf3"
        "0c1bf9845f20c6fe39e07ea2cce61f0c9bb048165fe5e4de877550111e129f1cf1097710d41c4ac70fcdfa5ba2023c6ff1cbeac322de49"
        "d1b6df7c"
    )
    tail = (
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75eda"
        "dd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab71808dcb"
        "408fe3d1e7690c43d37b4ce6cc0166fa7daa"
    )
    one = head + "2032c61a830e3c17286de9462bf242fca2883585b93870a73853face6a6bf411" + tail
    other = head + "103188585e2364128fe25c70558f1560f4f9350baf3959e603cc91486e110936" + tail
    pairing = FUNCTIONS["BN254_PAIRING"]
    assert pairing(bytes.fromhex(one)) == TRUE
    assert pairing(bytes.fromhex(other)) == FALSE
    assert pairing(bytes.fromhex(one) * 15) == TRUE, "more than the runtime takes at once"
    assert pairing(bytes.fromhex(one) * 5 + bytes.fromhex(other)) == FALSE
    assert pairing(b"") == TRUE
    assert pairing(bytes.fromhex(one)[:-1]) is INVALID


def test_bn254_pairings_are_bilinear(dice: random.Random) -> None:
    """e(aG, bH) e(-cG, dH) is one where ab = cd, and only there."""
    for count in (1, 3, 9):
        pairs, sum_ = [], 0
        for _ in range(count):
            a, b = dice.getrandbits(250), dice.getrandbits(250)
            pairs.append(bn_g1(bn.multiply(bn.G1, a)) + bn_g2(bn.multiply(bn.G2, b)))
            sum_ += a * b
        last = bn_g1(bn.multiply(bn.G1, -sum_ % bn.curve_order)) + bn_g2(bn.G2)
        infinite = bn_g1(bn.G1) + bytes(128)
        assert FUNCTIONS["BN254_PAIRING"](b"".join([*pairs, infinite, last])) == TRUE
        assert FUNCTIONS["BN254_PAIRING"](b"".join([*pairs, infinite, infinite])) == FALSE
        assert FUNCTIONS["BN254_PAIRING"](b"".join(pairs) + bytes(192) + last) == TRUE


def test_a_bn254_pairing_as_python_has_it() -> None:
    both("BN254_PAIRING", bn_g1(bn.multiply(bn.G1, 5)) + bn_g2(bn.multiply(bn.G2, 7)))


# BLS12-381 (EIP-2537)


def wide(number: Any) -> bytes:
    return int(number).to_bytes(64, "big")


def bls_g1(point: Any) -> bytes:
    if bls.is_inf(point):
        return bytes(128)
    x, y = bls.normalize(point)
    return wide(x) + wide(y)


def bls_g2(point: Any) -> bytes:
    if bls.is_inf(point):
        return bytes(256)
    x, y = bls.normalize(point)
    return b"".join(wide(v) for v in (*x.coeffs, *y.coeffs))


def test_bls_sums(dice: random.Random) -> None:
    for name, group, encode in (("BLS12_G1ADD", bls.G1, bls_g1), ("BLS12_G2ADD", bls.G2, bls_g2)):
        a, b = (bls.multiply(group, dice.getrandbits(255)) for _ in range(2))
        infinity = bytes(len(encode(a)))
        for left, right in ((a, b), (a, a), (a, bls.neg(a))):
            assert both(name, encode(left) + encode(right)) is not INVALID
        assert both(name, encode(a) + infinity) == encode(a)
        assert both(name, infinity + encode(a)) == encode(a)
        assert both(name, infinity * 2) == infinity
        for size in (0, 1, len(infinity), 2 * len(infinity) - 1, 2 * len(infinity) + 1):
            assert both(name, (encode(a) * 3)[:size]) is INVALID


@pytest.mark.parametrize("count", [1, 2, 15, 16, 40, 230])
def test_sums_of_many_products_on_bls(count: int, dice: random.Random) -> None:
    for name, group, encode in (("BLS12_G1MSM", bls.G1, bls_g1), ("BLS12_G2MSM", bls.G2, bls_g2)):
        logarithms = [dice.getrandbits(250) for _ in range(3)] + [0]
        points = [encode(bls.multiply(group, k)) for k in logarithms]
        scalars = [dice.choice([dice.getrandbits(256), 0, 1, 2**256 - 1, bls.curve_order]) for _ in range(count)]
        data = b"".join(points[i % 4] + word(scalar) for i, scalar in enumerate(scalars))
        total = sum(logarithms[i % 4] * scalar for i, scalar in enumerate(scalars)) % bls.curve_order
        assert FUNCTIONS[name](data) == encode(bls.multiply(group, total))
        assert FUNCTIONS[name](data[:-1]) is INVALID
        assert FUNCTIONS[name](b"") is INVALID
        spoilt = data[:-33] + bytes([data[-33] ^ 1]) + data[-32:]
        assert FUNCTIONS[name](spoilt) is INVALID


def test_sums_over_more_than_one_block() -> None:
    count = 1_100  # the runtime takes 1,024 at once
    data = b"".join(bls_g1(bls.G1) + word(i) for i in range(count))
    assert FUNCTIONS["BLS12_G1MSM"](data) == bls_g1(bls.multiply(bls.G1, count * (count - 1) // 2))


def test_bls_products_as_python_has_them(dice: random.Random) -> None:
    scalar = word(dice.getrandbits(256))
    assert both("BLS12_G1MSM", bls_g1(bls.G1) + scalar) is not INVALID
    assert both("BLS12_G2MSM", bls_g2(bls.G2) + scalar) is not INVALID


@pytest.mark.parametrize("spoil", ["padding", "beyond the field", "off the curve"])
def test_invalid_bls_points_are_refused(spoil: str) -> None:
    for name, point in (("BLS12_G1ADD", bls_g1(bls.G1)), ("BLS12_G2ADD", bls_g2(bls.G2))):
        for at in range(0, len(point), 64):
            piece = {
                "padding": b"\x00" * 15 + b"\x01" + point[at + 16 : at + 64],
                "beyond the field": wide(bls.field_modulus + 1),
                "off the curve": wide(12345),
            }[spoil]
            spoilt = point[:at] + piece + point[at + 64 :]
            assert both(name, spoilt + point) is INVALID
            assert both(name, point + spoilt) is INVALID


def test_bls_pairings_are_bilinear(dice: random.Random) -> None:
    for count in (1, 4, 9):
        pairs, sum_ = [], 0
        for _ in range(count):
            a, b = dice.getrandbits(250), dice.getrandbits(250)
            pairs.append(bls_g1(bls.multiply(bls.G1, a)) + bls_g2(bls.multiply(bls.G2, b)))
            sum_ += a * b
        last = bls_g1(bls.multiply(bls.G1, -sum_ % bls.curve_order)) + bls_g2(bls.G2)
        infinite = bls_g1(bls.G1) + bytes(256)
        assert FUNCTIONS["BLS12_PAIRING_CHECK"](b"".join([*pairs, infinite, last])) == TRUE
        assert FUNCTIONS["BLS12_PAIRING_CHECK"](b"".join([*pairs, infinite])) == FALSE
    assert FUNCTIONS["BLS12_PAIRING_CHECK"](b"") is INVALID
    assert FUNCTIONS["BLS12_PAIRING_CHECK"](pairs[0][:-1]) is INVALID


def test_a_bls_pairing_as_python_has_it() -> None:
    both("BLS12_PAIRING_CHECK", bls_g1(bls.G1) + bls_g2(bls.G2))


def test_maps_to_the_curve(dice: random.Random) -> None:
    p = bls.field_modulus
    for u in (0, 1, p - 1, dice.randrange(p), dice.randrange(p)):
        assert both("BLS12_MAP_FP_TO_G1", wide(u)) is not INVALID
        for v in (0, dice.randrange(p)):
            assert both("BLS12_MAP_FP2_TO_G2", wide(u) + wide(v)) is not INVALID
    # where the map's denominator is zero: Z u² = -1
    root = pow(-pow(11, -1, p) % p, (p + 1) // 4, p)
    if root * root * 11 % p == p - 1:
        assert both("BLS12_MAP_FP_TO_G1", wide(root)) is not INVALID
    for bad in (wide(p), wide(p + 5), b"\x01" + wide(1)[1:], wide(1)[:-1], wide(1) + b"\0", b""):
        assert both("BLS12_MAP_FP_TO_G1", bad) is INVALID
        assert both("BLS12_MAP_FP2_TO_G2", wide(1) + bad) is INVALID or bad == b""
    assert both("BLS12_MAP_FP2_TO_G2", wide(1)) is INVALID


# MODEXP (EIP-198)


def modexp_input(base: int, exponent: int, modulus: int, sizes: tuple[int, int, int]) -> bytes:
    operands = zip((base, exponent, modulus), sizes, strict=True)
    return b"".join(map(word, sizes)) + b"".join(number.to_bytes(size, "big") for number, size in operands)


SIZES = (0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 63, 64, 65, 100, 200)


def test_modexp_of_any_numbers(dice: random.Random) -> None:
    def number(size: int) -> int:
        """Random, or of the kinds that arithmetic by words gets wrong: full, sparse, short, runs of ones."""
        bits = 8 * size
        if not bits:
            return 0
        full = (1 << bits) - 1
        return dice.choice(
            (
                dice.getrandbits(bits),
                dice.getrandbits(bits) >> dice.randrange(bits),
                full,
                full ^ ((1 << dice.randrange(bits)) - 1),
                (1 << dice.randrange(bits)),
                (1 << dice.randrange(bits)) - 1,
                full - dice.randrange(min(full, 1000)),
                0,
                1,
            )
        )

    for _ in range(1_500):
        sizes = (dice.choice(SIZES), dice.choice(SIZES), dice.choice(SIZES))
        both("MODEXP", modexp_input(number(sizes[0]), number(sizes[1]), number(sizes[2]), sizes))


def test_modexp_of_inputs_that_end_early(dice: random.Random) -> None:
    data = modexp_input(2**300 + 7, 2**200 + 3, 2**320 - 9, (40, 30, 50))
    for size in (*range(0, 100, 7), *range(96, len(data) + 40, 5)):
        both("MODEXP", (data + b"\xff" * 40)[:size])


def test_modexp_of_long_numbers(dice: random.Random) -> None:
    for sizes in ((256, 256, 256), (1000, 3, 300), (30, 40, 1024), (3000, 1, 24), (20_000, 1, 20_000)):
        numbers = [dice.getrandbits(8 * size) for size in sizes]
        both("MODEXP", modexp_input(numbers[0], numbers[1], numbers[2], sizes))
        both(
            "MODEXP",
            modexp_input(numbers[0], numbers[1], numbers[2] << 8 * sizes[2] // 2 & (1 << 8 * sizes[2]) - 1, sizes),
        )


def test_an_exponent_of_a_million_bits() -> None:
    sizes = (32, 125_000, 32)
    data = modexp_input(3, (1 << 1_000_000) - 1, 2**255 - 19, sizes)
    assert FUNCTIONS["MODEXP"](data) == word(pow(3, (1 << 1_000_000) - 1, 2**255 - 19))


# BLAKE2F (EIP-152)


def test_blake2f_reproduces_blake2b(dice: random.Random) -> None:
    """A hash of one block, by its definition (RFC 7693), for every length of the last block."""
    start = [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ]  # fmt: skip
    start[0] ^= 0x01010040
    state = b"".join(v.to_bytes(8, "little") for v in start)
    for size in (0, 1, 63, 127, 128):
        message = dice.randbytes(size)
        data = (12).to_bytes(4, "big") + state + message.ljust(128, b"\0") + size.to_bytes(16, "little") + b"\x01"
        assert FUNCTIONS["BLAKE2F"](data) == hashlib.blake2b(message).digest()


def test_blake2f_of_any_rounds(dice: random.Random) -> None:
    for rounds in (0, 1, 2, 9, 10, 11, 12, 20, 21, 300):
        data = rounds.to_bytes(4, "big") + dice.randbytes(208) + bytes([rounds % 2])
        assert both("BLAKE2F", data) is not INVALID
    for bad in (data[:-1], data + b"\0", data[:-1] + b"\x02", data[:-1] + b"\xff", b""):
        assert both("BLAKE2F", bad) is INVALID


def test_blake2f_of_more_rounds_than_a_step_has(dice: random.Random) -> None:
    assert both("BLAKE2F", (200_003).to_bytes(4, "big") + dice.randbytes(208) + b"\x00") is not INVALID


# P256VERIFY (EIP-7951)


def test_p256verify_decides_as_python_does(dice: random.Random) -> None:
    from megadev.evm.engines.precompiles.p256 import G, N, P, _add, _double

    good = HASH + word(R) + word(S) + word(X) + word(Y)
    assert both("P256VERIFY", good) == TRUE
    for at in range(0, 160, 32):
        for value in (0, 1, N - 1, N, P - 1, P, 2**256 - 1, dice.getrandbits(256)):
            both("P256VERIFY", good[:at] + word(value) + good[at + 32 :])
    for size in (0, 159, 161, 320):
        assert both("P256VERIFY", (good * 2)[:size]) == b""
    # signatures under random keys, and the key that is the base point, where both halves of the sum meet
    for secret in (1, 2, N - 1, *(dice.randrange(N) for _ in range(5))):

        def times(k: int) -> tuple[int, int]:
            total, point = (1, 1, 0), (*G, 1)
            while k:
                total, point, k = _add(total, point) if k & 1 else total, _double(point), k >> 1
            inverse = pow(total[2], -1, P)
            return total[0] * inverse**2 % P, total[1] * inverse**3 % P

        digest, nonce = dice.getrandbits(256), dice.randrange(1, N)
        r = times(nonce)[0] % N
        s = (digest + r * secret) * pow(nonce, -1, N) % N
        x, y = times(secret)
        assert both("P256VERIFY", word(digest) + word(r) + word(s) + word(x) + word(y)) == TRUE
        assert both("P256VERIFY", word(digest) + word(r) + word(N - s) + word(x) + word(y)) == TRUE
        assert both("P256VERIFY", word(digest ^ 1) + word(r) + word(s) + word(x) + word(y)) == b""
        # u1 G + u2 Q at infinity
        assert both("P256VERIFY", word(-r * secret % N) + word(r) + word(s) + word(x) + word(y)) == b""


# How it runs


@pytest.fixture
def without_wasmtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    native.runtime.cache_clear()
    yield
    native.runtime.cache_clear()


def test_without_wasmtime_python_computes_with_one_notice(
    without_wasmtime: None, caplog: pytest.LogCaptureFixture
) -> None:
    point = bn_g1(bn.G1)
    for _ in range(2):
        assert FUNCTIONS["BN254_MUL"](point + word(3)) == bn_g1(bn.multiply(bn.G1, 3))
        assert FUNCTIONS["MODEXP"](modexp_input(3, 4, 7, (1, 1, 1))) == b"\x04"
        assert FUNCTIONS["P256VERIFY"](HASH + word(R) + word(S) + word(X) + word(Y)) == TRUE
    said = [record.getMessage() for record in caplog.records if record.name == "megadev.evm"]
    assert len(said) == 1 and "wasmtime cannot be used" in said[0]


def test_importing_the_precompiles_imports_no_wasmtime() -> None:
    """A node that calls none of them starts as before."""
    code = "import sys, megadev.evm.engines.python; sys.exit('wasmtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_process_ends_without_output() -> None:
    code = "from megadev.evm.engines.precompiles import functions as f; f(None)['BN254_MUL'](bytes(96))"
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


class _Stop(BaseException):
    pass


LONG: list[tuple[str, Callable[[], bytes]]] = [
    ("BLAKE2F", lambda: b"\xff" * 4 + bytes(208) + b"\x01"),
    ("MODEXP", lambda: modexp_input(3, (1 << 1_600_000) - 1, (1 << 2048) - 1, (256, 200_000, 256))),
    ("MODEXP", lambda: modexp_input(2**500_000 - 1, (1 << 800) - 1, (1 << 800_000) - 1, (100_000, 100, 100_000))),
    ("BN254_PAIRING", lambda: (bn_g1(bn.G1) + bn_g2(bn.G2)) * 20_000),
    ("BLS12_PAIRING_CHECK", lambda: (bls_g1(bls.G1) + bls_g2(bls.G2)) * 20_000),
    ("BLS12_G1MSM", lambda: (bls_g1(bls.G1) + word(2**256 - 1)) * 100_000),
]


@pytest.mark.parametrize(("name", "data"), LONG, ids=[f"{i}-{name}" for i, (name, _) in enumerate(LONG)])
def test_a_long_run_lets_others_run_and_can_be_broken_off(name: str, data: Callable[[], bytes]) -> None:
    """Each of these takes from seconds to minutes. An exception thrown into its thread ends it after the step at hand."""
    ended: list[str] = []
    began = threading.Event()
    call = data()

    def run() -> None:
        began.set()
        try:
            FUNCTIONS[name](call)
            ended.append("it came to its end")
        except _Stop:
            ended.append("stopped")

    FUNCTIONS[name](b"")  # the module is compiled
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    began.wait()
    beats = 0
    until = time.monotonic() + 0.1
    while time.monotonic() < until:
        time.sleep(0.001)
        beats += 1
    assert beats > 3, "another thread could not run meanwhile"
    assert thread.ident is not None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(_Stop))
    thread.join(timeout=20)
    assert ended == ["stopped"]
    assert FUNCTIONS["BN254_MUL"](bn_g1(bn.G1) + word(1)) == bn_g1(bn.G1), "the runtime goes on"


def test_threads_compute_side_by_side() -> None:
    results: list[Answer] = []

    def run(scalar: int) -> None:
        for _ in range(20):
            results.append(FUNCTIONS["BN254_MUL"](bn_g1(bn.G1) + word(scalar)))

    threads = [threading.Thread(target=run, args=(k,)) for k in (5, 6, 7, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {bn_g1(bn.multiply(bn.G1, k)) for k in (5, 6, 7, 8)}
    assert len(results) == 80 and set(results) == expected


def test_the_committed_module_matches_its_sources() -> None:
    clang, linker = shutil.which("clang"), shutil.which("wasm-ld")
    if clang is None or linker is None:
        pytest.skip("clang and wasm-ld are not here")
    for tool in (clang, linker):
        version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        if build.MADE_BY not in version:
            pytest.skip(f"made by version {build.MADE_BY}; here is {version.splitlines()[0]}")
    assert build.build(clang, linker) == build.MODULE.read_bytes()
