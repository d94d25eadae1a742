"""``megadev parallel`` at a running node: what transactions contend for, by the names that an artifact gives."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from megadev.bench.contracts import load
from megadev.cli.main import cli
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import checksum_address, to_data
from tests.conftest import RunningNode

LAYOUT = {
    "storage": [{"label": "balanceOf", "slot": "0", "offset": 0, "type": "mapping", "contract": "BenchToken.sol:BenchToken"}],
    "types": {
        "mapping": {"encoding": "mapping", "label": "mapping(address => uint256)", "numberOfBytes": "32", "key": "address",
                    "value": "uint256"},
        "address": {"encoding": "inplace", "label": "address", "numberOfBytes": "20"},
        "uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"},
    },
}  # fmt: skip
SHOP = checksum_address(b"\x5b" * 20)


def said(node: RunningNode, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["parallel", *arguments, "--rpc-url", node.url])
    assert done.exit_code == code and (code or not done.exception), (done.output, done.exception)
    return done.output + str(done.exception or "")


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_conflicts_name_variables(megadev_up: Callable[..., RunningNode], preset: str) -> None:
    node = megadev_up("--no-l1", "--no-mining", "--preset", preset)
    token = load("BenchToken")
    senders = node.rpc("eth_accounts")
    deploy = node.rpc("eth_sendTransaction", {"from": senders[0], "data": to_data(token.creation)})
    node.rpc("evm_mine")
    place = node.rpc("eth_getTransactionReceipt", deploy)["contractAddress"]
    document = {"contractName": "BenchToken", "abi": token.abi, "storageLayout": LAYOUT}
    codes = {"bytecode": {"object": to_data(token.creation)}, "deployedBytecode": {"object": to_data(token.runtime)}}
    node.rpc("megadev_addArtifact", document | codes)

    # three that pay the same shop nothing, and one that has nothing to do with them
    pay = to_data(encode_call("transfer(address,uint256)", bytes.fromhex(SHOP[2:]), 0))
    sent = [
        node.rpc("eth_sendTransaction", {"from": sender, "to": place, "data": pay, "gas": "0x186a00"})
        for sender in senders[:3]
    ]
    sent.append(node.rpc("eth_sendTransaction", {"from": senders[3], "to": SHOP, "value": "0x1", "gas": "0x186a00"}))
    before = node.rpc("megadev_parallelism", "latest")
    node.rpc("evm_mine")
    block = node.rpc("eth_getTransactionReceipt", sent[0])["blockNumber"]
    assert node.rpc("eth_getTransactionReceipt", sent[3])["blockNumber"] == block and before["toBlock"] != block

    answer = node.rpc("megadev_parallelism", block)
    assert answer["reExecutions"] == "0x0" and answer["contended"] == [], "nothing was changed: all pay nothing"
    funded = to_data(encode_call("transfer(address,uint256)", bytes.fromhex(SHOP[2:]), 5))
    for sender in senders[:3]:
        node.rpc("anvil_dealERC20", sender, place, "0x64")
    sent = [
        node.rpc("eth_sendTransaction", {"from": sender, "to": place, "data": funded, "gas": "0x186a00"})
        for sender in [*senders[:3], senders[0]]
    ]
    node.rpc("evm_mine")
    block = node.rpc("eth_getTransactionReceipt", sent[0])["blockNumber"]
    answer = node.rpc("megadev_parallelism", block)
    worst = answer["contended"][0]
    assert (worst["contract"], worst["name"], worst["variables"]) == ("BenchToken", f"balanceOf[{SHOP}]", ["balanceOf"])
    assert (worst["kind"], worst["conflicts"], worst["transactions"]) == ("storage", "0x3", "0x4")
    assert answer["isExact"] and answer["reExecutions"] == "0x3"
    by_hash = {one["transactionHash"]: one for one in answer["accesses"]}
    assert [by_hash[tx]["wave"] for tx in sent] == ["0x0", "0x1", "0x2", "0x3"]
    nonces = [one for one in answer["contended"] if one["kind"] == "nonce" and one["conflicts"] == "0x1"]
    assert any(one["address"] == senders[0] for one in nonces)

    told = said(node, str(int(block, 16)))
    assert f"BenchToken.balanceOf[{SHOP}]" in told and "BenchToken: balanceOf 4" in told and "×" in told
    told = said(node, sent[1])
    assert f"waits for {sent[0]}: BenchToken.balanceOf[{SHOP}]" in told and f"holds up {sent[2]}" in told
    assert json.loads(said(node, "--json", block)) == answer
    assert "blocks" in said(node, "--blocks", "5", "--rows", "0")
    assert "neither a hash" in said(node, "0x12zz", code=1)
