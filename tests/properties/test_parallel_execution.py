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
from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import MegaLimits
from megadev.chain.transactions import DYNAMIC_FEE, Transaction, UnsignedTransaction, sign_transaction
from megadev.cli.parallel import report_lines
from megadev.devnet import Devnet
from megadev.evm.engines import open_engine
from megadev.node.workers import Worker
from megadev.sequencer import parallel
from megadev.sequencer.outcomes import fee_recipients
from megadev.sequencer.outcomes import told as outcome_of
from megadev.sequencer.parallel import Parallel, Record
from tests.stage.lanes import InlineLane
from tests.stage.waiting import until

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


def both(net: Devnet, start: str, executing: Parallel, blocks: int = 1) -> tuple[str, Record | None]:
    """Mine what waits, one after the other and then in parallel, from the same moment; the blocks must be the same.
    Returns the next snapshot of the start, and what came of the first block.
    """
    l2 = net.node.l2

    def mined() -> list[SealedBlock]:
        first = l2.head.number + 1
        for _ in range(blocks):
            net.rpc("evm_mine")
        return [l2.block(number) for number in range(first, l2.head.number + 1)]

    l2.sequencer.parallel = None
    waiting = net.rpc("evm_snapshot")
    expected = mined()
    net.rpc("evm_revert", waiting)
    l2.sequencer.parallel = executing
    found = mined()
    assert list(map(told, found)) == list(map(told, expected))
    net.rpc("evm_revert", start)
    return net.rpc("evm_snapshot"), executing.records.get(found[0].hash)


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
        seen: list[list[Action]] = []

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
            if preset == "megaeth" and len(seen) > 24:
                return  # each takes ten times as long, on two chains
            seen.append(drawn)
            send(net, drawn)
            workers.share = drawing.choice([0.0, 0.3])
            start, record = both(net, start, workers)
            if record is not None:
                totals.add(record)
                fields.update(conflict.field for conflict in record.contended)

        law()
        assert min(totals.adopted, totals.conflicts) > 20 and min(totals.late, totals.untold) > 1, totals
        assert {"balance", "storage", "nonce"} <= fields


def balances(net: Devnet, each: int, place: str = "a balance by sender") -> None:
    send(net, [(n % 4, place, NAMES[n % len(NAMES)], 0) for n in range(4 * each)])


