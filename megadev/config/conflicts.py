"""Settings that exclude or need each other: one row per rule, which the check, help and documentation read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

from megadev.config.kinds import store_folder

Settings: TypeAlias = Any
"""A ``DevnetConfig``, whose module reads this one."""


class Conflict(msgspec.Struct, frozen=True):
    """``flags`` that cannot be used as given where ``met`` says so; ``message`` names them and ends with the remedy."""

    flags: tuple[str, ...]
    met: Callable[[Settings], bool]
    message: str


def _exclude(first: str, second: str, remedy: str, met: Callable[[Settings], bool]) -> Conflict:
    return Conflict((first, second), met, f"{first} and {second} exclude each other: {remedy}")


_DROP_ONE = "drop one of them"
_ONE_PHRASE = "accounts come from one mnemonic"


def _needs_fork_url(flag: str, met: Callable[[Settings], bool]) -> Conflict:
    return Conflict(
        (flag, "--fork-url"),
        lambda c: met(c) and c.fork_url is None,
        f"{flag} needs --fork-url",
    )


def _forks_a_node(c: Settings) -> bool:
    return c.fork_url is not None or c.fork_l1 is not None


CONFLICTS: tuple[Conflict, ...] = (
    Conflict(
        ("--attestation-threshold", "--attesters"),
        lambda c: c.attestation_threshold > c.attesters,
        "--attestation-threshold asks for more signatures than --attesters can give: lower it, or have more attesters",
    ),
    Conflict(
        ("--attest-apart", "--batch"),
        lambda c: c.attest_apart and not c.posts_batches,
        "--attest-apart: attesters sign what they find on L1, so batches have to be there: add --batch",
    ),
    _exclude(
        "--keep-blocks",
        "--prune-history",
        "they limit the same states",
        lambda c: c.keep_blocks is not None and c.prune_history is not None,
    ),
    Conflict(
        ("--keep-bodies", "--state"),
        lambda c: c.keep_bodies is not None and store_folder(c.state) is None,
        "--keep-bodies leaves older blocks to the store of --state DIR: give that too",
    ),
    _exclude(
        "--mnemonic",
        "--mnemonic-random",
        _ONE_PHRASE,
        lambda c: c.changed("mnemonic") and c.mnemonic_random is not None,
    ),
    _exclude(
        "--mnemonic",
        "--mnemonic-seed-unsafe",
        _ONE_PHRASE,
        lambda c: c.changed("mnemonic") and c.mnemonic_seed_unsafe is not None,
    ),
    _exclude(
        "--mnemonic-random",
        "--mnemonic-seed-unsafe",
        _ONE_PHRASE,
        lambda c: c.mnemonic_random is not None and c.mnemonic_seed_unsafe is not None,
    ),
    _exclude("--no-mining", "--block-time", _DROP_ONE, lambda c: c.no_mining and c.block_time is not None),
    Conflict(
        ("--mixed-mining", "--block-time"),
        lambda c: c.mixed_mining and c.block_time is None,
        "--mixed-mining needs --block-time: the interval between blocks",
    ),
    _exclude(
        "--mixed-mining", "--mini-block-time", _DROP_ONE, lambda c: c.mixed_mining and c.mini_block_time is not None
    ),
    Conflict(
        ("--mini-block-time", "--block-time", "--no-mining"),
        lambda c: c.mini_block_time is not None and c.block_time is None and not c.no_mining,
        "--mini-block-time needs --block-time (or --no-mining): without either, each transaction seals a block",
    ),
    Conflict(
        ("--quorum", "--standby"),
        lambda c: c.quorum is not None and c.standby < 3,
        "--quorum needs --standby 3 or more: with fewer than four sequencers none may be faulty",
    ),
    Conflict(
        ("--turn", "--standby"),
        lambda c: c.turn is not None and not c.standby,
        "--turn needs --standby: the number of sequencers that take turns",
    ),
    Conflict(
        ("--fork-bundle", "--fork-url", "--fork-l1", "--fork-record"),
        lambda c: c.fork_bundle is not None and (_forks_a_node(c) or c.fork_record is not None),
        "--fork-bundle works offline: drop --fork-url, --fork-l1 and --fork-record",
    ),
    Conflict(
        ("--fork-record", "--fork-url", "--fork-l1"),
        lambda c: c.fork_record is not None and not _forks_a_node(c),
        "--fork-record records what a fork reads: give --fork-url or --fork-l1 too",
    ),
    _exclude("--fork-l1", "--no-l1", _DROP_ONE, lambda c: c.fork_l1 is not None and c.no_l1),
    _needs_fork_url("--fork-block-number", lambda c: c.fork_block_number is not None),
    _needs_fork_url("--fork-transaction-hash", lambda c: c.fork_transaction_hash is not None),
    _needs_fork_url("--fork-chain-id", lambda c: c.fork_chain_id is not None),
    Conflict(
        ("--fork-transaction-hash", "--fork-block-number"),
        lambda c: c.fork_transaction_hash is not None and c.fork_block_number is not None,
        "--fork-transaction-hash determines the block: drop --fork-block-number",
    ),
    _exclude(
        "--no-rate-limit",
        "--compute-units-per-second",
        _DROP_ONE,
        lambda c: c.no_rate_limit and c.compute_units_per_second is not None,
    ),
    Conflict(
        ("--init", "--fork-url", "--fork-bundle"),
        lambda c: c.init is not None and (c.fork_url is not None or c.fork_bundle is not None),
        "--init and a fork exclude each other: a fork starts from upstream's block, not a genesis file",
    ),
    Conflict(
        ("--port", "--l1-port"),
        lambda c: c.l1_port is not None and c.l1_port == c.port != 0 and not c.no_l1,
        "--port and --l1-port are the same: each chain needs its own port",
    ),
    Conflict(
        ("--reload-conflict", "--reload-script"),
        lambda c: (c.reload_conflict == "script") != (c.reload_script is not None),
        "--reload-conflict script and --reload-script need each other: give both",
    ),
    Conflict(
        ("--l1-fee-policy", "--batch", "--l1-fee"),
        lambda c: c.l1_fee_policy == "cost" and not (c.posts_batches and c.l1_fee),
        "--l1-fee-policy cost follows the cost of batches: give --batch and --l1-fee too",
    ),
    Conflict(
        ("--state", "--load-state", "--dump-state"),
        lambda c: c.state is not None and (c.load_state is not None or c.dump_state is not None),
        "--state combines --load-state and --dump-state: use --state alone, or those two",
    ),
    _exclude(
        "--code-size-limit",
        "--disable-code-size-limit",
        _DROP_ONE,
        lambda c: c.disable_code_size_limit and c.changed("code_size_limit"),
    ),
)
"""In the order in which they are checked."""
