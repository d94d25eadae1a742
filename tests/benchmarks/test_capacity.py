"""The rows of ``megadev bench --capacity`` measure what they say; how much is not asserted anywhere."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.bench import capacity
from megadev.bench.capacity import CAPACITY_ROWS, IN_PROCESS, minute, over_http
from megadev.bench.command import bench
from megadev.bench.load import bank
from megadev.errors import ConfigError, MegadevError


@pytest.fixture(autouse=True)
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PER_REQUEST": 40, "PER_BLOCK": 80, "QUICK_COUNT": 80, "QUICK_OVER_HTTP": 16}.items():
        monkeypatch.setattr(capacity, name, value)
    monkeypatch.setattr(capacity, "QUICK_MINUTE", 1.0)


def test_capacity_rows_are_separate_from_the_others() -> None:
    said = CliRunner().invoke(bench, ["--capacity", "--only", "list"]).output
    assert [line.split()[0] for line in said.splitlines()] == [each.label for each in CAPACITY_ROWS]
    assert "capacity" not in CliRunner().invoke(bench, ["--only", "list"]).output
    refused = CliRunner().invoke(bench, ["--capacity", "--only", "start-up"]).exception
    assert isinstance(refused, ConfigError) and "bench --capacity --only list" in str(refused)
    assert isinstance(CliRunner().invoke(bench, ["--capacity", "--long-chain", "5"]).exception, ConfigError)


def test_rates_in_process_are_of_blocks_that_hold_everything() -> None:
    wanted = {"capacity-erc20-few", "capacity-workers-conflict", "capacity-workers-conflict-cost", "capacity-memory"}
    assert wanted < IN_PROCESS
    found = capacity._figures(wanted, True)
    assert found.keys() == wanted and all(len(figures) == 1 and figures[0] >= 0 for figures in found.values())


def test_over_http_all_must_be_included_and_a_node_be_well_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    with Devnet(no_l1=True) as net:
        net.serve()
        assert over_http("capacity-batches", net.url, True, None) > 0
        assert 0 < over_http("capacity-p99", net.url, True, 100.0) < 60
        assert minute(net.url, True) > 0
        net.rpc("evm_setAutomine", False)
        monkeypatch.setattr(bank, "PATIENCE", 0.2)
        with pytest.raises(MegadevError, match="is in no block"):
            over_http("capacity-8", net.url, True, None)
