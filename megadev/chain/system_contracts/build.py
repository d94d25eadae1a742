"""Rebuilds the system contracts' artifacts, as ``megadev/chain/contracts/build.py`` does the genesis contracts':
``python megadev/chain/system_contracts/build.py [SOLC] [--check]``."""

from __future__ import annotations

import sys
from pathlib import Path

from megadev.chain.contracts.build import run

HERE = Path(__file__).parent
EVM_VERSION = "prague"
"""The rules that MegaETH's specs stand on."""

if __name__ == "__main__":
    sys.exit(run(HERE, EVM_VERSION, sys.argv[1:]))
