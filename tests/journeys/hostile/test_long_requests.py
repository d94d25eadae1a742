"""Requests that take long, beside clients that ask for little: nobody waits for what another asked."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable
from typing import Any

from tests.journeys.hostile.heartbeat import ALICE, BOB, CODES, DEEP, LOOP


def test_an_endless_call_is_ended_and_holds_up_no_other_read(megadev_up: Callable[..., Any]) -> None:
    node = megadev_up("--call-timeout", "1", "--gas-limit", "1000000000000")
    node.rpc("anvil_setCode", DEEP, CODES[DEEP])
    call = {"to": DEEP, "gas": hex(10**12)}
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]}).encode()
    answers: list[Any] = []

    def ask() -> None:
        with urllib.request.urlopen(urllib.request.Request(node.url, body), timeout=120) as response:
            answers.append(json.load(response))

    asking = [threading.Thread(target=ask) for _ in range(3)]
    for one in asking:
        one.start()
    assert node.rpc("eth_call", {"to": BOB, "data": "0x"}, "latest") == "0x"
    for one in asking:
        one.join()
    assert ["execution aborted" in answer["error"]["message"] for answer in answers] == [True] * 3


def test_reads_are_answered_while_a_transaction_runs(megadev_up: Callable[..., Any]) -> None:
    node = megadev_up()
    node.rpc("anvil_setCode", LOOP, CODES["0x" + "c0de" + f"{9:036x}"])  # two calls in each, without end
    sent: list[str] = []
    running = threading.Thread(
        target=lambda: sent.append(node.rpc("eth_sendTransaction", {"from": ALICE, "to": LOOP, "gas": hex(3_000_000)}))
    )
    running.start()
    while running.is_alive():
        assert node.rpc("eth_chainId") == "0x7a69"
    running.join()
    assert node.rpc("eth_getTransactionReceipt", sent[0])["blockNumber"] is not None
    assert node.rpc("evm_mine") == "0x0"
