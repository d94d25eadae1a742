"""``megadev mine``: blocks on a running node."""

from __future__ import annotations

from click.testing import CliRunner

from megadev import Devnet
from megadev.cli.main import cli


def mine(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["mine", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_mine_prints_the_latest_block_number() -> None:
    with Devnet(no_l1=True) as net:
        url = net.serve()
        assert mine("--rpc-url", url) == "1\n"
        assert mine("12", "--rpc-url", url) == "13\n"
        assert mine("2", "--quiet", "--rpc-url", url) == ""
        assert int(net.rpc("eth_blockNumber"), 16) == 15
        assert mine("1000000", "--rpc-url", url) == "1000015\n"


def test_mine_uses_the_given_interval() -> None:
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
