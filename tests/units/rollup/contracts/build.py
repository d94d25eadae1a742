"""Rebuilds these contracts' artifacts, as ``megadev/chain/contracts/build.py`` does the genesis contracts':
``python tests/units/rollup/contracts/build.py [SOLC] [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from megadev.chain.contracts.build import run

HERE = Path(__file__).parent
EVM_VERSION = "prague"
"""The oldest rules megadev runs; the contracts may use what they have."""

if __name__ == "__main__":
    sys.exit(run(HERE, EVM_VERSION, sys.argv[1:]))
