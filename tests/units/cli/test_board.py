"""The board of ``megadev up --ui``: every line fits, whatever the size, and says what happened."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.cli.board import Board

ARTIFACT = json.loads((Path(__file__).parents[2] / "contracts" / "Reverter.json").read_text())


@pytest.fixture
def net() -> Devnet:
    return Devnet(manual_clock=True, timestamp=1_700_000_000)


@pytest.fixture
def board(net: Devnet) -> Board:
    """After a transfer, a deployment and a transaction that fails."""
    board = Board(net, "http://127.0.0.1:8545")
    net.node.l2.bus.subscribe(board.event)
    net.rpc(
        "megadev_addArtifact",
        {
            "name": "Reverter",
            "abi": ARTIFACT["abi"],
            "bytecode": ARTIFACT["creation"],
            "deployedBytecode": ARTIFACT["runtime"],
        },
    )
    alice, bob = (account.address for account in net.accounts[:2])
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": hex(10**18)})
    sent = net.rpc("eth_sendTransaction", {"from": alice, "data": ARTIFACT["creation"]})
    made = net.rpc("eth_getTransactionReceipt", sent)["contractAddress"]
    failing = {"from": alice, "to": made, "data": net.w3.keccak(text="withReason()")[:4].to_0x_hex(), "gas": "0x20000"}
    net.rpc("eth_sendTransaction", failing)
    return board


def text(board: Board, width: int, height: int, **options: bool) -> list[str]:
    return [line.plain for line in board.draw(width, height, **options)]


@pytest.mark.parametrize("size", [(80, 24), (200, 60), (40, 10), (20, 5), (1, 1), (80, 18), (80, 17)])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_a_screen_is_filled_and_never_overflows(board: Board, size: tuple[int, int], ascii_only: bool) -> None:
    from rich.cells import cell_len

    width, height = size
    lines = text(board, width, height, ascii_only=ascii_only)
    assert len(lines) == height
    assert all(cell_len(line) <= width for line in lines)
    assert not ascii_only or "".join(lines).isascii()


def test_an_empty_chain_has_a_board_too(net: Devnet) -> None:
    lines = text(Board(net, "http://127.0.0.1:8545"), 80, 24)
    assert len(lines) == 24 and "preconf no transaction yet" in lines


def test_it_tells_heads_and_decoded_transactions(board: Board) -> None:
    lines = text(board, 120, 30)
    assert "heads   unsafe 3   safe 0   finalized 0   waiting 0" in lines
    assert "time    2023-11-14 22:13:23 UTC (1700000003)" in lines
    last = lines[lines.index("Last transactions") + 1 :]
    assert last[0].startswith("✗ 0x") and "out of luck: Reverter.withReason()" in last[0]
    assert last[1].startswith("✓ 0x") and "new Reverter.constructor()" in last[1]
    assert "1 ETH to 0x7099..79C8" in last[2] and last[2].endswith(" ms")


def test_every_preconfirmation_is_in_the_histogram(board: Board) -> None:
    rows = [line for line in text(board, 80, 24) if line.lstrip().startswith(("<", "≥"))]
    assert len(rows) == 7
    assert sum(int(row.rsplit("█ ", 1)[1]) for row in rows if "█" in row) == 3


def test_what_a_contract_says_does_nothing_to_the_terminal(net: Devnet) -> None:
    board = Board(net, "http://127.0.0.1:8545")
    board.note = "\x1b[2J\nboo\x07"
    assert all(line.isprintable() for line in text(board, 80, 24))
