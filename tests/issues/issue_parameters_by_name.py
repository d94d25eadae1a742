"""Parameters by name were refused: alloy sends anvil_reorg's as one object in place of the array.

JSON-RPC 2.0 lets a client send an object in place of the array, for any method.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest

from megadev import Devnet
from megadev.rpc.catalog import CATALOG
from megadev.rpc.client import RpcError
from megadev.rpc.dispatch import METHODS

HERE = "0x" + "11" * 20


@pytest.fixture
def net() -> Devnet:
    return Devnet(no_l1=True)


def by_name(net: Devnet, method: str, **params: object) -> object:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    answer = json.loads(net.l2.client.request(json.dumps(body).encode()))
    return answer["result"] if "result" in answer else answer["error"]


def test_a_reorganisation_as_alloy_asks_for_it(net: Devnet) -> None:
    net.rpc("anvil_mine", 2)
    old = net.rpc("eth_getBlockByNumber", "latest", False)
    assert by_name(net, "anvil_reorg", depth=1, tx_block_pairs=[]) is None
    new = net.rpc("eth_getBlockByNumber", "latest", False)
    assert (new["number"], new["hash"] != old["hash"]) == (old["number"], True)


@pytest.mark.parametrize("name", ["address", "Address", "account"])
@pytest.mark.parametrize("block", ["block", "Block", "blockNumber", "block_tag"])
def test_names_as_various_documents_have_them(net: Devnet, name: str, block: str) -> None:
    net.rpc("anvil_setBalance", HERE, "0x7")
    assert by_name(net, "eth_getBalance", **{block: "latest", name: HERE}) == "0x7"


@pytest.mark.parametrize(
    ("method", "params", "positional"),
    [
        ("eth_getBlockByNumber", {"Block": "0x0", "Hydrated transactions": True}, ["0x0", True]),
        ("eth_getStorageAt", {"Address": HERE, "Storage slot": "0x1", "Block": "latest"}, [HERE, "0x1", "latest"]),
        (
            "eth_feeHistory",
            {"blockCount": "0x1", "newestBlock": "latest", "rewardPercentiles": [50]},
            ["0x1", "latest", [50]],
        ),
        ("eth_call", {"transaction": {"to": HERE}, "block": "latest"}, [{"to": HERE}, "latest"]),
        ("eth_call", {"to": HERE, "data": "0x"}, [{"to": HERE, "data": "0x"}]),
        ("eth_getLogs", {"fromBlock": "0x0"}, [{"fromBlock": "0x0"}]),
        ("eth_getLogs", {"filter": {"address": HERE}}, [{"address": HERE}]),
        ("eth_getProof", {"Address": HERE, "StorageKeys": ["0x0"], "Block": "latest"}, [HERE, ["0x0"], "latest"]),
        ("web3_sha3", {"data": "0x68"}, ["0x68"]),
        ("eth_call", {"call": {"to": HERE}, "blockOverrides": {"number": "0x9"}}, [{"to": HERE}, None, None, {}]),
        ("eth_chainId", {}, []),
    ],
)
def test_parameters_by_name_give_the_same_answer(net: Devnet, method: str, params: dict, positional: list) -> None:
    assert by_name(net, method, **params) == net.rpc(method, *positional)


def test_members_of_an_options_object_can_be_given_by_name(net: Devnet) -> None:
    assert by_name(net, "evm_mine", blocks=3) == "0x0"
    assert by_name(net, "evm_mine") == "0x0"
    assert net.rpc("eth_blockNumber") == "0x4"
    accounts = net.rpc("eth_accounts")
    sent = by_name(net, "eth_sendTransaction", **{"from": accounts[0], "to": HERE, "value": "0x1"})
    assert net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"adress": HERE}, "eth_getBalance has no parameter 'adress': it takes address, block. Did you mean address?"),
        ({"address": HERE, "account": HERE}, "the parameter address of eth_getBalance is given twice"),
        ({"block": "latest"}, "invalid argument 0 (address)"),
        ({"address": 1}, "invalid argument 0 (address)"),
    ],
)
def test_an_invalid_parameter_is_named(net: Devnet, params: dict[str, object], words: str) -> None:
    error = by_name(net, "eth_getBalance", **params)
    assert isinstance(error, dict)
    assert error["code"] == -32602
    assert words in error["message"]


def test_every_method_takes_its_own_names() -> None:
    METHODS.complete()
    for entry in CATALOG:
        if entry.is_available:
            called = METHODS[entry.name]
            given = {name: index for index, name in enumerate(called.signature.parameters)}
            assert called.in_order(given) == list(range(len(given))), entry.name


@pytest.mark.parametrize(
    ("method", "params", "positional"),
    [
        ("eth_getTransactionCount", {"address": HERE, "block": "pending"}, [HERE, "pending"]),
        ("eth_getBlockTransactionCountByNumber", {"block": "pending"}, ["pending"]),
        ("debug_traceTransaction", {"hash": "0x" + "00" * 32}, ["0x" + "00" * 32]),
        ("eth_estimateGas", {"to": HERE, "gas": hex(2**60)}, [{"to": HERE, "gas": hex(2**60)}]),
    ],
)
def test_a_gateway_checks_parameters_by_name(method: str, params: dict, positional: list) -> None:
    with Devnet(no_l1=True, gateway_limits="public") as net:
        net.serve(port=0)
        answers = [ask(net.url, method, given) for given in (params, positional)]
    assert answers[0] == answers[1]


def ask(url: str, method: str, params: object) -> object:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    asked = urllib.request.Request(url, body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read())


def test_a_time_in_the_past_is_answered_as_anvil_does(net: Devnet) -> None:
    """alloy reads an unsigned number."""
    assert net.rpc("evm_setTime", 1_000) == 0
    assert net.rpc("anvil_setTime", 2_001) == 1_001
    with pytest.raises(RpcError):
        net.rpc("anvil_setTime", -5)
