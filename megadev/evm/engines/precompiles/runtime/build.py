"""Make ``precompiles.wasm`` from the C sources beside it: ``python -m megadev.evm.engines.precompiles.runtime.build``.

Needs clang and wasm-ld, which users do not: the module is part of the package. Constants of the curves are worked out
here from their definitions; the isogenies' coefficients are RFC 9380's (appendices E.2 and E.3), as py_ecc has them.
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
MODULE = HERE / "precompiles.wasm"
MADE_BY = "14.0.6"
"""The version of clang and wasm-ld that made the committed module: another one's differs in bytes."""
SOURCES = ("bn254.c", "bls12_381.c", "p256.c", "blake2f.c", "modexp.c", "memory.c")
_FLAGS = (
    "--target=wasm32-unknown-unknown -O2 -mbulk-memory -mnontrapping-fptoint -msign-ext -ffreestanding -nostdlib "
    "-Wall -Werror -Wno-unused-function"
)
_LINK = "--no-entry --strip-all --stack-first -z stack-size=262144"

_WIDE = {b"mulwide!": b"\xfc\x16", b"addwide!": b"\xfc\x13", b"subwide!": b"\xfc\x14"}
"""WebAssembly's wide arithmetic: ``i64.mul_wide_u``, ``i64.add128``, ``i64.sub128``, by what marks their places."""

BN254 = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
BLS12_381 = int("1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab", 16)
BLS12_381_PARAMETER = -0xD201000000010000
P256 = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_P256_BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

_Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Field:
    """Fp and Fp2 = Fp[u] / (u² + 1) in numbers, and their elements in C."""

    prefix: str
    p: int
    limbs: int

    def _limbs(self, value: int) -> str:
        words = ", ".join(f"0x{value >> 64 * i & (1 << 64) - 1:x}" for i in range(self.limbs))
        return f"{{{{{words}}}}}"

    def element(self, value: int) -> str:
        return self._limbs((value % self.p << 64 * self.limbs) % self.p)

    def pair(self, value: _Pair) -> str:
        return f"{{{self.element(value[0])}, {self.element(value[1])}}}"

    def raw(self, name: str, value: int) -> str:
        return f"static const {self.prefix}fp {self.prefix}{name} = {self._limbs(value)};"

    def constant(self, name: str, value: int | _Pair) -> str:
        if isinstance(value, tuple):
            return f"#define {self.prefix}{name} (*(const {self.prefix}fp2 *)&{self.prefix}{name}_)\n" + (
                f"static const {self.prefix}fp {self.prefix}{name}_[2] = {self.pair(value)};"
            )
        return f"static const {self.prefix}fp {self.prefix}{name} = {self.element(value)};"

    def table(self, name: str, values: list[int] | list[_Pair]) -> str:
        """An array of elements, or of pairs of elements, which is read as an array of Fp2."""
        if isinstance(values[0], tuple):
            items = ", ".join(self.pair(value) for value in values if isinstance(value, tuple))
            return (
                f"static const {self.prefix}fp {self.prefix}{name}_[{len(values)}][2] = {{{items}}};\n"
                f"#define {self.prefix}{name} (*(const {self.prefix}fp2 (*)[{len(values)}])&{self.prefix}{name}_)"
            )
        items = ", ".join(self.element(value) for value in values if isinstance(value, int))
        return f"static const {self.prefix}fp {self.prefix}{name}[{len(values)}] = {{{items}}};"

    def basics(self) -> list[str]:
        return [
            f"typedef struct {{ u64 limb[{self.limbs}]; }} {self.prefix}fp;",
            self.raw("P", self.p),
            f"static const u64 {self.prefix}INVERSE = {-pow(self.p, -1, 1 << 64) % (1 << 64)}ull;",
            self.constant("fp_ONE", 1),
            self.raw("SQUARE", (1 << 128 * self.limbs) % self.p),
            self.raw("MINUS_TWO", self.p - 2),
        ]

    def mul(self, a: _Pair, b: _Pair) -> _Pair:
        return (a[0] * b[0] - a[1] * b[1]) % self.p, (a[0] * b[1] + a[1] * b[0]) % self.p

    def power(self, a: _Pair, exponent: int) -> _Pair:
        result = (1, 0)
        for bit in bin(exponent)[2:]:
            result = self.mul(result, result)
            if bit == "1":
                result = self.mul(result, a)
        return result

    def inverse(self, a: _Pair) -> _Pair:
        norm = pow(a[0] * a[0] + a[1] * a[1], -1, self.p)
        return a[0] * norm % self.p, -a[1] * norm % self.p

    def tower(self, xi: _Pair, b: int, twist_b: _Pair) -> list[str]:
        return [
            self.constant("fp2_ONE", (1, 0)),
            self.constant("HALF", pow(2, -1, self.p)),
            self.constant("B", b),
            self.constant("TWIST_B", twist_b),
            self.table("FROBENIUS", [self.power(xi, i * (self.p - 1) // 6) for i in range(1, 6)]),
        ]


def _bn254() -> list[str]:
    field, xi = _Field("bn254_", BN254, 4), (9, 1)
    return field.basics() + field.tower(xi, 3, field.mul((3, 0), field.inverse(xi)))


def _cube_root(field: _Field) -> int:
    """BETA with (BETA x, y) = -[x²](x, y) for points of order r, x² being the parameter's square. Of the two primitive
    cube roots of one, one acts as -x², the other as x² - 1; the generator tells which."""
    curve: Any = import_module("py_ecc.optimized_bls12_381")
    root = next(r for g in range(2, 100) if (r := pow(g, (field.p - 1) // 3, field.p)) != 1)
    wanted = curve.neg(curve.multiply(curve.G1, BLS12_381_PARAMETER**2))
    x, y, z = curve.G1
    return next(beta for beta in (root, root * root % field.p) if curve.eq((x * curve.FQ(beta), y, z), wanted))


def _bls12_381() -> list[str]:
    rfc: Any = import_module("py_ecc.optimized_bls12_381.constants")
    field, xi = _Field("bls_", BLS12_381, 6), (1, 1)
    lines = field.basics() + field.tower(xi, 4, (4, 4))
    lines += [
        field.raw("SQRT_EXPONENT", (field.p + 1) // 4),
        field.constant("BETA", _cube_root(field)),
        field.constant("PSI_X", field.inverse(field.power(xi, (field.p - 1) // 3))),
        field.constant("PSI_Y", field.inverse(field.power(xi, (field.p - 1) // 2))),
    ]
    names = ("X_NUMERATOR", "X_DENOMINATOR", "Y_NUMERATOR", "Y_DENOMINATOR")
    for name in ("A", "B", "Z"):
        lines.append(field.constant(f"G1_{name}", int(getattr(rfc, f"ISO_11_{name}"))))
        a, b = getattr(rfc, f"ISO_3_{name}").coeffs
        lines.append(field.constant(f"G2_{name}", (int(a), int(b))))
    for name, row in zip(names, rfc.ISO_11_MAP_COEFFICIENTS, strict=True):
        lines.append(field.table(f"G1_{name}", [int(value) for value in row]))
    for name, row in zip(names, rfc.ISO_3_MAP_COEFFICIENTS, strict=True):
        lines.append(field.table(f"G2_{name}", [(int(value.coeffs[0]), int(value.coeffs[1])) for value in row]))
    return lines


def _p256() -> list[str]:
    field = _Field("p256_", P256, 4)
    x, y = (field.element(value) for value in _P256_BASE)
    base = f"{x}, {y}, {field.element(1)}"
    return [
        *field.basics(),
        field.constant("B", _P256_B),
        field.constant("THREE", 3),
        f"static const p256_fp p256_BASE_[3] = {{{base}}};",
        "#define p256_BASE (*(const p256_point *)&p256_BASE_)",
    ]


def _signed_leb(value: int) -> bytes:
    out = bytearray()
    while not -64 <= value < 64:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value & 0x7F])


def _with_wide_arithmetic(module: bytes) -> bytes:
    """The module with each marked place (words.h: ``i64.const MARK; drop; i64.trunc_sat_f64_u``) made an instruction.

    Why so: today's clang cannot emit 64 × 64 → 128 bit products and 128-bit sums, without which a product of field
    elements takes four times as many multiplications.
    """
    for mark, instruction in _WIDE.items():
        placeholder = b"\x42" + _signed_leb(int.from_bytes(mark, "big")) + b"\x1a\xfc\x07"
        if placeholder not in module:
            raise ValueError(f"the sources mark no place {mark!r}")
        module = module.replace(placeholder, b"\x01" * (len(placeholder) - 2) + instruction)  # nops
    return module


def build(clang: str = "clang", linker: str = "wasm-ld") -> bytes:
    """The module.

    Raises subprocess.CalledProcessError where a tool refuses.
    """
    headers = {
        "bn254_constants.h": _bn254(),
        "bls12_381_constants.h": _bls12_381(),
        "p256_constants.h": _p256(),
        "p256_order_constants.h": _Field("p256n_", P256_ORDER, 4).basics(),
    }
    with tempfile.TemporaryDirectory(prefix="megadev-runtime-") as folder:
        work = Path(folder)
        for name, lines in headers.items():
            (work / name).write_text("\n".join(lines) + "\n")
        objects = []
        for source in SOURCES:
            made = work / f"{source}.o"
            include = f"-I{work}"
            subprocess.run([clang, *_FLAGS.split(), include, "-c", source, "-o", str(made)], cwd=HERE, check=True)
            objects.append(str(made))
        linked = work / "linked.wasm"
        subprocess.run([linker, *_LINK.split(), *objects, "-o", str(linked)], check=True)
        module = linked.read_bytes()
    return _with_wide_arithmetic(module)


if __name__ == "__main__":
    MODULE.write_bytes(build())
    print(f"{MODULE.name}: {MODULE.stat().st_size:,} bytes")
