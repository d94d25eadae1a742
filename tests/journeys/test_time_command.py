"""``megadev time``: a running node's clock moved by a person, forth, back, to a date and back to the present."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from megadev.cli.time import read_when
from megadev.errors import ConfigError
from tests.conftest import REPOSITORY, RunningNode

START = 1_700_000_000
NEW_YEAR = 1_798_761_600
DAY = 86_400


def megadev_time(node: RunningNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "megadev", "time", *arguments, "--rpc-url", node.url],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def latest(node: RunningNode) -> tuple[int, int]:
    """Number and timestamp of the newest block."""
    block = node.rpc("eth_getBlockByNumber", "latest", False)
    return int(block["number"], 16), int(block["timestamp"], 16)


def test_time_moves_to_the_given_moment(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--manual-clock", "--timestamp", str(START))
    for number, (when, expected) in enumerate(
        (
            ("+1d", START + DAY),
            ("+90m", START + DAY + 5_400),
            ("+1d12h30s", START + 2 * DAY + 5_400 + DAY // 2 + 30),
            ("2027-01-01", NEW_YEAR),
            ("2027-01-01T12:00Z", NEW_YEAR + DAY // 2),
            ("2027-01-02T02:00:05+02:00", NEW_YEAR + DAY + 5),
            (f"@{NEW_YEAR + 2 * DAY}", NEW_YEAR + 2 * DAY),
        ),
        1,
    ):
        done = megadev_time(node, when)
        shown = f"{datetime.fromtimestamp(expected, UTC):%Y-%m-%d %H:%M:%S} UTC ({expected}) in block {number}\n"
        assert (done.returncode, done.stdout) == (0, shown), done.stderr
        assert latest(node) == (number, expected)
        assert done.stderr == ""

    # back: blocks never go back, the clock does
    done = megadev_time(node, "-3d")
    assert (done.returncode, latest(node)) == (0, (8, NEW_YEAR + 2 * DAY + 1)), done.stderr
    assert "blocks cannot go back in time" in done.stderr
    assert node.rpc("evm_setTime", NEW_YEAR + 9 * DAY) == 10 * DAY, "that is how far it was away"

    node.rpc("anvil_setBlockTimestampInterval", 7)
    done = megadev_time(node, "reset", "--no-mine")
    assert (done.returncode, "in the next block" in done.stdout) == (0, True), done.stderr
    assert node.rpc("evm_setTime", START) == 0, "it is that time already"
    assert node.rpc("anvil_removeBlockTimestampInterval") is False
    assert latest(node)[0] == 8


def test_a_reset_restores_the_present(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up()
    began = latest(node)[1]
    assert megadev_time(node, "+10d", "--no-mine").returncode == 0
    assert latest(node) == (0, began), "no block was asked for"
    assert megadev_time(node, "reset").returncode == 0
    number, now = latest(node)
    assert (number, began <= now < began + DAY) == (1, True)


def test_an_invalid_time_is_refused_and_changes_nothing(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--manual-clock", "--timestamp", str(START))
    for when, said in (
        ("+5", "+5s"),
        ("tomorrow", "+1d"),
        (str(NEW_YEAR), f"@{NEW_YEAR}"),
        ("", "+1d"),
        ("2027-02-30", "WHEN"),
    ):
        done = megadev_time(node, when)
        assert (done.returncode, done.stdout) == (2, "")
        assert said in done.stderr and "Traceback" not in done.stderr
    assert megadev_time(node).returncode == 2
    assert node.rpc("evm_increaseTime", 0) == 0
    assert latest(node) == (0, START)


def test_without_a_node_the_error_names_megadev_up() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "megadev", "time", "+1d", "--rpc-url", "http://127.0.0.1:1"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(r"no node answers.*megadev up", done.stderr)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("+2w", timedelta(days=14)),
        ("-1d1s", timedelta(days=-1, seconds=-1)),
        ("reset", timedelta()),
        ("1970-01-01", datetime(1970, 1, 1, tzinfo=UTC)),
        ("2027-01-01 06:30", datetime(2027, 1, 1, 6, 30, tzinfo=UTC)),
        ("@0", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_each_spelling(text: str, moment: timedelta | datetime) -> None:
    assert read_when(text) == moment


@pytest.mark.parametrize(
    "text",
    ["+", "+d", "1d", "+1.5h", "+1y", "++1d", "+1d ", "-", "0", "@", "@-1", "@1.5", "@" + "9" * 18, "20270101", "2027-1-1",
     "2027-13-01", "2027-01-01T25:00Z", "2027-01-01T12Z", "1969-12-31", "now", "RESET", "+9999999999w", "２０２７-01-01"],
)  # fmt: skip
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="WHEN"):
        read_when(text)
