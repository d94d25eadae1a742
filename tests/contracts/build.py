"""Rebuilds the test contracts' artifacts: ``python tests/contracts/build.py [SOLC] [--check]``, as the genesis contracts'
script does (``megadev/chain/contracts/build.py``), for newer rules: they may use what Prague has."""

from __future__ import annotations

import sys
from pathlib import Path

from megadev.chain.contracts.build import run

HERE = Path(__file__).parent
EVM_VERSION = "prague"

if __name__ == "__main__":
    sys.exit(run(HERE, EVM_VERSION, sys.argv[1:]))
