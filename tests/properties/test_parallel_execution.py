"""A block whose transactions were executed ahead of their turn is the block that is built one after the other: headers,
receipts, outputs, logs and state, whatever the transactions have to do with each other and whichever answers are late.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from megadev.chain.blocks import SealedBlock
from megadev.devnet import Devnet
from megadev.primitives.keccak import keccak
from megadev.sequencer import parallel
from megadev.sequencer.parallel import Parallel, Record
from tests.stage.lanes import InlineLane

FIRST = 0xE0 << 152
TELL = "5f5260205f"
"""Puts what is on the stack into memory, to be returned or reverted with."""
INIT = "6008600c6000396008 6000f3 32ff000000000000".replace(" ", "")
"""Creation code of a contract that destructs itself for whoever sent the transaction."""
CODES = {
    "a hot slot": "5f54600101 5f55 00",
    "a balance by sender": "335460010133555f3554600101 5f3555 335f5260205fa0 00",
    "tells the balance of": f"5f3531{TELL}f3",
    "tells the coinbase's balance": f"4131{TELL}f3",
    "tells its own balance": f"47{TELL}f3",
    "tells the code hash of": f"5f353f{TELL}f3",
    "tells time and number": f"42430144 01{TELL}f3",
    "tells a block's hash": f"60014303 40{TELL}f3",
    "tells the price": f"3a4801{TELL}f3",
    "sends a wei to": "5f5f5f5f60015f355af15000",
    "destructs itself for": "5f35ff",
    "creates what destructs itself": "7f" + "33ff".ljust(64, "0") + "5f52 60025f5f f0 5f5f5f5f5f855af1 5000",
    "creates at the same place": "7f"
    + "6001600155 61 33ff 5f52 6002601ef3".replace(" ", "").ljust(64, "0")
    + "5f52 5f 600f 5f 5f f5 5f5f5f5f5f855af1 5000",
    "reverts": f"5f54600101 5f55 5f35{TELL}fd",
    "burns all its gas": "5b5f56",
    "writes many slots by sender": "335f5b6001018181015560148111600257 00".replace("6002", "6002"),
    "delegates to the first": f"365f5f375f5f365f73{FIRST:040x}5af400",
}
"""Runtime codes, each of which takes one word."""
PLACES = {name: (FIRST + index).to_bytes(20, "big") for index, name in enumerate(CODES)}
PLACES["nobody"] = b"\xd0" * 20
PLACES["somebody new"] = b"\xd1" * 20
PLACES["a precompile"] = bytes(19) + b"\x04"
NAMES = sorted(PLACES)


def devnet(preset: str, **more: Any) -> Devnet:
    more |= {"block_time": None, "mini_block_time": None} if preset == "megaeth" else {}
    net = Devnet(preset=preset, accounts=4, no_mining=True, timestamp=1_800_000_000, manual_clock=True, **more)
    for name, code in CODES.items():
        place = f"0x{PLACES[name].hex()}"
        net.rpc("anvil_setCode", place, f"0x{code.replace(' ', '')}")
        net.rpc("anvil_setBalance", place, "0xff")
    net.rpc("evm_mine")
    return net


Action = tuple[int, str, str, int]
"""Sender, whom it calls, the address or slot in its word, value."""


def actions(senders: int = 4) -> st.SearchStrategy[list[Action]]:
    def among(few: list[str]) -> st.SearchStrategy[list[Action]]:
        place = st.sampled_from(few)
        return st.lists(
            st.tuples(st.integers(0, senders - 1), place, place, st.integers(0, 2)), min_size=3, max_size=14
        )

    return st.lists(st.sampled_from([*NAMES, "coinbase", "creation"]), min_size=2, max_size=5, unique=True).flatmap(
        among
    )


def send(net: Devnet, drawn: list[Action]) -> None:
    senders = [account.address for account in net.accounts]
    coinbase = net.rpc("eth_getBlockByNumber", "latest", False)["miner"]
    where = {name: f"0x{place.hex()}" for name, place in PLACES.items()} | {"coinbase": coinbase}
    where |= {"creation": senders[0]}
    for sender, place, word, value in drawn:
        request = {"from": senders[sender], "value": hex(value), "gas": "0x60000"}
        if place == "creation":
            request |= {"data": f"0x6001600155{INIT}", "gas": "0x80000"}
        else:
            data = f"0x{int(where[word], 16):064x}" if place in CODES else "0x"
            request |= {"to": where[place], "data": data}
        net.rpc("eth_sendTransaction", request)


def told(block: SealedBlock) -> object:
    """All that a block and its receipts hold."""
    return block.hash, block.header, block.transactions, block.receipts


def both(net: Devnet, start: str, record: Parallel) -> tuple[str, Record | None]:
    """Mine what waits, one after the other and then in parallel, from the same moment; the blocks must be the same."""
    l2 = net.node.l2
    l2.sequencer.parallel = None
    waiting = net.rpc("evm_snapshot")
    net.rpc("evm_mine")
    expected = told(l2.head)
    net.rpc("evm_revert", waiting)
    l2.sequencer.parallel = record
    net.rpc("evm_mine")
    assert told(l2.head) == expected
    found = record.records.get(l2.head.hash)
    net.rpc("evm_revert", start)
    return net.rpc("evm_snapshot"), found


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"MANY": 2, "CHUNK": 3, "FIRST_CHUNK": 1, "ENOUGH": 10**6}.items():
        monkeypatch.setattr(parallel, name, value)
    yield


class Always(Parallel):
    """Does not switch itself off, and leaves nothing here."""

    def filled(self, session: parallel.Session) -> None:
        super().filled(session)
        self._skip = 0


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_parallel_execution_equals_sequential(preset: str) -> None:
    with devnet(preset) as net:
        start = net.rpc("evm_snapshot")
        drawing = random.Random(1)
        lanes = [InlineLane(lambda: drawing.random() < 0.2) for _ in range(2)]
        workers = Always(lambda: lanes)
        totals = Record(2)
        fields: set[str] = set()

        @example([(n % 4, "a balance by sender", "nobody", 0) for n in range(12)])
        @example([(n % 4, "a hot slot", "nobody", 1) for n in range(12)])
        @example([(0, "a balance by sender", "nobody", 0)] * 8)
        @example([(0, "nobody", "nobody", 1), (1, "somebody new", "nobody", 1), (2, "somebody new", "nobody", 0)] * 3)
        @example([(n % 4, "tells the coinbase's balance", "nobody", 0) for n in range(8)])
        @example([(n % 4, "coinbase", "nobody", 1) for n in range(8)])
        @example([(n % 4, "creates what destructs itself", "nobody", 1) for n in range(8)])
        @example([(n % 4, "creates at the same place", "nobody", 0) for n in range(8)])
        @example([(n % 4, "destructs itself for", "somebody new", 1) for n in range(6)])
        @example([(0, "writes many slots by sender", "nobody", 0), (1, "writes many slots by sender", "nobody", 0)] * 4)
        @example([(1, "burns all its gas", "nobody", 0), (2, "reverts", "nobody", 0)] * 3)
        @example([(n % 4, "creation", "nobody", 0) for n in range(6)])
        @example([(n % 3, "tells a block's hash", "nobody", 0) for n in range(6)])
        @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(actions())
        def law(drawn: list[Action]) -> None:
            nonlocal start
            send(net, drawn)
            workers.share = drawing.choice([0.0, 0.3])
            start, record = both(net, start, workers)
            if record is not None:
                totals.add(record)
                fields.update(conflict.field for conflict in record.contended)

        law()
        assert totals.adopted > 50 and totals.conflicts > 10 and totals.late > 5 and totals.untold > 1, totals
        assert {"balance", "storage", "nonce"} <= fields
