"""Workers recover senders and execute transactions when many come at once: none before, no answer changes, one that
dies is told, and they end with the node.
"""

from __future__ import annotations

import marshal
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.chain import transactions as transactions_module
from megadev.chain.recovering import recovered, transaction_of
from megadev.chain.spec import dev_spec
from megadev.chain.transactions import UnsignedTransaction, decode_transaction, encode_signed, put_decoded
from megadev.errors import UnsupportedTransactionType
from megadev.node.recovery import CHUNK, MANY, Recovery
from megadev.node.workers import FIRST_PAUSE_NS, Workers, monotonic_ns
from megadev.primitives import signatures
from megadev.rpc import envelope
from tests.conftest import START_SECONDS, RunningNode

KEYS = [account.raw_key for account in Devnet(accounts=4).node.accounts.keyed]


def signed(nonce: int, key: bytes = KEYS[0], chain_id: int = 31337, kind: int = 2) -> bytes:
    unsigned = UnsignedTransaction(
        type=kind,
        chain_id=chain_id,
        nonce=nonce,
        gas_limit=100_000,
        to=b"\x22" * 20,
        value=1,
        max_fee_per_gas=10**11,
        max_priority_fee_per_gas=1,
    )
    return encode_signed(unsigned, key)[0]


def batch(transactions: list[bytes]) -> list[dict[str, Any]]:
    return [
        {"jsonrpc": "2.0", "id": index, "method": "eth_sendRawTransaction", "params": [f"0x{raw.hex()}"]}
        for index, raw in enumerate(transactions)
    ]


