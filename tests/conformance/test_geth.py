"""A chain made here is taken in by go-ethereum, every root of it, and both answer alike about it."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode_call
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.geth import Geth

pytestmark = [pytest.mark.geth, pytest.mark.slow]

TIMES = ("shanghaiTime", "cancunTime", "pragueTime", "osakaTime")
HARDFORKS = ("paris", "shanghai", "cancun", "prague", "osaka")
VALIDATORS_CONTRACTS = ("0x00000961ef480eb55e80d19ad83579a64c007002", "0x0000bbddc7ce488642fb579f8b00f3a590007251")
"""EIP-7002's and EIP-7251's, which geth calls at the end of each block; code that does nothing stands in for them."""
BLOBS = {"target": 6, "max": 9, "baseFeeUpdateFraction": 5007716}
NOBODY, NO_HASH = "0x" + "de" * 20, "0x" + "00" * 32
NOT_OF_BLOCKS = {"totalDifficulty"}
"""What geth left out of blocks with the merge, and clients still read."""


def genesis_of(hardfork: str) -> dict[str, Any]:
    """One in geth's format with the accounts that a chain begins with here."""
    since = TIMES[: HARDFORKS.index(hardfork)]
    names = ("homestead", "eip150", "eip155", "eip158", "byzantium", "constantinople", "petersburg", "istanbul")
    blocks = {f"{name}Block": 0 for name in (*names, "berlin", "london", "mergeNetsplit")}
    schedule = {name.removesuffix("Time"): BLOBS for name in since[1:]}
    config = {"chainId": 31337, **blocks, **dict.fromkeys(since, 0), "terminalTotalDifficulty": 0}
    with Devnet(no_l1=True, hardfork=hardfork) as net:
        dumped = json.loads(gzip.decompress(bytes.fromhex(net.rpc("anvil_dumpState")[2:])))
    alloc = {
        address: account | {"nonce": hex(account["nonce"])}
        for address, account in dumped["accounts"].items()
    } | {address: {"code": "0x00", "balance": "0x0", "nonce": "0x1"} for address in VALIDATORS_CONTRACTS}  # fmt: skip
    return {
        "config": config | ({"blobSchedule": schedule} if schedule else {}),
        "nonce": "0x0", "timestamp": "0x65000000", "extraData": "0x", "gasLimit": "0x1c9c380", "difficulty": "0x0",
        "mixHash": NO_HASH, "coinbase": "0x" + "00" * 20, "alloc": alloc, "baseFeePerGas": "0x3b9aca00",
    }  # fmt: skip


class Made:
    """A chain with a bit of everything."""

    def __init__(self, net: Devnet) -> None:
        self.net = net
        self.accounts = [account.address for account in net.accounts]
        self.hashes: list[str] = []
        self.contracts = {
            name: self._deployed(name) for name in ("Counter", "Factory", "Logger", "Reverter", "Storage")
        }
        alice, bob, carol, *_ = self.accounts
        self._call(alice, "Counter", "increment()")
        self._call(bob, "Logger", "each(uint256,uint256,uint256,bytes)", 1, 2, 3, b"hello")
        self._call(carol, "Storage", "churn(uint256,uint256)", 1, 9)
        net.rpc("evm_mine")
        for call in ("withReason()", "withNested()", "withNothing()", "caught()"):
            self._call(bob, "Reverter", call)
        self._call(carol, "Factory", "create2(uint256,bytes32)", 5, bytes(32))
        self._call(carol, "Factory", "createAndDestroy(uint256,bytes32,address)", 7, b"\2" * 32, b"\7" * 20)
        keys = [{"address": bob, "storageKeys": [NO_HASH]}]
        self._send(**{"from": alice, "to": carol, "value": "0x5", "accessList": keys, "gasPrice": hex(3 * 10**9)})
        for _ in range(3):
            net.rpc("evm_mine")
        self.head = int(net.rpc("eth_blockNumber"), 16)

    def _send(self, **fields: Any) -> str:
        self.hashes.append(self.net.rpc("eth_sendTransaction", {"gas": "0x4c4b40"} | fields))
        return self.hashes[-1]

    def _deployed(self, name: str) -> str:
        sent = self._send(**{"from": self.accounts[0], "data": "0x" + load(name).creation.hex()})
        self.net.rpc("evm_mine")
        return str(self.net.rpc("eth_getTransactionReceipt", sent)["contractAddress"])

    def _call(self, sender: str, contract: str, call: str, *arguments: Any) -> None:
        data = "0x" + encode_call(call, *arguments).hex()
        self._send(**{"from": sender, "to": self.contracts[contract], "data": data})

    def blocks(self) -> bytes:
        rows = [self.net.rpc("debug_getRawBlock", hex(number)) for number in range(1, self.head + 1)]
        return bytes.fromhex("".join(row[2:] for row in rows))

    def answer(self, method: str, *params: Any) -> dict[str, Any]:
        try:
            return {"result": self.net.rpc(method, *params)}
        except RpcError as error:
            return {"error": {"code": error.code, "message": error.message}}


