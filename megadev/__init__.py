"""megadev: a local MegaETH-like devnet in one Python process.

    from megadev import Devnet

    with Devnet() as net:
        net.w3.eth.block_number

The house, from the ground up (a module imports only from what stands below it, or its own package):

    0  errors · clock · primitives     what could go wrong; time; bytes, hashes, keys
    1  chain                           transactions, blocks, receipts, what makes one chain differ from another
    2  state · config · events         accounts and roots; settings; facts that are reported
    3  evm                             the seam to an EVM and what sits around it
    4  sequencer                       the single writer: txpool, block builder, sealing
    5  rollup                          the L1 side, as it arrives
    6  node                            chains wired up, with keys, clock and snapshots
    7  inspect                         what looks at a chain and changes nothing: replays, simulations, stack traces
    8  rpc · reload                    JSON-RPC, independent of any transport; hot reload
    9  testing · server                pytest; HTTP, WebSocket, IPC
    10 devnet                          Devnet: a node as one Python object
    11 cli                             the ``megadev`` command
    12 bench · testing.plugin          measuring a node; pytest's fixtures

Why the public names load lazily: ``import megadev`` also happens in every pytest run and for ``megadev --help``, where
nobody wants to wait for an EVM.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from megadev.config.settings import DevnetConfig
    from megadev.devnet import Devnet
    from megadev.errors import ConfigError, InvalidParams, InvalidTransaction, MegadevError, NotFound

__version__ = "0.1.0"

__all__ = [
    "Devnet",
    "DevnetConfig",
    "MegadevError",
    "ConfigError",
    "InvalidParams",
    "InvalidTransaction",
    "NotFound",
    "__version__",
]

_HOMES = {
    "Devnet": "megadev.devnet",
    "DevnetConfig": "megadev.config.settings",
    "MegadevError": "megadev.errors",
    "ConfigError": "megadev.errors",
    "InvalidParams": "megadev.errors",
    "InvalidTransaction": "megadev.errors",
    "NotFound": "megadev.errors",
}
"""Where each public name is defined."""


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'megadev' has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
