"""The flags of ``megadev anvil`` beside the settings: those without an effect, and its names of rules.

The command's options, its help, README and the line that says which flags did nothing all read these tables.

Why they are taken at all: tools that start a program called ``anvil`` give it whatever Anvil knows, and an unknown flag
would end the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from megadev.config.kinds import Boolean, Choice, FilePath, Integer, Kind
from megadev.config.settings import SETTINGS, Setting

ANVIL_VERSION = "1.7.1"
"""The Anvil whose flags, banner and version are given."""
ANVIL_BUILT = "2026-05-08T07:50:55.527285345Z (1778226655)"
"""When that was built: tools ask whether an Anvil is new enough for them."""
ANVIL_IPC_PATH = Path("/tmp/anvil.ipc")
HOST_VARIABLE = "ANVIL_IP_ADDR"
"""Anvil's variable for --host."""
NO_EFFECT = "Without effect"
"""The heading of such flags in help."""


def _idle(name: str, flags: str, kind: Kind, why: str, bare: object = None) -> Setting:
    return Setting(name, kind, None, NO_EFFECT, tuple(flags.split()), why, bare, {}, optional=True)


_COUNT = Integer(0, 2**64 - 1)
IDLE: tuple[Setting, ...] = (
    _idle("steps_tracing", "--steps-tracing --tracing", Boolean(), "Steps are always available to tracers."),
    _idle(
        "print_traces",
        "--print-traces --enable-trace-printing",
        Boolean(),
        "Use megadev trace HASH for one transaction.",
    ),
    _idle("max_persisted_states", "--max-persisted-states", _COUNT, "The same."),
    _idle("transaction_block_keeper", "--transaction-block-keeper", _COUNT, "All blocks are kept."),
    _idle("memory_limit", "--memory-limit", Integer(metavar="BYTES"), "Gas limits memory."),
    _idle("threads", "--threads -j --jobs", _COUNT, "The node decides."),
    _idle("cache_path", "--cache-path", FilePath("DIR"), "State is not cached on disk; see --fork-cache."),
    _idle(
        "network",
        "--network -n",
        Choice(("ethereum", "optimism", "tempo")),
        "--hardfork sets the rules. optimism lets it name those of the OP Stack.",
    ),
    _idle("optimism", "--optimism", Boolean(), "As --network optimism."),
    _idle("celo", "--celo", Boolean(), "Celo is not supported."),
    _idle("tempo", "--tempo", Boolean(), "Tempo is not supported."),
    _idle("json", "--json", Boolean(), "The output is always Anvil's lines; megadev up has such a flag."),
    _idle("md", "--md", Boolean(), "The same."),
    _idle("verbosity", "--verbosity -v", Boolean(), "There is one log level; -q turns it off."),
)
"""Flags of Anvil that are taken and checked, and change nothing; ``help`` says why."""

OP_STACK_FORKS: Mapping[str, str] = {
    "bedrock": "paris",
    "regolith": "paris",
    "canyon": "shanghai",
    "ecotone": "cancun",
    "fjord": "cancun",
    "granite": "cancun",
    "holocene": "cancun",
    "isthmus": "isthmus",
    "jovian": "isthmus",
    "interop": "osaka",
}
"""Which of our rules an OP Stack fork's are, or come closest to."""


def anvil_settings() -> tuple[Setting, ...]:
    """Every setting as ``megadev anvil`` takes it: what an idle flag is called is none of them."""
    idle = {row.name for row in IDLE}
    return tuple(
        replace(row, bare=ANVIL_IPC_PATH) if row.name == "ipc" else row for row in SETTINGS if row.name not in idle
    )
