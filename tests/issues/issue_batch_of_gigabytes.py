"""A batch of two megabytes could ask for gigabytes of answers, which were all collected before the first was sent."""

from __future__ import annotations

import json

from megadev import Devnet
from megadev.rpc.dispatch import BATCH_ANSWER_LIMIT

CODE_SIZE = 2_000_000
HERE = "0x" + "99" * 20


def test_past_a_limit_the_members_of_a_batch_are_refused() -> None:
    net = Devnet()
    net.rpc("anvil_setCode", HERE, "0x" + "5b" * CODE_SIZE)
    fitting = -(-BATCH_ANSWER_LIMIT // (2 * CODE_SIZE))
    batch: list[object] = [
        {"jsonrpc": "2.0", "id": n, "method": "eth_getCode", "params": [HERE, "latest"]} for n in range(fitting + 2)
    ]
    batch += [{"jsonrpc": "2.0", "method": "eth_chainId"}, 7, {"jsonrpc": "2.0", "id": "last", "method": "anvil_mine"}]
    answers = json.loads(net.l2.client.request(json.dumps(batch).encode()))
    assert [answer["id"] for answer in answers] == [*range(fitting + 2), None, "last"]
    assert all(len(answer["result"]) == 2 + 2 * CODE_SIZE for answer in answers[:fitting])
    assert [answer["error"]["code"] for answer in answers[fitting:]] == [-32003, -32003, -32600, -32003]
    assert "response too large" in answers[-1]["error"]["message"]
    assert net.rpc("eth_blockNumber") == "0x0", "what is refused does not run"
    assert "result" in json.loads(net.l2.client.request(json.dumps(batch[:1]).encode()))[0]
