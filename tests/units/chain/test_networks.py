"""Which rules a fork runs: those of its chain at its time, as far as there are any, and words where there are not."""

from __future__ import annotations

import pytest

from megadev.chain.blocks import Header
from megadev.chain.networks import NETWORKS, fee_rules_of, knows_rules, network_of, op_note, rules_at
from megadev.chain.spec import SEQUENCER_FEE_VAULT, FeeRules


@pytest.mark.parametrize(
    ("timestamp", "name"),
    [
        (1_628_166_822, "london"),
        (1_663_224_178, "london"),
        (1_663_224_179, "paris"),
        (1_690_000_000, "shanghai"),
        (1_710_338_135, "cancun"),
        (1_750_000_000, "prague"),
        (1_764_798_551, "osaka"),
        (1_765_290_071, "bpo1"),
        (2**33, "bpo2"),
    ],
)
def test_ethereums_rules_are_those_of_the_time(timestamp: int, name: str) -> None:
    fork, warnings = rules_at(1, timestamp, None, "osaka")
    assert (fork.name, warnings) == (name, ())


@pytest.mark.parametrize(
    ("chain_id", "timestamp", "name"),
    [
        (10, 1_704_992_400, "paris"),
        (10, 1_704_992_401, "shanghai"),
        (10, 1_710_374_401, "cancun"),
        (10, 1_746_806_401, "prague"),
        (10, 1_783_526_400, "prague"),
        (10, 1_783_526_401, "osaka"),
        (8_453, 1_779_991_199, "prague"),
        (8_453, 1_779_991_200, "osaka"),
        (11_155_420, 1_708_534_800, "cancun"),
        (11_155_420, 1_781_712_001, "osaka"),
        (84_532, 1_744_905_600, "prague"),
        (84_532, 1_776_708_000, "osaka"),
        (560_048, 1_742_999_832, "prague"),
        (11_155_111, 1_761_017_184, "bpo1"),
        (17_000, 1_760_389_824, "bpo2"),
    ],
)
def test_each_networks_rules_are_those_of_the_time(chain_id: int, timestamp: int, name: str) -> None:
    fork, warnings = rules_at(chain_id, timestamp, None, "osaka")
    assert (fork.name, warnings) == (name, ())


def test_older_blocks_run_under_the_oldest_rules_with_a_notice() -> None:
    fork, warnings = rules_at(1, 1_600_000_000, None, "osaka")
    assert fork.name == "london" and "London" in warnings[0]


def test_an_unknown_chain_is_named_with_the_remedy_unless_rules_were_chosen() -> None:
    fork, (warning,) = rules_at(777, 2**33, None, "osaka")
    assert fork.name == "osaka" and "777" in warning and "--hardfork" in warning
    assert rules_at(777, 2**33, "prague", "osaka") == (rules_at(1, 1_750_000_000, None, "osaka")[0], ())
    assert rules_at(31_337, 2**33, None, "osaka")[1] == (), "a local node runs what it is told to"


@pytest.mark.parametrize(
    ("chain_id", "timestamp", "name"),
    [
        (4_326, 1_776_659_200, "rex4"),
        (4_326, 1_780_631_999, "rex4"),
        (4_326, 1_780_632_000, "rex5"),
        (4_326, 1_787_626_800, "rex6"),
        (6_343, 1_780_459_200, "rex5"),
        (6_343, 1_786_330_799, "rex5"),
        (6_343, 2**33, "rex6"),
    ],
)
def test_megaeths_rules_are_those_of_the_time(chain_id: int, timestamp: int, name: str) -> None:
    fork, warnings = rules_at(chain_id, timestamp, None, "osaka")
    assert (fork.name, fork.model.label, warnings) == (name, name, ())


def test_megaeths_blocks_before_rex4_run_under_it_with_a_notice() -> None:
    fork, (warning,) = rules_at(4_326, 1_770_000_000, None, "osaka")
    assert fork.name == "rex4" and "Rex4" in warning
    assert (
        fee_rules_of(
            4_326, Header(parent_hash=bytes(32), base_fee=7, extra_data=bytes.fromhex("00000003e800000002")), FeeRules()
        ).constant_base_fee
        == 7
    )


def test_every_networks_rules_are_in_order() -> None:
    for network in NETWORKS.values():
        assert network.forks and list(network.forks) == sorted(network.forks)


def test_an_op_chains_base_fee_follows_its_blocks_parameters() -> None:
    usual = FeeRules()
    holocene = Header(parent_hash=bytes(32), extra_data=bytes.fromhex("00000000fa00000006"))
    rules = fee_rules_of(10, holocene, usual)
    assert (rules.base_fee_change_denominator, rules.elasticity_multiplier) == (250, 6)
    assert fee_rules_of(1, holocene, usual) is usual
    assert fee_rules_of(10, Header(parent_hash=bytes(32)), usual) is usual


def test_an_op_chain_that_is_not_listed_is_known_by_its_blocks() -> None:
    block = Header(parent_hash=bytes(32), coinbase=SEQUENCER_FEE_VAULT, extra_data=bytes.fromhex("00000000fa00000006"))
    network = network_of(777, block)
    assert network is not None and network.is_op and network.forks == ((0, "prague"),)
    assert fee_rules_of(777, block, FeeRules()).base_fee_change_denominator == 250
    assert network_of(777, Header(parent_hash=bytes(32))) is None
    assert network_of(31_337, block) is None, "a local node runs what it is told to"


def test_jovians_missing_features_are_reported() -> None:
    jovian = Header(parent_hash=bytes(32), extra_data=bytes.fromhex("01000000fa000000060000000000000000"))
    assert "Jovian" in op_note(10, jovian)[0] and not op_note(1, jovian)
    assert not op_note(10, Header(parent_hash=bytes(32), extra_data=bytes.fromhex("00000000fa00000006")))


def test_known_rules_give_no_warning() -> None:
    assert knows_rules(1, 1_750_000_000) and knows_rules(8_453, 2**33) and knows_rules(31_337, 0)
    assert not knows_rules(1, 1_600_000_000) and knows_rules(4_326, 2**33) and not knows_rules(777, 2**33)
