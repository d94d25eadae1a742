"""The rows of ``megadev bench --capacity``: how many transactions a second one machine carries, in one process and over
HTTP, as a fraction of what its cores could recover senders of, and what a flood leaves behind.

What is measured in process runs in a process of its own (``python -m megadev.bench.capacity``), since it is about this
Python's megadev alone. What is measured over HTTP is what ``megadev load`` does, at each node in turn.
"""

from __future__ import annotations

import asyncio
import gc
import json
import multiprocessing
import sys
import time
from collections.abc import Collection, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from megadev.bench.client import Connection, Measure, Samples, in_a_process, seconds_of
from megadev.bench.contracts import load
from megadev.bench.load.run import Outcome, Settings, run
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, decode_transaction, encode_signed
from megadev.errors import MegadevError
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import parse_quantity, to_data
from megadev.primitives.keccak import keccak

if TYPE_CHECKING:
    from megadev.devnet import Devnet

RATE, SHARE, FACTOR, MEMORY, COST = "tx/s", "% of bound", "× without", "MB", "µs/tx"
INTERVAL = "-interval"
"""Ends the label of a row that is measured at nodes with a block per second."""
EACH_SECOND = ("--block-time", "1")
"""What starts such a node, Anvil too."""
PAIRS = {
    "capacity-workers": ("transfers", "transfer", 0),
    "capacity-workers-erc20": ("ERC-20 transfers to distinct accounts", "erc20", 0),
    "capacity-workers-conflict": ("ERC-20 transfers to one account, which all conflict", "erc20", 1),
}
"""What is measured with worker processes and without, in turn."""
KINDS = {"transfer": "transfers", "erc20": "ERC-20 transfers"}
SPREADS = {"distinct": 0, "few": 8}
"""How many recipients there are; 0: a new one each time."""
COUNT, QUICK_COUNT = 100_000, 3_000
OVER_HTTP, QUICK_OVER_HTTP = 3_000, 400
"""Transactions of each turn over HTTP: no more, as nodes that keep the state of each block run out of memory."""
EACH_SECOND_COUNT, QUICK_EACH_SECOND_COUNT = 10_000, 3_000
"""The same at nodes with a block per second: with fewer, the rate would be that of waiting for the next block."""
TURNS, QUICK_TURNS = 3, 1
PER_REQUEST, PER_BLOCK = 500, 1_000
MINUTE, QUICK_MINUTE = 60.0, 3.0
WORKERS_START = 2_000
"""Hundredths of a second after which a worker process counts as missing."""
UNDER_LOAD = 0.7
"""Of the highest rate: where latency is looked at."""


def _measures() -> list[Measure]:
    rows = [Measure("capacity-bound", "senders recovered on all cores", RATE)]
    for kind, spread in product(KINDS, SPREADS):
        title = f"in process, {KINDS[kind]} to {'distinct' if spread == 'distinct' else 'few'} accounts"
        rows.append(Measure(f"capacity-{kind}-{spread}", title, RATE))
        rows.append(Measure(f"capacity-{kind}-{spread}-share", title, SHARE))
    for label, (title, _, _) in PAIRS.items():
        rows.append(Measure(label, f"in process, {title}, with worker processes", FACTOR))
        rows.append(Measure(f"{label}-cost", f"the node's processor time, {title}, with workers", COST))
        rows.append(Measure(f"{label}-cost-alone", f"the node's processor time, {title}, without", COST))
    for interval, cadence in (("", ""), (INTERVAL, ", a block per second")):
        rows.append(
            Measure(f"capacity-batches{interval}", f"over HTTP, transfers in JSON batches of 100{cadence}", RATE)
        )
        rows.append(Measure(f"capacity-8{interval}", f"over HTTP, transfers over 8 connections{cadence}", RATE))
    rows.append(Measure("capacity-p99", "p99 of the answer at 70 % of that rate"))
    rows.append(Measure("capacity-memory", "memory per 100,000 transfers in blocks of 1,000", MEMORY))
    rows.append(Measure("capacity-minute", "a minute at full rate: its last quarter", "% of first"))
    return rows


CAPACITY_ROWS = tuple(_measures())
IN_PROCESS = frozenset(
    each.label
    for each in CAPACITY_ROWS
    if each.unit in (SHARE, FACTOR, MEMORY, COST) or each.title.startswith(("in", "senders"))
)
"""Rows of this Python's megadev alone."""


def measured(chosen: Collection[str], quick: bool) -> Samples:
    """The chosen rows of ``IN_PROCESS``. Raises ``MegadevError`` where their process fails."""
    wanted = sorted(IN_PROCESS & set(chosen))
    if not wanted:
        return {}
    return in_a_process(__name__, wanted, quick)