@pytest.mark.parametrize("hardfork", HARDFORKS)
def test_geth_takes_in_a_chain_of_each_hardfork_and_answers_alike(hardfork: str, tmp_path: Path) -> None:
    genesis = genesis_of(hardfork)
    path = tmp_path / "init.json"
    path.write_text(json.dumps(genesis))
    with Devnet(init=path, no_l1=True, no_mining=True, hardfork=hardfork) as net:
        made = Made(net)
        with Geth(tmp_path, genesis, made.blocks()) as geth:
            different = []
            for method, *params in questions(made, steps=hardfork != "paris"):
                theirs, ours = geth.answer(method, *params), made.answer(method, *params)
                if comparable(theirs) != comparable(ours):
                    different.append((method, params, theirs, ours))
            assert not different, (len(different), *different[:3])


def questions(made: Made, *, steps: bool) -> Iterator[list[Any]]:
    """Methods with parameters. ``steps``: struct logs too; geth's leave out the error of an opcode that is not there,
    as PUSH0 was not before Shanghai.
    """
    alice, contracts = made.accounts[0], made.contracts
    number = {"to": contracts["Counter"], "data": "0x" + encode_call("number()").hex()}
    increment = {"from": alice, "to": contracts["Counter"], "data": "0x" + encode_call("increment()").hex()}
    for block in ("0x0", "0x3", "0x6", "0x7", hex(made.head), "latest", "earliest"):
        for method in (
            "eth_getBlockReceipts", "eth_getBlockTransactionCountByNumber", "debug_getRawBlock", "debug_getRawHeader",
            "debug_getRawReceipts", "eth_getUncleCountByBlockNumber",
        ):  # fmt: skip
            yield [method, block]
        for full in (True, False):
            yield ["eth_getBlockByNumber", block, full]
        yield ["eth_getBalance", alice, block]
        yield ["eth_getTransactionCount", alice, block]
        yield ["eth_getCode", contracts["Counter"], block]
        yield ["eth_getStorageAt", contracts["Counter"], "0x0", block]
        yield ["eth_getProof", alice, [], block]
        yield ["eth_call", number, block]
        yield ["eth_getTransactionByBlockNumberAndIndex", block, "0x0"]
        yield ["eth_feeHistory", "0x3", block, [5, 50, 95]]
        for options in (
            *([{}, {"enableMemory": True, "enableReturnData": True}] if steps else []),
            *({"tracer": name} for name in ("callTracer", "prestateTracer", "4byteTracer", "flatCallTracer")),
            {"tracer": "callTracer", "tracerConfig": {"withLog": True}},
        ):
            yield ["debug_traceBlockByNumber", block, options]
        yield ["eth_simulateV1", {"blockStateCalls": [{"calls": [number, increment]}, {"calls": [increment]}]}, block]
    for sent in (*made.hashes, NO_HASH):
        yield ["eth_getTransactionByHash", sent]
        yield ["eth_getTransactionReceipt", sent]
        yield ["debug_traceTransaction", sent, {"tracer": "callTracer"}]
    for criteria in (
        {"fromBlock": "0x0"},
        {"fromBlock": "0x0", "address": contracts["Logger"], "topics": [None, ["0x" + "00" * 31 + "01"]]},
        {"fromBlock": "0x5", "toBlock": "0x2"},
        {"fromBlock": "0xff"},
        {"blockHash": NO_HASH},
    ):
        yield ["eth_getLogs", criteria]
    for odd in ("0x", "1", "", "0xg", "0x1ffffffffffffffff", True, {}, "-0x1", "Latest"):
        yield ["eth_getBalance", alice, odd]
        yield ["eth_call", {"to": NOBODY, "value": odd if odd not in ("0x1ffffffffffffffff", "") else "x"}, "latest"]
        yield ["eth_getTransactionByBlockNumberAndIndex", "0x1", odd or "x"]
        yield ["eth_getBlockByHash", odd, False]
        yield ["eth_getLogs", {"address": odd or "x"}]
    for odd in ("0x" + "00" * 33, "0x" + "0" * 65, "asdf", True, {}):
        yield ["eth_getStorageAt", contracts["Counter"], odd, "latest"]
        yield ["eth_getProof", contracts["Counter"], [odd], "latest"]


def comparable(answer: dict[str, Any]) -> Any:
    """What must be the same: results but for how addresses are written, and errors' codes."""
    return answer["error"]["code"] if "error" in answer else _lowered(answer.get("result"))


def _lowered(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _lowered(item) for name, item in value.items() if name not in NOT_OF_BLOCKS}
    if isinstance(value, list):
        return [_lowered(item) for item in value]
    return value.lower() if isinstance(value, str) else value
