"""A load from its beginning to its end: accounts are funded, processes started, what they report is added up, and the
node is asked whether all of it was included.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from megadev.bench.client import Connection
from megadev.bench.histogram import Histogram
from megadev.bench.load.bank import Bank, Node, Setup, account_keys, prepared
from megadev.bench.load.sender import Fault, Plan, Ready, Report, Sender
from megadev.bench.load.workloads import TRANSFER, Call, Workload, calls_of, load_script
from megadev.clock import SystemClock
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.hexcodec import parse_quantity, to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of

ASSUMED_RATE = 10_000
"""Transactions per second that accounts are funded for where nothing says how many there will be."""
L1_COST = 2 * 10**13
"""Wei per transaction for what a rollup may charge for its data, on top of its gas."""
STAND_STILL = 10.0
"""Seconds without any transaction included after which no more are expected."""
ASKED_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a load. ``kind`` is one of ``workloads.KINDS``, or '' with a ``script``."""

    url: str
    kind: str
    script: Path | None
    count: int | None
    seconds: float | None
    rate: float | None
    connections: int
    processes: int
    accounts: int
    recipients: int
    batch: int
    method: str
    private_key: bytes | None
    seed: str | None


@dataclass
class Outcome:
    """The result of a load. ``seconds`` from the first request to the last answer; ``included_seconds`` until all that
    was taken was in a block. ``looked_at``: receipts, ``unsuccessful`` of them. ``interrupted``: by the user.
    """

    sent: int = 0
    taken: int = 0
    included: int = 0
    failed: int = 0
    again: int = 0
    seconds: float = 0.0
    included_seconds: float = 0.0
    looked_at: int = 0
    unsuccessful: int = 0
    blocks: tuple[int, int] | None = None
    refused: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    latencies: Histogram = field(default_factory=Histogram)
    interrupted: bool = False

    def add(self, report: Report) -> None:
        self.sent += report.sent
        self.taken += report.taken
        self.failed += report.failed
        self.again += report.again
        self.latencies.add(report.counts, report.largest, report.sum)
        for alike, (code, message, times) in report.refused.items():
            known = self.refused.get(alike)
            self.refused[alike] = (code, message, times) if known is None else (*known[:2], known[2] + times)
        if report.lost:
            self.lost.append(report.lost)
        self.seconds = max(self.seconds, report.seconds)


def run(settings: Settings, says: Callable[[str], None]) -> Outcome:
    """Do it; ``says`` is told how far it is, a line each time.

    Raises ``ConfigError`` for what cannot be as it was asked for, ``MegadevError`` (``CallFailed`` among them) where
    the node or the script fails.
    """
    says("asking the node")
    node = Node(settings.url, settings.private_key)
    secret, seed = settings.private_key, settings.seed
    if seed is None:
        # with a key of the user's own the accounts are the same each time, so that nothing is left behind in them
        seed = secrets.token_hex(8) if secret is None else ""
    if secret is not None:
        seed = f"{secret.hex()} {seed}"
    keys = account_keys(seed, settings.accounts)
    addresses = [address_of(key) for key in keys]
    workload, fees = _prepared(settings, node, addresses, seed, says)
    nonces = _counts(settings.url, addresses, "pending")
    plans = _plans(settings, node.chain_id, workload, keys, nonces, fees)
    outcome = Outcome()
    began = SystemClock().monotonic_ns()
    with contextlib.ExitStack() as running:
        processes = [running.enter_context(Sending(plan)) for plan in plans]
        began = _begin(processes, settings, says)
        hashes, reached = _follow(processes, settings, outcome, says)
    _await_inclusion(settings.url, plans, nonces, reached, outcome, began, says)
    _look_at_receipts(settings.url, hashes, outcome)
    return outcome


# ---- before