# ---- over HTTP


def flood(url: str, quick: bool, **more: Any) -> Outcome:
    """A load of transfers. Raises ``MegadevError`` where not all of it was taken and included."""
    given: dict[str, Any] = {
        "kind": "transfer",
        "script": None,
        "count": QUICK_OVER_HTTP if quick else OVER_HTTP,
        "seconds": None,
        "rate": None,
        "connections": 8,
        "processes": 1,
        "accounts": 64,
        "recipients": 100,
        "batch": 1,
        "method": "eth_sendRawTransaction",
        "private_key": None,
        "seed": None,
    }
    outcome = run(Settings(url=url, **{**given, **more}), lambda line: None)
    if not outcome.sent == outcome.taken == outcome.included:
        said = next(iter(outcome.refused.values()), (0, "not all of it was included", 0))[1]
        raise MegadevError(f"{outcome.included:,} of {outcome.sent:,} transactions were included: {said}")
    return outcome


def over_http(label: str, url: str, quick: bool, highest: float | None) -> float:
    """One turn of a row at the node at ``url``. ``highest``: its rate over 8 connections, where that was measured."""
    more = {"count": QUICK_EACH_SECOND_COUNT if quick else EACH_SECOND_COUNT} if label.endswith(INTERVAL) else {}
    if label.startswith("capacity-batches"):
        outcome = flood(url, quick, batch=100, connections=4, **more)
        return outcome.included / outcome.included_seconds
    if label.startswith("capacity-8"):
        outcome = flood(url, quick, **more)
        return outcome.included / outcome.included_seconds
    if highest is None:
        outcome = flood(url, quick)
        highest = outcome.included / outcome.included_seconds
    outcome = flood(url, quick, rate=UNDER_LOAD * highest)
    return outcome.latencies.percentile(99) / 1e9


def minute(url: str, quick: bool) -> float:
    """The rate of the last quarter of a minute at full rate, as percent of that of the first.

    Raises ``MegadevError`` where the node is not well after it: transactions wait that nobody sends any more, or it
    does not answer.
    """
    seconds = (QUICK_MINUTE if quick else MINUTE) / 4
    rates = []
    for _ in range(4):
        outcome = flood(url, quick, count=None, seconds=seconds, batch=20)
        rates.append(outcome.taken / outcome.seconds)
    connection = Connection(url)
    head = parse_quantity(connection.call("eth_blockNumber"))
    waiting = connection.call("txpool_status")
    connection.close()
    if parse_quantity(waiting["pending"]) or parse_quantity(waiting["queued"]):
        raise MegadevError(f"at block {head:,} {waiting} still wait")
    return 100 * rates[-1] / rates[0]


# ---- in the process of its own