class Patient:
    """A worker process whose answers are waited for, so that a test does not depend on how busy the machine is."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.tell, self.give = worker.tell, worker.give

    @property
    def has_room(self) -> bool:
        return self._worker.has_room

    @property
    def is_idle(self) -> bool:
        return self._worker.is_idle

    def collect(self) -> None:
        until(lambda: self._worker.collect() is None and (self._worker.is_gone or not self._worker.unanswered))


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"MANY": 16, "CHUNK": 4, "FIRST_CHUNK": 2, "ENOUGH": 12}.items():
        monkeypatch.setattr(parallel, name, value)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_worker_processes_execute_blocks_alike(preset: str, many: None) -> None:
    """With real ones: the first block starts them, and what they know of the state follows block after block."""
    with devnet(preset, workers=1, no_l1=True) as net:
        workers, executing = net.node.workers, net.node.l2.sequencer.parallel
        assert executing is not None
        for _ in range(2):
            assert not workers.all, "one such block does not make it busy"
            balances(net, 8)
            net.rpc("evm_mine")
        (worker,) = workers.all
        until(lambda: workers.collect() is None and worker.is_ready)
        lane = Patient(worker)
        executing = Always(lambda: [lane])
        executing.share = 0.3
        for _ in range(3):
            balances(net, 10)
            _, found = both(net, net.rpc("evm_snapshot"), executing)
            assert found is not None and found.adopted > 10 and not found.late
            balances(net, 5)
            net.rpc("evm_mine")
        worker.process.kill()
        until(lambda: worker.process.poll() is not None)
        balances(net, 10)
        _, found = both(net, net.rpc("evm_snapshot"), executing)
        assert not workers.all and (found is None or not found.adopted)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_limits_of_a_block_hold_alike(preset: str, many: None) -> None:
    """What does not fit waits for the next block, whoever executed it: gas, number, and what MegaETH counts."""
    with devnet(preset, no_l1=True, max_transactions=25) as net:
        sequencer = net.node.l2.sequencer
        lane = InlineLane()
        executing = Always(lambda: [lane])
        executing.share = 0.3
        if preset == "megaeth":
            limits = MegaLimits(block_kv_updates=60, block_data_size=9_000, block_state_growth=12)
            spec = replace(sequencer.spec, limits=limits)
            sequencer.set_rules(spec, open_engine("auto", spec))
        else:
            net.rpc("evm_setBlockGasLimit", "0x120000")
        for place in ("a balance by sender", "writes many slots by sender"):
            balances(net, 10, place)
            _, found = both(net, net.rpc("evm_snapshot"), executing, blocks=5)
            assert found is not None and found.adopted
            sequencer.parallel = executing
            net.rpc("evm_mine")
            counts = [len(net.node.l2.head.transactions)]
            while len(net.node.l2.pool):
                net.rpc("evm_mine")
                counts.append(len(net.node.l2.head.transactions))
            assert sum(counts) >= 40 and len(counts) > 1


def test_it_switches_itself_off_and_on_again(many: None) -> None:
    with devnet("dev", no_l1=True) as net:
        lanes = [InlineLane(), InlineLane()]
        executing = net.node.l2.sequencer.parallel = Parallel(lambda: lanes)
        executing.share = 0.0

        def mine(place: str) -> Record | None:
            balances(net, 20, place)
            net.rpc("evm_mine")
            return executing.records.get(net.node.l2.head.hash)

        hot = mine("a hot slot")
        assert hot is not None and hot.conflicts >= 4 and hot.adopted < 10
        assert hot.given < hot.transactions == 80, "not all of it was tried"
        assert {(each.field, each.slot) for each in hot.contended} == {("storage", 0)}
        assert mine("a hot slot") is None, "the next block is left alone"
        assert mine("a hot slot") is not None, "and the one after it is tried"
        assert [mine("a hot slot") for _ in range(2)] == [None, None], "then there is a longer pause"

        executing._skip = 0
        never = InlineLane(lambda: True)
        late = Parallel(lambda: [never])
        late.share = 0.0
        net.node.l2.sequencer.parallel = late
        balances(net, 60)
        net.rpc("evm_mine")
        (found,) = late.records.values()
        assert found.late == found.given > 4 and not found.adopted and late._skip == 1
        assert late.share == 0.1, "more is left here"


def test_the_report_names_what_was_executed_again(many: None) -> None:
    with devnet("dev", no_l1=True) as net:
        lane = InlineLane()
        executing = net.node.l2.sequencer.parallel = Parallel(lambda: [lane])
        executing.share = 0.0
        balances(net, 20)
        send(net, [(0, "a hot slot", "nobody", 0), (1, "a hot slot", "nobody", 0), (2, "a hot slot", "nobody", 0)])
        balances(net, 20)
        net.rpc("evm_mine")
        answer = net.rpc("megadev_parallelism", "latest")
        told = answer["execution"]
        count = {name: int(told[name], 16) for name in ("transactions", "given", "adopted", "conflicts", "late")}
        assert told["workers"] == "0x1" and count["transactions"] == 163 == int(answer["transactions"], 16)
        assert 100 < count["adopted"] <= count["given"] - count["conflicts"]
        text = "\n".join(map(str, report_lines(answer)))
        assert "this node executed them with 1 worker" in text and f"{count['adopted']:,} of 163" in text
        net.rpc("evm_mine")
        assert net.rpc("megadev_parallelism", "latest")["execution"] is None


def signed(net: Devnet, count: int, place: str) -> list[Transaction]:
    """Calls by all accounts in turn, as they come in a batch."""
    keys = [account.raw_key for account in net.node.accounts.keyed]
    return [
        sign_transaction(
            UnsignedTransaction(
                type=DYNAMIC_FEE,
                chain_id=net.node.l2.spec.chain_id,
                nonce=index // len(keys),
                gas_limit=500_000,
                to=PLACES[place],
                data=(index + 1_000).to_bytes(32, "big"),
                value=0 if place in CODES else 1,
                max_fee_per_gas=10**10,
                max_priority_fee_per_gas=index % 3,
            ),
            keys[index % len(keys)],
        )
        for index in range(count)
    ]


@pytest.mark.parametrize("place", ["a balance by sender", "a hot slot", "nobody"])
def test_a_batch_that_joins_the_open_block_gives_the_same_block(place: str, many: None) -> None:
    def block(executing: Parallel | None) -> SealedBlock:
        with Devnet(preset="megaeth", no_l1=True, accounts=4, timestamp=1_800_000_000, manual_clock=True) as net:
            for name, code in CODES.items():
                net.rpc("anvil_setCode", f"0x{PLACES[name].hex()}", f"0x{code.replace(' ', '')}")
            sequencer = net.node.l2.sequencer
            sequencer.parallel = executing
            first, *others = signed(net, 60, place)
            sequencer.submit(first)
            for start in range(0, len(others), 10):
                net.node.l2.expect(others[start : start + 10])
                if start >= 20:
                    for tx in others[start - 20 : start - 10]:
                        sequencer.submit(tx)
            for tx in others[40:]:
                sequencer.submit(tx)
            net.rpc("evm_mine")
            return net.node.l2.head

    lanes = [InlineLane(), InlineLane()]
    executing = Parallel(lambda: lanes)
    executing.share = 0.2
    found = block(executing)
    assert told(found) == told(block(None)) and len(found.transactions) == 60
    (record,) = executing.records.values()
    assert record.transactions == 59 and (record.conflicts if place == "a hot slot" else record.adopted > 20), record


def test_what_is_written_unseen_is_not_told() -> None:
    """Whoever is paid without being known to be would be given a balance that nobody compares."""
    with devnet("dev", no_l1=True) as net:
        builder = net.node.l2.sequencer.begin_next()
        env = builder.transaction_env(signed(net, 2, "a balance by sender")[1])
        recipients = fee_recipients(builder.spec, builder.plan.coinbase)
        outcomes = [
            outcome_of(builder.engine.execute, builder.env, env, builder.state.fork(), paid, lambda code_hash: False)
            for paid in (recipients, ())
        ]
        assert outcomes[0] is not None and outcomes[1] is None