def _prepared(
    settings: Settings, node: Node, addresses: Sequence[bytes], seed: str, says: Callable[[str], None]
) -> tuple[Workload, tuple[int, int]]:
    """Prepares the load and returns its transactions and (fee cap, tip)."""
    says("preparing the contracts")
    bank = Bank(node)
    shown = [to_data(address) for address in addresses]
    context, script = None, ""
    if settings.script is not None:
        module = load_script(settings.script)
        script = str(settings.script.absolute())
        if hasattr(module, "prepare"):
            says("running the script's prepare()")
            context = prepared(settings.script, module.prepare, Setup(node, shown))
            try:
                context = msgspec.json.decode(msgspec.json.encode(context))
            except (TypeError, ValueError) as problem:
                raise ConfigError(f"{settings.script}: prepare() must return what JSON can hold: {problem}") from None
    workload = Workload(
        settings.kind,
        to_data(bank.token),
        to_data(bank.pool),
        settings.recipients,
        to_data(keccak(seed.encode())),
        script,
        context,
    )
    base, tip = node.fees()
    fee_cap = 20 * base + max(tip, 10**9)
    first = calls_of(workload)(0, shown[0]) if script else None
    gas = _funded(settings, node, bank, addresses, workload, (base, tip, fee_cap), first, says)
    return msgspec.structs.replace(workload, gas=gas), (fee_cap, tip)


