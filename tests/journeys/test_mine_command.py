"""``megadev mine``: blocks on a running node."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.cli import client
from megadev.cli import mine as command
from megadev.cli.main import cli
from megadev.cli.mine import AT_ONCE


def mine(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["mine", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_so_many_blocks_are_mined_and_the_latest_is_told() -> None:
    with Devnet(no_l1=True) as net:
        url = net.serve()
        assert mine("--rpc-url", url) == "1\n"
        assert mine("12", "--rpc-url", url) == "13\n"
        assert mine("2", "--quiet", "--rpc-url", url) == ""
        assert int(net.rpc("eth_blockNumber"), 16) == 15


def test_many_blocks_are_asked_for_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    plain = client.call

    def call(url: str, method: str, params: list[str]) -> object:
        if method == "anvil_mine":
            asked.append(int(params[0], 16))
        return plain(url, method, params)

    monkeypatch.setattr(command, "call", call)
    with Devnet(no_l1=True) as net:
        assert mine(str(2 * AT_ONCE + 1), "--rpc-url", net.serve()) == f"{2 * AT_ONCE + 1}\n"
    assert asked == [AT_ONCE, AT_ONCE, 1]


def test_blocks_stand_apart_as_asked() -> None:
    with Devnet(no_l1=True, manual_clock=True) as net:
        url = net.serve()
        mine("3", "--interval", "3600", "--rpc-url", url)
        times = [int(net.rpc("eth_getBlockByNumber", hex(number), False)["timestamp"], 16) for number in (1, 2, 3)]
        assert times[1] - times[0] == times[2] - times[1] == 3600


def test_l1s_blocks_are_mined_by_its_url() -> None:
    with Devnet() as net:
        net.serve()
        assert mine("5", "--rpc-url", net.l1.url) == "5\n"
        assert int(net.rpc("eth_blockNumber"), 16) == 0
