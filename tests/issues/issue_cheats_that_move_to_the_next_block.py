"""What a cheat changed at the head was seen at its number until the next block was sealed, and then no more.

It belongs to the block at which it was made: balances at n and n + 1 differ by what block n + 1 did, as test matchers
(``changeEtherBalance``) take for granted, and as on Anvil and Hardhat.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.clock import StoppedClock
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from tests.units.rollup.chains import START

RICH = "0x" + "77" * 20
CODED = "0x" + "78" * 20
RETURNS_BALANCE = "0x" + "73" + "77" * 20 + "315f5260205ff3"  # BALANCE(RICH)
SLOT = "0x" + "00" * 31 + "01"


@pytest.fixture(params=["dev", "megaeth"])
def net(request: pytest.FixtureRequest) -> Iterator[Devnet]:
    with Devnet(preset=request.param, clock=StoppedClock(START), no_mining=True, l1_fee=False) as net:
        yield net


def answers(net: Devnet, number: int) -> dict[str, Any]:
    at = hex(number)
    balance = net.rpc("eth_call", {"to": CODED, "gas": "0x10000"}, at)
    return {
        "balance": net.rpc("eth_getBalance", RICH, at),
        "code": net.rpc("eth_getCode", CODED, at),
        "word": net.rpc("eth_getStorageAt", CODED, SLOT, at),
        "words": net.rpc("eth_getStorageValues", {CODED: [SLOT]}, at),
        "nonce": net.rpc("eth_getTransactionCount", RICH, at),
        "info": net.rpc("eth_getAccountInfo", RICH, at),
        "account": net.rpc("eth_getAccount", RICH, at),
        "call": balance,
        "traced": net.rpc("debug_traceCall", {"to": CODED, "gas": "0x10000"}, at, {"tracer": "prestateTracer"}),
        "simulated": net.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": [{"to": CODED}]}]}, at)[0]["calls"][0][
            "returnData"
        ],
        "proof": net.rpc("eth_getProof", RICH, [], at),
        "storage proof": net.rpc("eth_getProof", CODED, [SLOT], at),
    }


def cheat(net: Devnet) -> None:
    net.rpc("anvil_setBalance", RICH, "0x7")
    net.rpc("anvil_setNonce", RICH, "0x3")
    net.rpc("anvil_setCode", CODED, RETURNS_BALANCE)
    net.rpc("anvil_setStorageAt", CODED, SLOT, "0x" + "00" * 31 + "09")


def proven(proof: dict[str, Any], root: str) -> dict[str, Any] | None:
    """The account's leaf that ``proof`` leads to from ``root``: nonce and balance."""
    node, path = root, keccak(bytes.fromhex(proof["address"][2:])).hex()
    for encoded in proof["accountProof"]:
        raw = bytes.fromhex(encoded[2:])
        assert "0x" + keccak(raw).hex() == node
        fields: Any = rlp.decode(raw)
        if len(fields) == 2:
            nonce, balance, _, _ = rlp.decode(fields[1])  # type: ignore[misc]
            return {"nonce": hex(int.from_bytes(nonce, "big")), "balance": hex(int.from_bytes(balance, "big"))}  # type: ignore[arg-type]
        node, path = "0x" + fields[int(path[0], 16)].hex(), path[1:]
    return None


def test_answers_at_an_old_block_do_not_change(net: Devnet) -> None:
    net.rpc("anvil_mine", 2)
    before = answers(net, 1)
    cheat(net)
    at_head = answers(net, 2)
    assert at_head["balance"] == "0x7" and int(at_head["call"], 16) == int(at_head["simulated"], 16) == 7
    assert at_head["nonce"] == "0x3" and at_head["code"] == RETURNS_BALANCE and int(at_head["word"], 16) == 9
    assert at_head["proof"]["balance"] == "0x7" and at_head["storage proof"]["storageProof"][0]["value"] == "0x9"
    for _ in range(2):
        net.rpc("evm_mine")
        assert answers(net, 2) == at_head
        assert answers(net, 1) == before
    net.rpc("anvil_setBalance", RICH, "0x8")
    assert answers(net, 2) == at_head


def test_a_proof_names_its_root(net: Devnet) -> None:
    net.rpc("anvil_mine", 2)
    header = net.rpc("eth_getBlockByNumber", "0x2", False)
    assert "stateRoot" not in net.rpc("eth_getProof", RICH, [], "0x2")
    cheat(net)
    for _ in range(2):
        proof = net.rpc("eth_getProof", RICH, [], "0x2")
        assert proof["stateRoot"] != header["stateRoot"]
        assert proven(proof, proof["stateRoot"]) == {"nonce": "0x3", "balance": "0x7"}
        net.rpc("evm_mine")
    proof = net.rpc("eth_getProof", RICH, [], "latest")
    root = net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"]
    assert "stateRoot" not in proof and proven(proof, root) == {"nonce": "0x3", "balance": "0x7"}


def test_replays_see_the_cheat(net: Devnet) -> None:
    net.rpc("anvil_impersonateAccount", RICH)
    net.rpc("anvil_setBalance", RICH, hex(10**18))
    sent = net.rpc("eth_sendTransaction", {"from": RICH, "to": CODED, "value": "0x1", "gas": "0x10000"})
    net.rpc("evm_mine")
    number = net.rpc("eth_getTransactionReceipt", sent)["blockNumber"]
    prestate = net.rpc("debug_traceTransaction", sent, {"tracer": "prestateTracer"})
    assert prestate[RICH]["balance"] == net.rpc("eth_getBalance", RICH, hex(int(number, 16) - 1))
    state = net.rpc("trace_replayTransaction", sent, ["stateDiff"])["stateDiff"][RICH]["balance"]["*"]
    assert state["from"] == prestate[RICH]["balance"]


def test_a_cheat_belongs_to_its_block_not_the_next(net: Devnet) -> None:
    net.rpc("anvil_mine", 2)
    net.rpc("anvil_setBalance", RICH, "0x7")
    net.rpc("anvil_mine", 2)
    net.rpc("anvil_setBalance", RICH, "0x9")
    net.rpc("anvil_rollback", 2)
    assert net.rpc("eth_getBalance", RICH) == "0x7"
    net.rpc("anvil_mine", 2)
    net.rpc("anvil_reorg", 2)
    assert net.rpc("eth_getBalance", RICH) == net.rpc("eth_getBalance", RICH, "0x2") == "0x7"
    assert net.rpc("eth_getBalance", RICH, "0x1") == "0x0"
    net.rpc("anvil_rollback", 3)
    assert net.rpc("eth_getBalance", RICH) == "0x0"


def test_a_dump_with_history_keeps_the_cheat_where_it_was(net: Devnet) -> None:
    net.rpc("anvil_mine", 2)
    cheat(net)
    net.rpc("anvil_mine", 2)
    before = answers(net, 2)
    dump = net.rpc("anvil_dumpState", True)
    document = json.loads(gzip.decompress(bytes.fromhex(dump[2:])))
    assert document["historical_states"][2][1]["accounts"][RICH]["balance"] == "0x7"
    with Devnet(preset=net.config.preset, clock=StoppedClock(START), no_mining=True, l1_fee=False) as again:
        again.rpc("anvil_loadState", dump)
        assert answers(again, 2) == before
