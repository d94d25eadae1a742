"""P256VERIFY and MODEXP against published numbers, and what depends on the hardfork."""

from __future__ import annotations

import pytest

from megadev.chain.spec import Hardfork
from megadev.evm.engines.precompiles import functions
from megadev.evm.engines.precompiles.p256 import N, P, verify
from megadev.evm.rules import EVM_RULES
from tests.stage.signed import HASH, R, S, X, Y, word

p256verify = functions(None)["P256VERIFY"]


def test_the_signature_of_rfc_6979_verifies() -> None:
    """RFC 6979, A.2.5: P-256, SHA-256, message "sample"."""
    assert verify(HASH, R, S, X, Y)
    assert p256verify(HASH + word(R) + word(S) + word(X) + word(Y)) == word(1)
    assert verify(HASH, R, N - S, X, Y), "EIP-7951 does not ask for the low s"


@pytest.mark.parametrize(
    ("r", "s", "x", "y"),
    [
        (0, S, X, Y),
        (R, 0, X, Y),
        (N, S, X, Y),
        (R, N, X, Y),
        (R, S, 0, 0),
        (R, S, X, Y + 1),
        (R, S, P, Y),
        (S, R, X, Y),
    ],
)
def test_invalid_signatures_are_rejected(r: int, s: int, x: int, y: int) -> None:
    assert p256verify(HASH + word(r) + word(s) + word(x) + word(y)) == b""


def test_modexp_is_bounded_from_osaka_on() -> None:
    """EIP-7823."""
    data = word(1) + word(1) + word(1025) + b"\x02\x03" + word(7).rjust(1025, b"\0")
    assert functions(None)["MODEXP"](data) == word(1).rjust(1025, b"\0")
    assert functions(EVM_RULES[Hardfork.OSAKA].modexp_limit)["MODEXP"](data) is None


def test_modexp_prices_of_both_hardforks() -> None:
    """EIP-2565 and EIP-7883, for sizes below and above their thresholds."""
    five = word(5)[12:]
    prague, osaka = (EVM_RULES[fork].precompiles[five].gas for fork in (Hardfork.PRAGUE, Hardfork.OSAKA))
    small = word(1) + word(1) + word(1) + b"\x02\x03\x05"
    large = word(64) + word(64) + word(64) + b"\xff" * 192
    assert (prague(small), osaka(small)) == (200, 500)
    assert prague(large) == 64 * (8 * 32 + 255) // 3
    assert osaka(large) == 2 * 64 * (16 * 32 + 255)
