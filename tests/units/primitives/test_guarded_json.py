"""Large documents that others wrote, decoded and looked through piece by piece: as if it were done at once."""

from __future__ import annotations

import json
import random
import re

import msgspec
import pytest

from megadev.primitives import guarded_json
from megadev.primitives.guarded_json import check_nesting, decode_large, let_go

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
def test_brackets_are_found_wherever_a_piece_ends(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_json, "LARGE", size)
    drawn = random.Random(size)
    for _ in range(1_000):
        text = bytes(drawn.choice(b'[]{}"\\\\ax\0"') for _ in range(drawn.randrange(40)))
        outside = _STRING.sub(b"", text).partition(b'"')[0]
        found = b"".join(guarded_json._brackets(text))
        assert found == bytes(each for each in outside if each in b"[]{}"), text


def test_a_large_document_is_decoded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_json, "LARGE", 100)
    document = {
        "blocks": [{"a": 'x"y\\', "n": number, "l": [1, [2, {"z": None}]]} for number in range(300)],
        "é": {"k": ["v" * 3_000, 1.5, True, "[" * 600]},
        "": {},
    }
    text = json.dumps(document).encode()
    assert decode_large(b" \n" + text + b" ") == document
    for broken in (b"", b"{", text[:-5], text + b"x", b'{"a":"\xff' + b"x" * 200 + b'"}', b"[" * 700 + b"]" * 700):
        with pytest.raises(msgspec.DecodeError):
            decode_large(broken)
    let_go(document)
    assert document == {}


def test_looking_for_nesting_takes_time_in_proportion_to_the_text() -> None:
    check_nesting(b"[]" * 600 + b'"' + b'\\"' * 1_000_000)