def children(pid: int) -> set[int]:
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def send(node: RunningNode, transactions: list[bytes]) -> list[dict[str, Any]]:
    import json
    import urllib.request

    request = urllib.request.Request(
        node.url, json.dumps(batch(transactions)).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=START_SECONDS) as response:
        answers: list[dict[str, Any]] = json.load(response)
    return answers


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="who runs is read from /proc")
def test_workers_start_with_a_large_batch_and_end_with_the_node(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1", "--workers", "2", "--block-time", "100")
    pid = node.process.pid
    before = children(pid)
    assert len(send(node, [signed(nonce) for nonce in range(MANY - 1)])) == MANY - 1
    node.rpc("eth_sendRawTransaction", f"0x{signed(0, KEYS[1]).hex()}")
    assert children(pid) == before, "nobody came at once with as many as are worth it"

    transactions = [signed(nonce, key) for nonce in range(100, 130) for key in KEYS[2:]] + [b"\x02\xc0"]
    answers = send(node, [signed(nonce, KEYS[2]) for nonce in range(MANY)] + transactions)
    workers = children(pid) - before
    assert len(workers) == 2
    assert ["error" in answer for answer in answers[-2:]] == [False, True]
    assert [answer["result"] for answer in answers[:-1]] == [
        f"0x{decode_transaction(raw).hash.hex()}"
        for raw in [signed(nonce, KEYS[2]) for nonce in range(MANY)] + transactions[:-1]
    ]

    os.kill(min(workers), signal.SIGKILL)
    until(lambda: Path(f"/proc/{min(workers)}/stat").read_text().rsplit(")")[1].split()[0] == "Z")
    answers = send(node, [signed(nonce, KEYS[3]) for nonce in range(4 * MANY)])
    assert sum("result" in answer for answer in answers) >= 4 * MANY - 30, "but for those that came before"
    node.wait_for("a worker process is gone .*: its work is done in this process")
    assert children(pid) - before == {max(workers)}
    assert node.stop(signal.SIGTERM) == 0
    until(lambda: not Path(f"/proc/{max(workers)}").exists())


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="who runs is read from /proc")
def test_workers_end_with_a_node_that_is_killed(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--no-l1", "--workers", "1", "--no-mining")
    before = children(node.process.pid)
    send(node, [signed(nonce) for nonce in range(MANY)])
    (worker,) = children(node.process.pid) - before
    node.stop(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{worker}").exists())


def test_workers_recover_the_same_senders() -> None:
    legacy = UnsignedTransaction(type=0, chain_id=None, nonce=1, gas_limit=21_000, to=None, max_fee_per_gas=5)
    listed = UnsignedTransaction(
        type=1,
        chain_id=1,
        nonce=0,
        gas_limit=21_000,
        to=b"\x22" * 20,
        max_fee_per_gas=5,
        access_list=((b"\x33" * 20, (1, 2**255)),),
    )
    for raw in (signed(1), signed(3, KEYS[3]), *(encode_signed(each, KEYS[1])[0] for each in (legacy, listed))):
        found, tx = recovered(raw), decode_transaction(raw)
        assert found is not None and transaction_of(raw, marshal.loads(marshal.dumps(found, 2))) == tx
    assert recovered(b"") is recovered(b"\x02\xc0") is recovered(b"\x7f") is None
    assert recovered(signed(1)[:-1] + b"\x01\x02") is None

    # an answer is for these bytes alone, once, and only where the chain takes the type
    marked = msgspec.structs.replace(decode_transaction(signed(1)), sender=b"\x77" * 20)
    put_decoded(marked)
    assert decode_transaction(signed(2)).sender == decode_sender()
    with pytest.raises(UnsupportedTransactionType):
        decode_transaction(signed(1), msgspec.structs.replace(dev_spec(), hardfork=Berlin()))
    assert decode_transaction(signed(1)) is marked
    assert decode_transaction(signed(1)).sender == decode_sender()


class Berlin:
    """A hardfork before type 2."""

    transaction_types = frozenset((0, 1))


def test_only_timely_answers_of_workers_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = Workers(1)
    recovery = Recovery(workers)
    try:
        transactions = [signed(nonce) for nonce in range(4 * CHUNK)]
        members = envelope.decode_members(msgspec.json.encode(batch(transactions)))
        ahead = recovery.ahead_of(members)
        assert ahead is not None and recovery.ahead_of(members[: MANY - 1]) is None
        (worker,) = workers.all
        until(lambda: workers.collect() is None and worker.is_ready)
        ahead.reach(0)
        given = list(worker.unanswered)
        until(lambda: workers.collect() is None and not worker.unanswered)
        monkeypatch.setattr(signatures, "_recover", lambda *_: 0)  # so that whoever recovers here fails
        for index in range(CHUNK, CHUNK * (1 + len(given))):
            ahead.reach(index)
            assert decode_transaction(transactions[index]).sender == decode_sender()
        assert recovery.in_time == recovery.given == len(given) > 0

        # one whose turn came before its answer is recovered here, and the answer is not kept
        workers._paused_until = 0  # this test waited, and it looked as if for a core
        late = recovery.ahead_of(members)
        assert late is not None
        late.reach(0)
        for chunk in late._chunks:
            chunk.is_due = True
        until(lambda: workers.collect() is None and not worker.unanswered)
        assert not transactions_module._decoded
    finally:
        workers.close()
    assert recovery.ahead_of(members) is None and worker.process.poll() is not None


def decode_sender() -> bytes:
    return signatures.address_of(KEYS[0])


def test_late_workers_are_not_used_for_a_while() -> None:
    workers = Workers(1)
    recovery = Recovery(workers)
    members = envelope.decode_members(msgspec.json.encode(batch([signed(nonce) for nonce in range(MANY)])))
    try:
        recovery.given, recovery.in_time = 32, 15
        recovery.look()
        assert recovery.ahead_of(members) is None and not workers.all
    finally:
        workers.close()
    assert Recovery(Workers(0)).ahead_of(members) is None


def test_workers_are_left_alone_where_the_node_waits_for_a_core() -> None:
    workers = Workers(1)
    recovery = Recovery(workers)
    members = envelope.decode_members(msgspec.json.encode(batch([signed(nonce) for nonce in range(MANY)])))
    try:
        recovery.batch_done(1_100, 1_000)
        assert recovery.ahead_of(members) is not None
        recovery.batch_done(1_400, 1_000)
        assert recovery.ahead_of(members) is not None, "once may be chance"
        recovery.batch_done(1_400, 1_000)
        assert recovery.ahead_of(members) is None and not workers.wanted()

        # the next pause is twice as long, unless workers helped meanwhile
        for helps, pause in ((False, 2), (False, 4), (True, 1)):
            workers._paused_until = 0
            if helps:
                recovery.batch_done(1_100, 1_000)
                recovery.batch_done(1_400, 1_000)
            began = monotonic_ns()
            recovery.batch_done(1_400, 1_000)
            assert workers.is_paused and pause * FIRST_PAUSE_NS <= workers._paused_until - began
            assert workers._paused_until - began < 2 * pause * FIRST_PAUSE_NS
    finally:
        workers.close()
