"""forge on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

FORGE_SOLC = os.environ.get("MEGADEV_SOLC", "solc")
"""A Solidity compiler for forge: the program, or npm's ``solc`` package, which node runs."""


def solc_for_forge(folder: Path) -> str:
    """A compiler that forge can run: a program, or a small one that runs npm's."""
    if Path(FORGE_SOLC).is_dir():
        script, node = Path(FORGE_SOLC).resolve() / "solc.js", shutil.which("node")
        if node is None or not script.exists():
            pytest.skip("MEGADEV_SOLC is no npm package of solc, or Node.js is not installed")
        program = folder / "solc"
        # solcjs knows none of the options about paths (forge sends the sources anyway), says a line before its JSON, and
        # ends before a pipe has taken more than 64 KB
        program.write_text(
            f'#!/bin/sh\ncase "$*" in *--standard-json*) what=--standard-json;; *) what=--version;; esac\n'
            f'"{node}" "{script}" $what > "$0.$$" && grep -v "^>>>" "$0.$$"\n'
        )
        program.chmod(0o755)
        return str(program)
    found = shutil.which(FORGE_SOLC)
    if found is None:
        pytest.skip("no Solidity compiler for forge: set MEGADEV_SOLC to solc, or to npm's solc package")
    return found
