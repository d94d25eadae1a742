"""A request that a fork bundle cannot answer is told which key it lacks, however many were lacked before it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.rpc.client import RpcError


@pytest.fixture
def replaying(tmp_path: Path) -> Iterator[Devnet]:
    bundle = tmp_path / "nothing.bundle"
    with Devnet(no_l1=True) as upstream:
        Devnet(no_l1=True, fork_url=(upstream.serve(),), no_storage_caching=True, fork_record=bundle).close()
    with Devnet(no_l1=True, fork_bundle=bundle) as net:
        yield net


def test_the_twelfth_missing_key_is_named(replaying: Devnet) -> None:
    for number in range(1, 13):
        address = f"0x{number:040x}"
        with pytest.raises(RpcError) as caught:
            replaying.rpc("eth_getBalance", address)
        assert f"account {address}" in caught.value.message


def test_an_error_names_only_the_missing_keys_of_its_own_request(replaying: Devnet) -> None:
    for number in (1, 2):
        with pytest.raises(RpcError) as caught:
            replaying.rpc("eth_getBalance", f"0x{number:040x}")
    assert "does not hold account 0x" + "2".zfill(40) + ":" in caught.value.message


def test_a_bundle_without_l1_names_the_needed_flag(tmp_path: Path) -> None:
    bundle = tmp_path / "no_l1.bundle"
    with Devnet() as upstream:
        Devnet(no_l1=True, fork_url=(upstream.serve(),), no_storage_caching=True, fork_record=bundle).close()
    with pytest.raises(ConfigError, match="--no-l1"):
        Devnet(fork_bundle=bundle)
