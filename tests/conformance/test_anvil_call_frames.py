"""The same transactions in Parity's form and Otterscan's, here and by Anvil, field by field.

Needs Anvil 1.7.1, as ``test_anvil_replay``; the transactions are those of ``test_anvil_traces``. ``-s`` prints every
difference with what explains it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.anvil import need_anvil
from tests.conformance.rpc.fixed_chain import START
from tests.conformance.test_anvil_traces import (
    HEIR,
    STRANGER,
    Difference,
    Explained,
    _send_to_both,
    field,
    node_here,
    transactions,
    unexplained_of,
)
from tests.stage.fixed_anvil import VERSION, FixedAnvil, values_differ

pytestmark = [pytest.mark.anvil, pytest.mark.slow]

UNSHARED = {"blockHash"}
"""No two nodes share it: the state of their genesis blocks differs."""

EXPLAINED = (
    Explained(
        "calls of precompiles are left out (OpenEthereum)",
        lambda d: d.tx == "precompiles" and d.tracer == "trace_transaction",
    ),
    Explained(
        "errors in Parity's words; revm has names of its own",
        lambda d: field(d) == "error" and d.kind == "value",
    ),
    Explained(
        "an account that begins to exist does so with everything about it (OpenEthereum)",
        lambda d: d.tracer == "stateDiff" and any("0x" + who.hex() in d.path for who in (HEIR, STRANGER)),
    ),
    Explained(
        "creations and self-destructs are among Otterscan's calls",
        lambda d: d.tracer == "ots_traceTransaction" and d.kind == "length" and len(d.ours) > len(d.theirs),
    ),
    Explained(
        "Otterscan's delegate calls have no value (Erigon)",
        lambda d: d.tracer == "ots_traceTransaction" and field(d) == "value" and d.ours is None,
    ),
    Explained(
        "internal operations are those within that lasted",
        lambda d: d.tracer == "ots_getInternalOperations" and d.kind == "length" and len(d.ours) < len(d.theirs),
    ),
)


@pytest.fixture(scope="module")
def found() -> list[Difference]:
    need_anvil(VERSION)
    sent, only_setting = transactions()
    here = node_here()
    result: list[Difference] = []

    def compare(name: str, what: str, ours: Any, theirs: Any) -> None:
        for path, kind, one, other in values_differ("", ours, theirs):
            if path.rpartition(".")[2] not in UNSHARED:
                result.append(Difference(name, what, path, kind, one, other))

    with FixedAnvil("--steps-tracing", paused=False) as there:
        for number, tx in enumerate(sent.values()):
            _send_to_both(here, there, tx, START + 100 + number)
        for name, tx in sent.items():
            if name in only_setting:
                continue
            tx_hash = "0x" + tx.hash.hex()
            for method in ("trace_transaction", "ots_traceTransaction", "ots_getInternalOperations",
                           "ots_getTransactionError"):  # fmt: skip
                compare(name, method, here.rpc(method, tx_hash), there.rpc(method, tx_hash))
            number = here.rpc("eth_getTransactionReceipt", tx_hash)["blockNumber"]
            ours, theirs = (
                node.rpc("trace_replayBlockTransactions", number, ["trace", "stateDiff"])[0] for node in (here, there)
            )
            for part in ("output", "trace", "stateDiff"):
                compare(name, part, ours[part], theirs[part])
            compare(name, "trace_block", here.rpc("trace_block", number), here.rpc("trace_transaction", tx_hash))
        for question in (
            {"fromBlock": "0xd", "toAddress": ["0x" + sent["create"].to.hex()]},
            {"fromBlock": "0xd", "toBlock": "0x30", "after": 3, "count": 4},
        ):
            compare("filter", "trace_filter", here.rpc("trace_filter", question), there.rpc("trace_filter", question))
    return result


def test_every_difference_in_call_frames_is_explained(found: list[Difference]) -> None:
    unexplained = unexplained_of(found, EXPLAINED)
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(unexplained)


def test_every_explanation_of_call_frames_is_still_needed(found: list[Difference]) -> None:
    assert [row.why for row in EXPLAINED if not any(map(row.fits, found))] == []
