"""ECDSA verification over secp256r1 (EIP-7951), in Jacobian coordinates.

Why not a library: the one with wheels everywhere (``cryptography``) costs more to import than a node's whole start, and
this check is forty lines that a test holds against it.
"""

from __future__ import annotations

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_Point = tuple[int, int, int]
_INFINITY: _Point = (1, 1, 0)


def _double(point: _Point) -> _Point:
    x, y, z = point
    if not y or not z:
        return _INFINITY
    yy = y * y % P
    zz = z * z % P
    beta = 4 * x * yy % P
    alpha = 3 * (x - zz) * (x + zz) % P
    x3 = (alpha * alpha - 2 * beta) % P
    return x3, (alpha * (beta - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _add(first: _Point, second: _Point) -> _Point:
    x1, y1, z1 = first
    x2, y2, z2 = second
    if not z1:
        return second
    if not z2:
        return first
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * z2 * zz2 % P, y2 * z1 * zz1 % P
    if u1 == u2:
        return _double(first) if s1 == s2 else _INFINITY
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh = h * hh % P
    v = u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P


def verify(message_hash: bytes, r: int, s: int, x: int, y: int) -> bool:
    """True if (r, s) signs the 32-byte hash under the public key (x, y). Out-of-range or off-curve inputs are False."""
    if not (0 < r < N and 0 < s < N and 0 <= x < P and 0 <= y < P):
        return False
    if (y * y - (x * x * x - 3 * x + B)) % P:
        return False  # also (0, 0), the encoding of infinity
    inverse = pow(s, -1, N)
    u1 = int.from_bytes(message_hash, "big") * inverse % N
    u2 = r * inverse % N
    base: _Point = (*G, 1)
    key: _Point = (x, y, 1)
    both = _add(base, key)
    total = _INFINITY
    for bit in range(max(u1.bit_length(), u2.bit_length()) - 1, -1, -1):  # Shamir's trick: one ladder for both
        total = _double(total)
        choice = (u1 >> bit & 1) | (u2 >> bit & 1) << 1
        if choice:
            total = _add(total, (base, key, both)[choice - 1])
    if not total[2]:
        return False
    z_inverse = pow(total[2], -1, P)
    return total[0] * z_inverse * z_inverse % P % N == r