def _funded(
    settings: Settings,
    node: Node,
    bank: Bank,
    addresses: Sequence[bytes],
    workload: Workload,
    prices: tuple[int, int, int],
    scripted: Call | None,
    says: Callable[[str], None],
) -> dict[str, int]:
    """Give the accounts what they need; the gas limit of each kind, estimated for an account that has it."""
    base, tip, fee_cap = prices
    tokens = workload.kinds != (TRANSFER,) and not workload.script
    shown = to_data(addresses[0])
    # a first account, so that what the others do can be tried
    for _ in bank.fund(addresses[:1], [2 * 10**6 * fee_cap], tokens=tokens):
        pass
    calls = calls_of(workload)
    gas: dict[str, int] = {}
    each = 0
    for number in range(20):
        kind = workload.kind_of(number)
        if scripted is not None and scripted.gas is not None:
            gas[kind], each = scripted.gas, scripted.value
            break
        if kind in gas:
            continue
        call = scripted or calls(number, shown)
        gas[kind] = node.estimate(shown, call.to, call.value, call.data)
        each = max(each, call.value)
    dearest = max(gas.values())
    transactions = settings.count
    if transactions is None:
        assert settings.seconds is not None, "one of them is given"
        transactions = round(settings.seconds * (settings.rate or ASSUMED_RATE))
    share = -(-transactions // len(addresses))
    cost = dearest * (2 * base + tip) + each + L1_COST
    needed = share * cost + 2 * dearest * fee_cap
    least = len(addresses) * (dearest * fee_cap + each + L1_COST)
    wealth = node.balance(node.funder) * 9 // 10
    if wealth < least:
        raise ConfigError(
            f"{node.funder} has {wealth / 9e17:.6g} ether, too little for {len(addresses)} accounts to send one "
            f"transaction each (that takes {least / 9e17:.6g}): fund it, or use fewer --accounts"
        )
    needed = min(needed, wealth // len(addresses))
    balances = _balances(settings.url, addresses)
    missing = [max(needed - has, 0) for has in balances]
    for done in bank.fund(addresses, missing, tokens=tokens):
        says(f"funding accounts: {done:,} of {len(addresses):,}")
    return gas


def _plans(
    settings: Settings,
    chain_id: int,
    workload: Workload,
    keys: Sequence[bytes],
    nonces: Sequence[int],
    fees: tuple[int, int],
) -> list[Plan]:
    """One for each process: connections and accounts in equal parts."""
    plans = []
    of, first = settings.connections, 0
    for index in range(settings.processes):
        connections = (of - first) // (settings.processes - index)
        senders = [
            Sender(keys[number].hex(), nonces[number], number % of - first)
            for number in range(len(keys))
            if first <= number % of < first + connections
        ]
        plan = Plan(
            url=settings.url,
            workload=workload,
            senders=senders,
            chain_id=chain_id,
            fee_cap=fees[0],
            tip=fees[1],
            first=first,
            connections=connections,
            of=of,
            batch=settings.batch,
            method=settings.method,
            count=_bound(settings),
            seconds=settings.seconds,
            rate=settings.rate,
        )
        plans.append(plan)
        first += connections
    return plans


def _bound(settings: Settings) -> int | None:
    """Returns the maximum number of transactions, if it is known beforehand."""
    if settings.rate is not None and settings.seconds is not None:
        most = max(round(settings.rate * settings.seconds), 1)
        return most if settings.count is None else min(most, settings.count)
    return settings.count


# ---- meanwhile


class Sending:
    """A process that sends, as a context: it is ended with it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        command = [sys.executable, "-m", "megadev.bench.load.sender"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin is not None and self.process.stdout is not None
        self._input, self.output = self.process.stdin, self.process.stdout
        self._read = bytearray()
        """What it wrote that no message has been made of."""
        self.ended = False

    def __enter__(self) -> Sending:
        self.say(msgspec.json.encode(self.plan))
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None and not self.ended:
            self.process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._input.close()
        self.process.wait()
        self.output.close()

    def say(self, line: bytes) -> None:
        with contextlib.suppress(BrokenPipeError):  # it ended, and its output says so
            self._input.write(line + b"\n")
            self._input.flush()

    def receive(self) -> list[Ready | Report]:
        """The messages that are there, all of them, since a selector says nothing of what has been read already; waits
        for the first. Raises ``MegadevError`` where it cannot go on.
        """
        while b"\n" not in self._read:
            more = os.read(self.output.fileno(), 1 << 16)
            if not more:
                raise MegadevError(f"a process of the load ended with exit code {self.process.wait()}")
            self._read += more
        whole, _, rest = bytes(self._read).rpartition(b"\n")
        messages: list[Ready | Report] = []
        for line in whole.split(b"\n"):
            message = msgspec.json.decode(line, type=Ready | Report | Fault)
            if isinstance(message, Fault):
                raise MegadevError(message.message)
            messages.append(message)
        self._read[:] = rest
        return messages


def _begin(processes: Sequence[Sending], settings: Settings, says: Callable[[str], None]) -> int:
    """Wait until all are ready, and let them begin together; when that was (ns)."""
    bound = _bound(settings)
    says("starting" if bound is None else f"signing {bound:,} transactions")
    for each in processes:
        each.receive()
    for each in processes:
        each.say(b"go")
    return SystemClock().monotonic_ns()


def _follow(
    processes: Sequence[Sending], settings: Settings, outcome: Outcome, says: Callable[[str], None]
) -> tuple[list[str], list[list[int]]]:
    """Add up what is reported, until all have ended: hashes to look at, and each process's nonces in the end."""
    now = SystemClock().monotonic_ns
    began = now()
    bound = _bound(settings)
    hashes: list[str] = []
    reached: dict[int, list[int]] = {}
    with selectors.DefaultSelector() as selector:
        for index, each in enumerate(processes):
            selector.register(each.output, selectors.EVENT_READ, index)
        while len(reached) < len(processes):
            try:
                for key, _ in selector.select():
                    for report in processes[key.data].receive():
                        assert isinstance(report, Report)
                        outcome.add(report)
                        if report.is_last:
                            processes[key.data].ended = True
                            reached[key.data] = report.nonces
                            hashes += report.hashes
                            selector.unregister(key.fileobj)
                says(_progress(outcome, bound, (now() - began) / 1e9))
            except KeyboardInterrupt:
                if outcome.interrupted:
                    raise
                outcome.interrupted = True
                for each in processes:
                    each.say(b"stop")
    return hashes, [reached[index] for index in range(len(processes))]


def _progress(outcome: Outcome, bound: int | None, seconds: float) -> str:
    of = "" if bound is None else f" of {bound:,}"
    refused = sum(times for _, _, times in outcome.refused.values())
    return (
        f"{outcome.taken:,}{of} transactions  {outcome.taken / max(seconds, 1e-9):,.0f} tx/s  "
        f"p50 {outcome.latencies.percentile(50) / 1e6:.3g} ms  p99 {outcome.latencies.percentile(99) / 1e6:.3g} ms"
        + (f"  {refused:,} refused" if refused else "")
    )


# ---- afterwards


def _await_inclusion(
    url: str,
    plans: Sequence[Plan],
    nonces: Sequence[int],
    reached: Sequence[Sequence[int]],
    outcome: Outcome,
    began: int,
    says: Callable[[str], None],
) -> None:
    """Wait until all that was taken is in blocks, or nothing more comes."""
    now = SystemClock().monotonic_ns
    accounts = [
        (address_of(bytes.fromhex(sender.key)), sender.nonce, nonce)
        for plan, ends in zip(plans, reached, strict=True)
        for sender, nonce in zip(plan.senders, ends, strict=True)
    ]
    moved, pause = now(), 0.01
    while True:
        counts = _counts(url, [address for address, _, _ in accounts], "latest")
        included = sum(max(min(count, end) - start, 0) for count, (_, start, end) in zip(counts, accounts, strict=True))
        if included > outcome.included:
            moved = now()
        outcome.included = included
        outcome.included_seconds = (moved - began) / 1e9
        if included >= outcome.taken or (now() - moved) / 1e9 > STAND_STILL:
            return
        says(f"waiting until all are included: {included:,} of {outcome.taken:,}")
        try:
            time.sleep(pause)
        except KeyboardInterrupt:
            outcome.interrupted = True
            return
        pause = min(2 * pause, 0.1)


def _look_at_receipts(url: str, hashes: Sequence[str], outcome: Outcome) -> None:
    """Checks a sample of receipts for failed transactions."""
    numbers = []
    for receipt in _asked(url, [("eth_getTransactionReceipt", [tx_hash]) for tx_hash in hashes]):
        if receipt is None:
            continue
        outcome.looked_at += 1
        outcome.unsuccessful += receipt.get("status") != "0x1"
        numbers.append(parse_quantity(receipt["blockNumber"]))
    if numbers:
        outcome.blocks = min(numbers), max(numbers)


def _counts(url: str, addresses: Sequence[bytes], tag: str) -> list[int]:
    """Returns the number of transactions that each address sent."""
    asked = [("eth_getTransactionCount", [to_data(address), tag]) for address in addresses]
    return [parse_quantity(answer) for answer in _asked(url, asked)]


def _balances(url: str, addresses: Sequence[bytes]) -> list[int]:
    """In wei."""
    asked = [("eth_getBalance", [to_data(address), "latest"]) for address in addresses]
    return [parse_quantity(answer) for answer in _asked(url, asked)]


def _asked(url: str, requests: Sequence[tuple[str, list[Any]]]) -> Iterator[Any]:
    """The results, in their order, of requests that are sent in JSON batches. Raises ``MegadevError`` for an error."""
    connection = Connection(url)
    with contextlib.closing(connection):
        for start in range(0, len(requests), ASKED_AT_ONCE):
            body = [
                {"jsonrpc": "2.0", "id": index, "method": method, "params": params}
                for index, (method, params) in enumerate(requests[start : start + ASKED_AT_ONCE])
            ]
            answers = msgspec.json.decode(connection.exchange(connection.frame(msgspec.json.encode(body))))
            by_id = {answer["id"]: answer for answer in answers} if isinstance(answers, list) else {}
            for member in body:
                answer = by_id.get(member["id"])
                if answer is None or "result" not in answer:
                    said = (answer or answers if isinstance(answers, dict) else answer or {}).get("error")
                    raise MegadevError(f"{url}: {member['method']}: {said or 'no answer to a member of a batch'}")
                yield answer["result"]
