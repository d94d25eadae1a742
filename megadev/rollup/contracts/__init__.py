"""The contracts of the bridge, on L1 and on L2: our Solidity, its committed artifacts, and the loader.

Start reading at ``OptimismPortal2.sol`` (deposits and withdrawals) and ``CrossDomainMessenger.sol``;
``Interfaces.sol`` holds what they share. ``build.py`` turns the sources into the JSON files, byte for byte, with the
compiler that ``megadev/chain/contracts`` pins. May import ``chain``.

Why the contracts are ours: no published set speaks to today's clients and behaves as MegaETH's does, and a devnet needs
windows it can shorten. What clients rely on is kept: selectors, events, errors, encodings, and the storage slots that
are known outside. Why none of them is a proxy or has an initializer: genesis writes their variables
(``megadev/rollup/predeploys.py``), so a chain starts without executing anything, and any address will do for each.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from megadev.chain.contracts import Artifact, decode_artifact


@cache
def load(name: str) -> Artifact:
    """The bridge contract ``name`` ('OptimismPortal2', 'L1Block', …), read on first use.

    Raises ``FileNotFoundError`` for any other name.
    """
    return decode_artifact((files(__name__) / f"{name}.json").read_bytes())
