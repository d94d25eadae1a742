"""Contracts of public networks: fetched from a network that the user names, and laid into genesis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.chain.preinstalls import PREINSTALLS
from megadev.cli.main import cli
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import checksum_address

PERMIT2 = checksum_address(PREINSTALLS["Permit2"])
OTHER = "0x00000000000000000000000000000000000C0FFE"


def fetch(network: Devnet, output: Path, *more: str) -> str:
    done = CliRunner().invoke(
        cli, ["preinstalls", "fetch", "--rpc-url", network.serve(), "-o", str(output), *more], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_fetched_contracts_are_on_both_chains(tmp_path: Path, preset: str) -> None:
    file = tmp_path / "preinstalls.json"
    with Devnet() as network:
        network.rpc("anvil_setCode", PERMIT2, "0x600160005260206000f3")
        network.rpc("anvil_setCode", OTHER, "0x6002")
        said = fetch(network, file, "--address", OTHER)
    assert "2 contracts" in said and "not on this network: CreateX" in said
    with Devnet(preset=preset, preinstalls=file) as net:
        for chain in (net, net.l1):
            assert chain.rpc("eth_getCode", PERMIT2, "latest") == "0x600160005260206000f3"
            assert chain.rpc("eth_getTransactionCount", OTHER, "latest") == "0x1"
        assert int(net.rpc("eth_call", {"to": PERMIT2}, "latest"), 16) == 1


def test_a_network_without_any_preinstall_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "preinstalls.json"
    with Devnet() as network:
        done = CliRunner().invoke(cli, ["preinstalls", "fetch", "--rpc-url", network.serve(), "-o", str(file)])
    assert "none of the" in str(done.exception) and not file.exists()


def test_every_contract_is_listed() -> None:
    listed = CliRunner().invoke(cli, ["preinstalls", "list"]).output
    assert [line.split()[-1] for line in listed.splitlines()] == [checksum_address(a) for a in PREINSTALLS.values()]


@pytest.mark.parametrize(
    "document", [[], {"alloc": []}, {"alloc": {"0x12": {}}}, {"alloc": {PERMIT2: {"code": "0xzz"}}}], ids=str
)
def test_an_invalid_genesis_file_is_refused(tmp_path: Path, document: object) -> None:
    file = tmp_path / "preinstalls.json"
    file.write_text(json.dumps(document))
    with pytest.raises(ConfigError, match=r"preinstalls\.json"):
        Devnet(preinstalls=file)
