"""The screens of ``megadev up --ui``, without a terminal: as reviewed, of any size, with and without colours."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from rich.cells import cell_len

from megadev.cli.terminal.board import (
    ChainView,
    Durations,
    ForkView,
    Happening,
    MessageView,
    Pane,
    Rates,
    TransactionView,
    View,
)
from megadev.cli.terminal.screen import draw
from megadev.cli.terminal.ui import Lines
from megadev.events import SequencerCondition
from tests.house.golden import check_golden

GOLDEN = Path(__file__).parent / "screens"
NOW = 1_700_000_000

IDLE = View(
    preset="dev",
    mining="a block for each transaction",
    now=NOW,
    shift=0,
    chains=(
        ChainView("L2", 31337, "http://127.0.0.1:8545", 0, 0, 0, 0),
        ChainView("L1", 900, "http://127.0.0.1:9545", 0, 0, 0, 0),
    ),
    version="1.2.3",
)
ALONE = dataclasses.replace(IDLE, chains=IDLE.chains[:1], messages=None)
BUSY = dataclasses.replace(
    IDLE,
    preset="megaeth",
    mining="mini-blocks every 10 ms, blocks every 1 s",
    shift=90_000,
    chains=(
        ChainView("L2", 432631337, "http://127.0.0.1:8545", 12345, 12330, 12200, 3),
        ChainView("L1", 900, "http://127.0.0.1:9545", 812, 780, 748, 0),
    ),
    rates=Rates(1.0, 98.6, 512.4),
    durations=Durations(0.18, 1.42, (40, 610, 250, 60, 28, 6, 4, 2, 0)),
    transactions=(
        TransactionView("L2", 12346, "0xc901…1b80", True, "Token.transfer(to: 0x7099…79C8, amount: 5)", 0.17),
        TransactionView("L2", 12346, "0x77aa…0001", False, "out of luck: Vault.withdraw(amount: 30)", 0.31),
        TransactionView("L1", 812, "0x1b80…c901", True, "DisputeGameFactory.create(gameType: 1337)", 1.91, True),
        TransactionView("L2", 12345, "0x9f00…00aa", True, "deposit: 1.5 ETH to 0xf39F…2266", None),
        TransactionView(
            "L1",
            811,
            "0xbb00…00bb",
            True,
            "OptimismPortal2.depositTransaction(to: 0xf39F…2266, "
            "value: 1500000000000000000, gasLimit: 200000, isCreation: false, data: 0x)",
            123.4,
        ),
        TransactionView("L2", 12344, "0xcc00…00cc", True, "new Vault.constructor(cap: 1000)", 0.25),
    ),
    messages=(
        MessageView("L2 → L1", "0.25 ETH", "0x4258…ba8a", ".", "initiated, awaits a proposal"),
        MessageView("L2 → L1", "12 ETH", "0xc31b…066c", "!", "ready to prove"),
        MessageView("L2 → L1", "1 wei", "0xd31b…066d", ".", "proven", 601_200),
        MessageView("L1 → L2", "1.5 ETH", "0x9f00…00aa", "+", "arrived"),
        MessageView("L1 → L2", "2 ETH", "0x9f00…00ab", "x", "its call failed on L2"),
    ),
    happenings=(
        Happening(NOW, "reloaded", ("reload 2: Vault replaced at 0x5FbD…0aa3 · compiled in 120 ms",), "good"),
        Happening(
            NOW - 5,
            "failed",
            (
                "src/Vault.sol:12:9: TypeError: Return argument type string memory is not implicitly convertible to "
                "expected type (type of first return variable) uint256.",
                "not reloaded, the chain is unchanged",
            ),
            "bad",
        ),
        Happening(NOW - 3_700, "console", ("bumped by 2", "twice")),
    ),
    note="took snapshot 0x0",
)
BROKEN = dataclasses.replace(
    BUSY,
    condition=SequencerCondition.CRASHED,
    troubles=("refuses reads", "censors 2 addresses", "answers 5ms±2ms late", "has broken 12 promises"),
    chains=tuple(
        dataclasses.replace(chain, fork=fork)
        for chain, fork in zip(
            BUSY.chains,
            (ForkView("https://mainnet.megaeth.com/…", 12_000, 1_234, 5, (400, 8_000)), ForkView("l1.bundle", 700)),
            strict=True,
        )
    ),
    watches=True,
    offer="apply",
    note="error: the sequencer has crashed: restart it with megadev_sequencer_restart",
    is_problem=True,
)
FOREIGN = dataclasses.replace(
    BUSY,
    transactions=(
        TransactionView(
            "L2", 1, "0xcc00…00cc", True, "Mint.名前をつける(名: 日本語の長い文字列です、とても長い、とても)", 0.25
        ),
    ),
    happenings=(
        Happening(NOW, "console", ("絵文字 🎉 と日本語の長い文字列です、とても長い、とても長い、とても長いです",)),
    ),
)
STATES = {"foreign": FOREIGN, "idle": IDLE, "alone": ALONE, "busy": BUSY, "broken": BROKEN}
SIZES = [(80, 24), (160, 50), (100, 40), (120, 24), (240, 60), (40, 10)]


def text(view: View, width: int, height: int, *, ascii_only: bool = False) -> str:
    return "".join(f"{line.plain.rstrip()}\n" for line in draw(view, width, height, ascii_only=ascii_only))


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("state", STATES)
def test_the_screen_looks_as_reviewed(state: str, width: int, height: int) -> None:
    check_golden(GOLDEN / f"{state}-{width}x{height}.txt", text(STATES[state], width, height))


def test_without_unicode_it_looks_as_reviewed() -> None:
    shown = text(BROKEN, 80, 24, ascii_only=True)
    assert shown.isascii()
    check_golden(GOLDEN / "broken-80x24-ascii.txt", shown)


@pytest.mark.parametrize("color", [True, False], ids=["colours", "plain"])
def test_terminal_output_matches_the_golden_files(color: bool) -> None:
    """With and without colours; without, weight and reversal still tell what matters."""
    lines_of = Lines(color)
    lines = [lines_of(line, 80) for line in draw(BROKEN, 80, 24)]
    name = "colours" if color else "no-colours"
    shown = "".join(f"{line}\n" for line in lines).replace("\x1b", "␛")
    check_golden(GOLDEN / f"broken-80x24-{name}.txt", shown)
    assert ("␛[31m" in shown) is color
    assert "␛[1" in shown


@pytest.mark.parametrize("view", STATES.values(), ids=STATES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_screen_of_any_size_is_filled_and_never_overflows(view: View, ascii_only: bool) -> None:
    for width in (1, 2, 7, 20, 39, 50, 60, 79, 80, 119, 120, 139, 140, 200, 240):
        for height in (1, 2, 5, 8, 10, 17, 24, 36, 50):
            lines = draw(view, width, height, ascii_only=ascii_only)
            assert len(lines) == height
            assert all(cell_len(line.plain) <= width for line in lines), (width, height)


def test_numbers_are_aligned() -> None:
    l2, l1 = text(BUSY, 80, 24).splitlines()[2:4]
    assert l2.index("12345") + 5 == l1.index("812") + 3
    assert l2.index(" safe") == l1.index(" safe") and l2.index("finalized") == l1.index("finalized")


@pytest.mark.parametrize("height", [24, 50, 80])
def test_a_wider_screen_never_shows_less(height: int) -> None:
    """At 120 columns hashes had gone, and calls were cut that were whole at 119."""
    seen: set[str] = set()
    rows = tuple(dataclasses.replace(row, hash=row.name[:6] + "ab" * 29 + row.name[-2:]) for row in BUSY.transactions)
    for width in range(80, 260):
        shown = text(dataclasses.replace(BUSY, transactions=rows), width, height)
        for row in rows:
            assert row.name in shown or row.hash in shown, (row.name, width)
        for message in (*(row.says for row in BUSY.transactions), *(each.name for each in BUSY.messages or ())):
            if message in shown:
                seen.add(message)
            assert message in shown or message not in seen, (message, width)
    assert {row.says for row in BUSY.transactions} <= seen
    assert all(row.hash in shown for row in rows), "on the widest, hashes are whole"


WHOLE = "0x" + "ab" * 32
CHOSEN = dataclasses.replace(
    BUSY,
    transactions=tuple(
        dataclasses.replace(row, hash=WHOLE, about="from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266 · 21,000 gas")
        if row.succeeded
        else dataclasses.replace(row, hash=WHOLE, source="src/Vault.sol:12  require(amount <= cap)")
        for row in BUSY.transactions
    ),
    selected=1,
)


def test_a_failed_transaction_shows_the_line_where_it_failed() -> None:
    for width, height in ((80, 24), (160, 50), (240, 24)):
        lines = text(CHOSEN, width, height).splitlines()
        place = next(number for number, line in enumerate(lines) if "out of luck" in line)
        assert lines[place].startswith("✗▸L2"), "it is the selected one"
        assert lines[place + 1].split() == ["at", "src/Vault.sol:12", "require(amount", "<=", "cap)"]


def test_on_a_wide_or_a_tall_screen_hashes_are_whole() -> None:
    assert WHOLE in text(CHOSEN, 230, 24)
    assert WHOLE in text(CHOSEN, 120, 60), "below each transaction, with who sent it"
    assert "from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" in text(CHOSEN, 230, 60)


def test_a_trace_takes_the_place_of_everything_and_scrolls() -> None:
    from rich.text import Text

    lines = (Text(WHOLE), *(Text(f"call {number} " + "x" * 100) for number in range(50)))
    for width in (40, 80, 120):
        shown = text(dataclasses.replace(BUSY, pane=Pane("Trace", lines)), width, 24)
        assert WHOLE in shown.replace("\n", ""), "wrapped, not cut"
        assert "more below" in shown and "Esc back" in shown and "Last transactions" not in shown
    shown = text(dataclasses.replace(BUSY, pane=Pane("Trace", lines, 40)), 120, 24)
    assert "call 49 " in shown and "more below" not in shown


def test_empty_sections_describe_their_content() -> None:
    shown = text(IDLE, 80, 24)
    for section in ("Last transactions", "Bridge", "Events"):
        lines = shown.splitlines()
        below = lines[next(number for number, line in enumerate(lines) if line.startswith(section)) + 1]
        assert "shown here" in below


def test_keys_are_left_out_whole() -> None:
    for width in range(8, 100):
        keys = draw(BUSY, width, 24)[-1].plain.split("  ")
        assert all(key[:2] in ("m ", "l ", "h ", "d ", "s ", "r ", "↑↓", "t ", "c ", "p ", "f ", "q ") for key in keys)
        assert "q quit" in keys


def test_the_keys_include_reload_actions() -> None:
    assert draw(BROKEN, 80, 24)[-1].plain.startswith("a reload")
    assert draw(dataclasses.replace(BUSY, offer="undo"), 80, 24)[-1].plain.startswith("u undo")


def test_without_an_l1_the_bridge_is_not_shown() -> None:
    shown = text(ALONE, 80, 24)
    assert "Bridge" not in shown and "mine L1" not in shown


def test_events_use_the_room_that_transactions_leave() -> None:
    told = tuple(Happening(NOW, "output", (f"line {number}",)) for number in range(10))
    shown = text(dataclasses.replace(IDLE, happenings=told), 80, 24)
    assert all(f"line {number}" in shown for number in range(9))


def test_the_durable_block_is_shown_beside_the_heads() -> None:
    kept = (dataclasses.replace(BUSY.chains[0], durable=12341), dataclasses.replace(BUSY.chains[1], durable=811))
    l2, l1 = (str(line) for line in draw(dataclasses.replace(BUSY, chains=kept), 120, 24)[2:4])
    assert "durable 12341" in l2
    assert "durable   811" in l1
    failed = dataclasses.replace(BUSY, chains=tuple(dataclasses.replace(each, is_written=False) for each in kept))
    line = draw(failed, 120, 24)[2]
    assert any("red" in str(span.style) for span in line.spans if "12341" in line.plain[span.start : span.end])
    assert "durable" not in str(draw(BUSY, 120, 24)[2])
