"""Errors of MegaETH's protocol in words, and what only looks like one."""

from __future__ import annotations

import pytest

from megadev.artifacts.protocol_errors import ACCESS_DISABLED, LIMIT_EXCEEDED, protocol_error


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (LIMIT_EXCEEDED + _word(0) + _word(13), "MegaLimitExceeded(kind: data size, limit: 13)"),
        (LIMIT_EXCEEDED + _word(2) + _word(7), "MegaLimitExceeded(kind: compute gas, limit: 7)"),
        (ACCESS_DISABLED + _word(1), "VolatileDataAccessDisabled(TIMESTAMP)"),
        (ACCESS_DISABLED + _word(11), "VolatileDataAccessDisabled(the oracle's storage)"),
        (bytes.fromhex("d089bae0"), "DisabledByParent()"),
        (LIMIT_EXCEEDED + _word(4) + _word(7), None),
        (LIMIT_EXCEEDED + _word(0), None),
        (ACCESS_DISABLED + _word(12), None),
        (b"\1\2\3\4", None),
        (b"", None),
    ],
)
def test_protocol_errors(data: bytes, said: str | None) -> None:
    assert protocol_error(data) == said
