"""A chain's first block, written as a file and read back by whoever has nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from megadev.chain.genesis import genesis_block
from megadev.chain.genesis_file import genesis_document, read_genesis_file
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError
from megadev.node.genesis import genesis_world
from megadev.node.node import Node


@pytest.mark.parametrize(
    "settings",
    [
        {"batch": True},
        {"preset": "megaeth", "salt": "live"},
        {"preset": "anvil", "number": 7},
        {"hardfork": "london", "no_l1": True},
    ],
    ids=("dev", "megaeth", "anvil", "london"),
)
def test_a_genesis_file_round_trips_to_the_same_block_and_rules(settings: dict[str, Any]) -> None:
    node = Node(DevnetConfig(manual_clock=True, **settings))
    for chain in node.chains:
        document = json.loads(json.dumps(genesis_document(chain.store.genesis, chain.spec)))
        spec, genesis = read_genesis_file(document, "genesis.json")
        assert spec == chain.spec
        assert genesis_block(genesis, genesis_world(genesis), spec).hash == chain.store.genesis.hash


@pytest.mark.parametrize(
    ("config", "says"),
    [
        (None, r"config.megadev \(the chain's rules\) is missing"),
        ({"chainId": 1}, r"config.megadev \(the chain's rules\) is missing"),
        ({"megadev": {"name": "dev"}}, "chain_id"),
        ({"megadev": {"name": "dev", "chain_id": 1, "coinbase": "0xzz"}}, "non-hexadecimal"),
        ({"megadev": {"name": "dev", "chain_id": 1, "coinbase": 7}}, "config.megadev"),
    ],
)
def test_rules_that_cannot_be_read_are_named(config: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_genesis_file({"config": config, "alloc": {}}, "genesis.json")