def _figures(wanted: Collection[str], quick: bool) -> Samples:
    count = QUICK_COUNT if quick else COUNT
    found: Samples = {}
    if "capacity-memory" in wanted:  # first: later, a node would get the memory that another one has left
        memory = _rate("transfer", 0, count, 0).memory
        found["capacity-memory"] = [memory / 1e6 * 100_000 / count]
    bound = 0.0
    if any(label == "capacity-bound" or label.endswith("-share") for label in wanted):
        bound = _recovery_bound(2_000 if quick else 10_000)
        found["capacity-bound"] = [bound]
    for kind, spread in product(KINDS, SPREADS):
        label = f"capacity-{kind}-{spread}"
        if label in wanted or f"{label}-share" in wanted:
            rate = _rate(kind, SPREADS[spread], count, None).rate
            found[label] = [rate]
            if bound:
                found[f"{label}-share"] = [100 * rate / bound]
    for label, (_, kind, recipients) in PAIRS.items():
        if not any(each in wanted for each in (label, f"{label}-cost", f"{label}-cost-alone")):
            continue
        pairs = [
            (_rate(kind, recipients, count // 4, 0), _rate(kind, recipients, count // 4, None))
            for _ in range(1 if quick else 3)
        ]
        found[label] = [helped.rate / alone.rate for alone, helped in pairs]
        found[f"{label}-cost"] = [1e6 * helped.cost for _, helped in pairs]
        found[f"{label}-cost-alone"] = [1e6 * alone.cost for alone, _ in pairs]
    return {label: figures for label, figures in found.items() if label in wanted}


def _recovery_bound(count: int) -> float:
    """Transactions decoded and their senders recovered per second, by a process on each core."""
    from megadev.node.workers import cores

    raws = [_signed(nonce, bytes(31) + b"\x07", 1, (b"\x22" * 20, b"", 21_000)) for nonce in range(count)]
    with multiprocessing.get_context("spawn").Pool(cores()) as pool:
        pool.map(_recover, [raws[:10]] * cores(), chunksize=1)  # all are there

        def work() -> None:
            pool.map(_recover, [raws] * cores(), chunksize=1)

        return count * cores() / seconds_of(work)


def _recover(raws: Sequence[bytes]) -> None:
    for raw in raws:
        decode_transaction(raw)


class _Taken(NamedTuple):
    """Transactions per second, from the JSON batches they come in to sealed blocks; the seconds of processor time that
    each takes in the node's process; and the bytes that all of them then take.
    """

    rate: float
    cost: float
    memory: float


def _rate(kind: str, recipients: int, count: int, workers: int | None) -> _Taken:
    """What comes of sending so many. ``recipients``: how many there are; 0: a new one each time."""
    from megadev.devnet import Devnet

    with Devnet(
        no_l1=True, no_mining=True, manual_clock=True, timestamp=1_800_000_000, workers=workers, gas_limit=10**11
    ) as net:
        first, second, *bodies = _bodies(net, kind, recipients, PER_BLOCK + count)
        asyncio.run(_take(net, [first, second]))  # what is loaded once is, and workers are on their way
        processes = net.node.workers
        for _ in range(WORKERS_START):
            processes.collect()
            if all(worker.is_ready for worker in processes.all):
                break
            time.sleep(0.01)
        gc.collect()
        before = _resident()
        processor = time.process_time()
        seconds = seconds_of(lambda: asyncio.run(_take(net, bodies)))
        processor = time.process_time() - processor
        gc.collect()
        return _Taken(count / seconds, processor / count, max(_resident() - before, 0))


async def _take(net: Devnet, bodies: Sequence[bytes]) -> None:
    """Send the batches, and have a block made of every so many."""
    waiting = 0
    for body in bodies:
        answer = net.l2.dispatcher.handle(body)
        said = answer if answer is None or isinstance(answer, bytes) else await answer
        if said is None or b'"error"' in said:
            raise MegadevError(f"a batch was refused: {(said or b'')[:200]!r}")
        waiting += PER_REQUEST
        if waiting >= PER_BLOCK:
            net.rpc("evm_mine")
            waiting = 0


def _bodies(net: Devnet, kind: str, recipients: int, count: int) -> Iterator[bytes]:
    """JSON batches of signed transactions, in which all accounts of the node take turns."""
    keys = [account.raw_key for account in net.node.accounts.keyed]
    token = _token(net) if kind == "erc20" else b""
    nonces = [parse_quantity(net.rpc("eth_getTransactionCount", each.address, "latest")) for each in net.accounts]
    chain_id = net.node.l2.spec.chain_id
    for start in range(0, count, PER_REQUEST):
        members = []
        for number in range(start, min(start + PER_REQUEST, count)):
            sender = number % len(keys)
            to = keccak(b"capacity %d" % (number % recipients if recipients else number))[12:]
            what = (to, b"", 21_000)
            if token:
                what = (token, encode_call("transfer(address,uint256)", to, 1), 80_000)
            raw = _signed(nonces[sender] + number // len(keys), keys[sender], chain_id, what)
            request = {"jsonrpc": "2.0", "id": number, "method": "eth_sendRawTransaction", "params": [to_data(raw)]}
            members.append(request)
        yield msgspec.json.encode(members)


def _token(net: Devnet) -> bytes:
    """A token of which every account has some."""
    owner, *others = (account.address for account in net.accounts)
    sent = net.rpc("eth_sendTransaction", {"from": owner, "data": to_data(load("BenchToken").creation)})
    net.rpc("evm_mine")
    place = net.rpc("eth_getTransactionReceipt", sent)["contractAddress"]
    for other in others:
        data = encode_call("transfer(address,uint256)", bytes.fromhex(other[2:]), 10**20)
        net.rpc("eth_sendTransaction", {"from": owner, "to": place, "data": to_data(data), "gas": "0x186a0"})
    net.rpc("evm_mine")
    return bytes.fromhex(place[2:])


def _signed(nonce: int, key: bytes, chain_id: int, what: tuple[bytes, bytes, int]) -> bytes:
    to, data, gas = what
    unsigned = UnsignedTransaction(
        type=DYNAMIC_FEE,
        chain_id=chain_id,
        nonce=nonce,
        gas_limit=gas,
        to=to,
        value=0 if data else 1,
        data=data,
        max_fee_per_gas=10**11,
        max_priority_fee_per_gas=1,
    )
    return encode_signed(unsigned, key)[0]


def _resident() -> int:
    """Bytes of memory this process holds, where the system says so (Linux); else 0."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    return next(1024 * int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))


if __name__ == "__main__":
    print(json.dumps(_figures(json.loads(sys.argv[1]), json.loads(sys.argv[2]))))
