"""Bodies that are nested deeper than a thread's stack: answered, not died of."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from megadev.rpc import envelope

_HEAD = b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":'


@pytest.mark.parametrize(
    "body",
    [
        _HEAD + b"[" * 100_000,
        _HEAD + b"[" * 100_000 + b"]" * 100_000 + b"}",
        _HEAD + b'["]",' * 100_000,  # a closing bracket in a string closes nothing
        _HEAD + b'{"a":' * 100_000,
        _HEAD + b'["\\"]",' * 100_000,
    ],
)
def test_deep_nesting_is_a_parse_error_whatever_the_recursion_limit(body: bytes) -> None:
    script = (
        "import sys; from megadev.rpc.envelope import *\n"
        "sys.setrecursionlimit(1_000_000)\n"
        "body = sys.stdin.buffer.read()\n"
        "for decode, given in ((decode_request, body), (decode_members, b'[' + body)):\n"
        "    try: decode(given)\n"
        "    except Malformed as malformed: print(malformed.failure.code, malformed.failure.message)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=body, capture_output=True, timeout=60, check=True)
    assert done.stdout.decode().splitlines() == ["-32700 parse error: nested too deeply"] * 2


def test_many_brackets_are_no_depth() -> None:
    params = [{"a": [[["[" * 600]]]}] * 5_000
    body = _HEAD + json.dumps(params).encode() + b"}"
    assert envelope.decode_request(body).params == params
    assert len(envelope.decode_members(b"[" + b",".join([body] * 3) + b"]")) == 3
