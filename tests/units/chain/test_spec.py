"""Forks by the names users type, and what a chain says of its rules."""

from __future__ import annotations

import pytest

from megadev.chain.config import PRECOMPILES, SYSTEM_CONTRACTS, chain_config, fork_id
from megadev.chain.genesis import SYSTEM_ACCOUNTS
from megadev.chain.spec import Hardfork, dev_spec, fork_named
from megadev.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "hardfork", "blobs"),
    [
        ("prague", Hardfork.PRAGUE, (6, 9, 5_007_716)),
        ("Osaka", Hardfork.OSAKA, (6, 9, 5_007_716)),
        ("latest", Hardfork.OSAKA, (6, 9, 5_007_716)),
        ("fusaka", Hardfork.OSAKA, (6, 9, 5_007_716)),
        (" bpo1 ", Hardfork.OSAKA, (10, 15, 8_346_193)),
        ("BPO2", Hardfork.OSAKA, (14, 21, 11_684_671)),
    ],
)
def test_a_fork_is_found_by_name(name: str, hardfork: Hardfork, blobs: tuple[int, int, int]) -> None:
    fork = fork_named(name)
    assert fork.hardfork is hardfork
    assert (fork.blobs.target, fork.blobs.max, fork.blobs.base_fee_update_fraction) == blobs


def test_an_unknown_fork_lists_those_that_run() -> None:
    with pytest.raises(ConfigError, match=r"unknown hardfork 'berlin'.*london.*cancun.*prague.*osaka.*bpo1.*bpo2"):
        fork_named("berlin")


def test_a_spec_can_be_given_other_blob_parameters() -> None:
    spec = dev_spec(7, blobs=fork_named("bpo1").blobs, gas_limit=5)
    assert (spec.chain_id, spec.blobs.max, spec.gas_limit, spec.hardfork) == (7, 15, 5, Hardfork.OSAKA)


def test_eth_config_describes_the_rules_in_force() -> None:
    config = chain_config(dev_spec(), b"\x01" * 32)
    assert config.upcoming is None
    assert config.last is None
    current = config.current
    assert (current.activation_time, current.chain_id, current.blob_schedule.max) == (0, 31337, 9)
    assert len(current.precompiles) == 18
    assert list(current.precompiles) == sorted(current.precompiles)
    assert current.precompiles["P256VERIFY"] == b"\x00" * 18 + b"\x01\x00"


def test_the_fork_id_is_mainnets_first_for_mainnets_genesis() -> None:
    """EIP-2124's first vector: before any fork, mainnet's id is 0xfc64ec04."""
    mainnet = bytes.fromhex("d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3")
    assert fork_id(mainnet).hex() == "fc64ec04"


def test_every_system_contract_that_is_named_exists_from_the_start() -> None:
    assert set(SYSTEM_CONTRACTS.values()) == set(SYSTEM_ACCOUNTS)
    assert len(set(PRECOMPILES.values())) == 18
