"""Rebuilds the examples' artifacts, as ``megadev/chain/contracts/build.py`` does the genesis contracts':
``python examples/build.py [SOLC] [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from megadev.chain.contracts.build import run

HERE = Path(__file__).parent
EVM_VERSION = "prague"

if __name__ == "__main__":
    folders = sorted({source.parent for source in HERE.glob("*/*.sol")})
    sys.exit(max(run(folder, EVM_VERSION, sys.argv[1:]) or 0 for folder in folders))
