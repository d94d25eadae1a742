"""npm's ``forge`` exits with 0 whatever happens: a failed build must not pass for the one before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from megadev.reload.compiler import CompileFailed, Forge

FAILED = """Error: Compiler run failed:
Error (2314): Expected ';' but got '}'
 --> src/A.sol:1:45:
"""


def forge(folder: Path, script: str) -> Forge:
    program = folder / "forge"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    (folder / "src").mkdir()
    (folder / "src" / "A.sol").write_text("contract A {}")
    return Forge(folder, (folder / "src",), str(program), without_vyper=True)


def test_a_build_that_reports_failure_fails(tmp_path: Path) -> None:
    failing = forge(tmp_path, f"cat >&2 <<'END'\n{FAILED}END")
    with pytest.raises(CompileFailed, match=r"src/A\.sol:1:45: Expected ';' but got '}'"):
        failing.compile(None)


def test_a_build_without_new_output_fails(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "megadev" / "cache"
    cache.mkdir(parents=True)
    (cache / "solidity-files-cache.json").write_text("{}")
    with pytest.raises(CompileFailed, match="built nothing"):
        forge(tmp_path, "exit 0").compile(None)


def test_a_build_that_writes_is_read(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "megadev" / "cache"
    writing = forge(tmp_path, f"mkdir -p {cache}; echo '{{\"files\":{{}}}}' > {cache}/solidity-files-cache.json")
    assert writing.compile(None).contracts == {}
