"""Bytes become hex in one module; where they are written inline, that has a reason."""

from __future__ import annotations

import re

from tests.house.source import modules

INLINE = {
    "primitives.hexcodec": "the module itself",
    "errors": "which imports nothing of ours",
    "chain.documents": "the hottest lines of a busy node: see its docstring",
    "rpc.formatters": "likewise",
}


def test_hex_is_written_by_one_module() -> None:
    pattern = re.compile(r'"0x" ?\+ ?[^"]*\.hex\(\)|0x\{[^{}]*\.hex\(\)\}')
    found = {module.name for module in modules() if pattern.search(module.path.read_text(encoding="utf-8"))}
    assert found == INLINE.keys(), found ^ INLINE.keys()
