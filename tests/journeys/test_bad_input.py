"""What clients get wrong: each mistake is answered with the right code in words that say what to do, and changes nothing.

One node serves all of these tests; that they can share it is half of what they prove.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from eth_account import Account

from megadev import Devnet
from megadev.chain.blobs import sidecar_of, versioned_hash
from megadev.chain.transactions import (
    UnsignedTransaction,
    decode_transaction,
    deposit_transaction,
    encode_network_form,
    sign_transaction,
)
from megadev.primitives import rlp
from megadev.primitives.signatures import SECP256K1_N
from megadev.rpc.client import RpcError
from tests.stage.refusals import refusal

GWEI, ETHER = 10**9, 10**18
NOBODY = "0x" + "99" * 20
ABSENT = "0x" + "ab" * 32
LOG_AND_RETURN = "0x60016000526001602060006000a160206000f3"
PARSE, REQUEST, METHOD, PARAMS = -32700, -32600, -32601, -32602
SERVER, REJECTED = -32000, -32003


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(timestamp=1_700_000_000, manual_clock=True) as net:
        net.dispatcher.on_defect = lambda method, error: defects.append(error)
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address, "value": "0x1"})
        net.rpc("anvil_setCode", "0x" + "c0" * 20, "0x5b5f56")
        net.rpc("anvil_mine")
        yield net


defects: list[BaseException] = []


@pytest.fixture(autouse=True)
def nothing_changes(net: Devnet) -> Iterator[None]:
    """Every test here leaves the node exactly as it was, and without a defect to report."""
    before = present(net)
    yield
    assert defects == []
    assert present(net) == before


def present(net: Devnet) -> tuple[Any, ...]:
    net.node.settle()
    chain = net.l2.chain
    return (
        chain.head.hash,
        chain.head.header.state_root,
        chain.sequencer.irregular,
        [tx.hash for tx in chain.pool.transactions()],
        chain.sequencer.blocks,
        net.node.l2.time.settings,
        net.rpc("eth_getTransactionCount", net.accounts[0].address, "pending"),
        net.rpc("eth_blockNumber"),
        net.rpc("eth_accounts"),
    )


def answer(net: Devnet, body: bytes | str) -> Any:
    text = net.l2.client.request(body if isinstance(body, bytes) else body.encode())
    return json.loads(text) if text else None


# -- the envelope ---------------------------------------------------------------------------------------------------------

GOOD = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}'


@pytest.mark.parametrize(
    ("body", "code", "request_id"),
    [
        ("", PARSE, None),
        (" \n", PARSE, None),
        ("{", PARSE, None),
        (GOOD[:-1], PARSE, None),
        (GOOD + "x", PARSE, None),
        ("\ufeff" + GOOD, PARSE, None),
        (b"\xff\xfe\x00", PARSE, None),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_\xff"}', PARSE, None),
        (r'{"jsonrpc":"2.0","id":1,"method":"eth_\ud800"}', PARSE, None),
        ("{'jsonrpc':'2.0'}", PARSE, None),
        ('{"jsonrpc":"2.0","id":01,"method":"eth_chainId"}', PARSE, None),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[NaN]}', PARSE, None),
        ("[" * 100_000, PARSE, None),
        ('{"a":' * 100_000, PARSE, None),
        (GOOD[:-1] + ',"params":' + "[" * 5_000 + "]" * 5_000 + "}", PARSE, None),
        ("null", REQUEST, None),
        ("1", REQUEST, None),
        ('"eth_chainId"', REQUEST, None),
        ("{}", REQUEST, None),
        ("[]", REQUEST, None),
        ('{"id":1,"method":"eth_chainId"}', REQUEST, 1),
        ('{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', REQUEST, 1),
        ('{"jsonrpc":2.0,"id":1,"method":"eth_chainId"}', REQUEST, 1),
        ('{"jsonrpc":"2.0","id":1}', REQUEST, 1),
        ('{"jsonrpc":"2.0","id":1,"method":7}', REQUEST, 1),
        ('{"jsonrpc":"2.0","id":[1],"method":"eth_chainId"}', REQUEST, None),
        ('{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', REQUEST, None),
        ('{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', REQUEST, None),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[1e400]}', REQUEST, None),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[' + "9" * 5_000 + "]}", REQUEST, None),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_nothing"}', METHOD, 1),
        ('{"jsonrpc":"2.0","id":1,"method":""}', METHOD, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"ETH_CHAINID"}', METHOD, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{"a":1}}', PARAMS, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"latest"}', PARAMS, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', PARAMS, 1),
        ('{"jsonrpc":"2.0","id":1,"method":"eth_getBalance"}', PARAMS, 1),
        (GOOD[:-1] + ',"method":"eth_getBalance","params":' + "[" * 500 + "]" * 500 + "}", PARAMS, 1),
    ],
)
def test_an_invalid_request_gets_an_error(net: Devnet, body: str | bytes, code: int, request_id: Any) -> None:
    told = answer(net, body)
    assert (told["error"]["code"], told["id"]) == (code, request_id)
    assert told["error"]["message"]


@pytest.mark.parametrize(
    "request_id", ["1e400", "1.50", "-0", "null", '""', '"' + "x" * 100_000 + '"', "1" * 4_000, r'"\u00e9\n"']
)
def test_an_id_is_returned_unchanged(net: Devnet, request_id: str) -> None:
    body = f'{{"jsonrpc":"2.0","id":{request_id},"method":"eth_chainId"}}'
    assert net.l2.client.request(body.encode()) == f'{{"jsonrpc":"2.0","id":{request_id},"result":"0x7a69"}}'.encode()


def test_the_members_of_a_batch_fail_one_by_one(net: Devnet) -> None:
    told = answer(
        net,
        f'[{GOOD},1,[],{{}},{GOOD},{{"jsonrpc":"2.0","method":"eth_chainId"}},{{"jsonrpc":"2.0","id":1,"method":"eth_no"}}]',
    )
    assert [member.get("result") or member["error"]["code"] for member in told] == [
        "0x7a69",
        REQUEST,
        REQUEST,
        REQUEST,
        "0x7a69",
        METHOD,
    ], "in order, duplicate ids each on their own, and no answer to the notification"


@pytest.mark.parametrize("params", ["[]", "[1,2,3]", '{"a":1}', '["0x"]'])
def test_a_notification_is_never_answered_not_even_when_it_fails(net: Devnet, params: str) -> None:
    assert answer(net, f'{{"jsonrpc":"2.0","method":"eth_getBalance","params":{params}}}') is None
    assert answer(net, '[{"jsonrpc":"2.0","method":"eth_nothing"}]') is None


# -- parameters -----------------------------------------------------------------------------------------------------------

NOT_HEX = ["", "0x0g", "0xzz", "zz" * 20, "0x１２", "0x+1", "0x 1", " 0x1", "0x1\n", "１", "0x-1", "-0x1", "1_000"]
NOT_TEXT = [None, True, False, [], {}, ["0x1"], {"hex": "0x1"}]
TOO_LARGE = [
    2**256,
    2**300,
    hex(2**256),
    hex(2**300),
    str(2**256),
    "9" * 79,
    1e300,
    10**400,
    -1,
    "-1",
    1.5,
    "1.5",
    "1e18",
]
NOT_BYTES = ["0x0", "0x123", "00", "0x" + "g0" * 20, "0x" + " 0" * 20, 0, 255, *NOT_HEX[:4], *NOT_TEXT[1:]]
NOT_ADDRESSES = [
    *NOT_BYTES,
    "0x",
    "0x00",
    "0x" + "00" * 19,
    "0x" + "00" * 21,
    "0x" + "00" * 32,
    "00" * 20,
    "vitalik.eth",
    2**160 - 1,
]
NOT_BLOCKS = [
    *NOT_TEXT[1:], *NOT_HEX, "newest", "LATEST", " latest", hex(2**64), 2**64, -1, 1.5, 2**300, "0x" + "0" * 90,
    {"blockNumber": "0x1", "blockHash": ABSENT}, {"blockNumber": None}, {"blockHash": "0x1"}, {"blockNumber": "newest"},
    {"number": "0x1"}, {"blockHash": ABSENT, "requireCanonical": "yes"},
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "params", "position", "bad"),
    [
        ("eth_getBalance", [NOBODY], 0, NOT_ADDRESSES),
        ("eth_getBalance", [NOBODY, "latest"], 1, NOT_BLOCKS),
        ("eth_getTransactionByHash", [ABSENT], 0, [*NOT_BYTES, "0x", "0x" + "00" * 20, ABSENT[2:], ABSENT + "00"]),
        ("eth_getStorageAt", [NOBODY, "0x0", "latest"], 1, [*NOT_HEX, *TOO_LARGE, *NOT_TEXT]),
        ("web3_sha3", ["0x"], 0, [value for value in NOT_BYTES if value != ""]),
        ("eth_sendRawTransaction", ["0x"], 0, NOT_BYTES),
        ("eth_getBlockByNumber", ["0x0", False], 1, ["true", 1, "0x1", [], {}]),
        ("anvil_setBalance", [NOBODY, "0x1"], 1, [*NOT_HEX, *TOO_LARGE, *NOT_TEXT]),
        ("anvil_setNonce", [NOBODY, "0x1"], 1, [*NOT_HEX, *TOO_LARGE, *NOT_TEXT, 2**64, hex(2**64), 2**64 - 1]),
        ("anvil_setStorageAt", [NOBODY, "0x0", ABSENT], 2, [*NOT_BYTES, "0x01", ABSENT + "00"]),
        ("anvil_setBlockGasLimit", ["0x1"], 0, [0, 2**63, 2**64, 2**256, -1, *NOT_TEXT]),
        ("anvil_mine", ["0x1"], 0, [2**64 - 1, 2**64, -1, 1.5, *NOT_TEXT[1:]]),
        ("anvil_mine", ["0x2", "0x1"], 1, [2**63, 2**64 - 1, 2**64, -1]),
        ("evm_setNextBlockTimestamp", [0], 0, [0, 1_600_000_000, -1, 2**64, *NOT_TEXT]),
        ("evm_increaseTime", [1], 0, [2**63, 2**64 - 1, 2**64, -1, *NOT_TEXT]),
        ("anvil_setBlockTimestampInterval", [1], 0, [2**33, 2**64 - 1, 2**64, -1, *NOT_TEXT]),
        ("evm_setIntervalMining", [1], 0, [10**9, 1e9, 2**64 - 1, 1e300, -1, -0.5, *NOT_TEXT]),
        ("eth_feeHistory", ["0x1", "latest", [50]], 0, [*TOO_LARGE, *NOT_TEXT]),
        ("eth_feeHistory", ["0x1", "latest", [50]], 2, [[-1], [101], [50, 25], ["50"], [10**400], [1e300], [None], 50, {}, [0] * 101]),
        ("eth_getLogs", [{}], 0, [
            [], "latest", {"topics": [[[]]]}, {"topics": ["0x1"]}, {"topics": [None] * 5}, {"topics": {}}, {"address": "0x1"},
            {"address": [NOBODY, 1]}, {"fromBlock": "newest"}, {"fromBlock": -1}, {"blockHash": ABSENT, "fromBlock": "0x0"},
            {"blockHash": "0x1"}, {"toBlock": hex(2**64)},
        ]),
        ("eth_call", [{}], 0, [
            [], "0x", {"to": "0x1"}, {"from": 1}, {"gas": -1}, {"gas": 2**64}, {"gas": hex(2**300)}, {"value": 2**256}, {"data": "0x1"},
            {"data": "0x00", "input": "0x01"}, {"gasPrice": "0x1", "maxFeePerGas": "0x1"}, {"nonce": 2**64}, {"chainId": "0x1"},
            {"accessList": [{}]}, {"accessList": {}}, {"accessList": [{"address": NOBODY, "storageKeys": [2**256]}]},
            {"authorizationList": [{}]}, {"blobVersionedHashes": ["0x01"]},
        ]),
        ("eth_call", [{}, "latest", {}], 2, [
            [], {"0x1": {}}, {NOBODY: []}, {NOBODY: {"balance": 2**256}}, {NOBODY: {"nonce": 2**64}}, {NOBODY: {"storage": {}}},
            {NOBODY: {"state": {"0x0": 2**256}}},
        ]),
        ("eth_call", [{}, "latest", None, {}], 3, [[], {"gasLimit": 2**64}, {"time": -1}, {"hash": ABSENT}, {"blockHash": {"x": ABSENT}}]),
        ("eth_simulateV1", [{"blockStateCalls": [{}]}, "latest"], 0, [
            {}, [], {"blockStateCalls": []}, {"blockStateCalls": {}}, {"blockStateCalls": [1]}, {"blockStateCalls": [{"calls": [1]}]},
            {"blockStateCalls": [{"blockOverrides": {"withdrawals": [1]}}]}, {"blockStateCalls": [{}], "validation": 1},
        ]),
        ("eth_getProof", [NOBODY, [], "latest"], 1, ["0x0", ["0x"], [2**256], [None], ["0x0"] * 1_025]),
        ("personal_importRawKey", [ABSENT], 0, ["0x" + "00" * 32, "0x" + "ff" * 32, f"0x{SECP256K1_N:064x}", "0x01", *NOT_TEXT]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_wrong_parameter_is_named(net: Devnet, method: str, params: list[Any], position: int, bad: list[Any]) -> None:
    for value in bad:
        error = refusal(net, method, *params[:position], value, *params[position + 1 :])
        assert error.code == PARAMS, f"{value!r}: {error}"
        assert len(error.message) < 1_000, "a long value is not sent back"


def test_quantities_may_be_spelled_as_clients_spell_them(net: Devnet) -> None:
    for spelling in ("0x1", "0X1", "0x0001", 1, 1.0):
        assert net.rpc("eth_getBlockByNumber", spelling)["number"] == "0x1"


def test_simulations_beyond_the_limits_get_the_codes_of_the_specification(net: Devnet) -> None:
    assert refusal(net, "eth_simulateV1", {"blockStateCalls": [{}] * 257}).code == -38026
    assert (
        refusal(net, "eth_simulateV1", {"blockStateCalls": [{"blockOverrides": {"number": hex(2**64 - 1)}}]}).code
        == -38026
    )
    assert refusal(net, "eth_simulateV1", {"blockStateCalls": [{"blockOverrides": {"number": "0x0"}}]}).code == -38020
    assert refusal(net, "eth_simulateV1", {"blockStateCalls": [{"blockOverrides": {"time": "0x0"}}]}).code == -38021
    over = {"blockStateCalls": [{"calls": [{"gas": hex(2**64 - 1)}]}]}
    assert refusal(net, "eth_simulateV1", over).code == -38015


# -- blocks that are not there --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "block",
    [
        "0x3", hex(2**63), hex(2**64 - 1), 1_000_000, ABSENT, "0x" + "00" * 32, {"blockNumber": "0x3"}, {"blockHash": ABSENT},
        {"blockHash": ABSENT, "requireCanonical": True},
    ],
    ids=str,
)  # fmt: skip
def test_state_at_an_unknown_block_is_an_error_and_the_block_itself_null(net: Devnet, block: Any) -> None:
    for method, params in (
        ("eth_getBalance", [NOBODY]),
        ("eth_getCode", [NOBODY]),
        ("eth_getStorageAt", [NOBODY, "0x0"]),
        ("eth_getTransactionCount", [NOBODY]),
        ("eth_getProof", [NOBODY, []]),
        ("eth_call", [{"to": NOBODY}]),
        ("eth_estimateGas", [{"to": NOBODY}]),
        ("eth_createAccessList", [{"to": NOBODY}]),
        ("eth_simulateV1", [{"blockStateCalls": [{}]}]),
        ("eth_feeHistory", ["0x1"]),
    ):
        error = refusal(net, method, *params, block)
        assert error.code == SERVER, method
        assert re.search(r"header not found|unknown block", error.message), error.message
    assert net.rpc("eth_getBlockReceipts", block) is None
    if not isinstance(block, dict) and len(str(block)) < 66:
        assert net.rpc("eth_getBlockByNumber", block) is None
        assert net.rpc("eth_getTransactionByBlockNumberAndIndex", block, hex(2**64 - 1)) is None
        assert refusal(net, "eth_getLogs", {"fromBlock": block, "toBlock": block}).code == PARAMS
    elif isinstance(block, str):
        assert net.rpc("eth_getBlockByHash", block) is None
        assert refusal(net, "eth_getLogs", {"blockHash": block}).code == SERVER


def test_a_missing_object_is_null_or_an_error(net: Devnet) -> None:
    for method in (
        "eth_getTransactionByHash",
        "eth_getTransactionReceipt",
        "eth_getRawTransactionByHash",
        "anvil_dropTransaction",
    ):
        assert net.rpc(method, ABSENT) is None
    for filter_id in ("0x1", "", "no filter", "0x" + "f" * 5_000):
        assert refusal(net, "eth_getFilterChanges", filter_id).code == SERVER
        assert net.rpc("eth_uninstallFilter", filter_id) is False
    assert net.rpc("anvil_revert", hex(2**256 - 1)) is False
    assert refusal(net, "eth_subscribe", "newHeads").code == METHOD, "not over this transport"


# -- transactions that cannot be ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"nonce": 0}, REJECTED, "nonce too low"),
        ({"nonce": 2**64 - 1}, REJECTED, "nonce has max value"),
        ({"value": 10_000 * ETHER}, REJECTED, "insufficient funds for gas . price . value"),
        ({"value": 2**256 - 1}, REJECTED, "insufficient funds"),
        ({"maxFeePerGas": 2**256 - 1}, REJECTED, "insufficient funds"),
        ({"gas": 0}, SERVER, "intrinsic gas too low"),
        ({"gas": 20_999}, SERVER, "intrinsic gas too low"),
        ({"data": "0x" + "ff" * 1_000, "gas": 21_000 + 16_000}, SERVER, "intrinsic gas too low"),
        ({"data": "0x" + "ff" * 1_000, "gas": 21_000 + 39_999}, SERVER, "intrinsic gas too low"),
        ({"gas": 30_000_001}, SERVER, "exceeds block gas limit|gas limit too high"),
        ({"gas": 2**64 - 1}, SERVER, "exceeds block gas limit|gas limit too high"),
        ({"maxFeePerGas": 0, "maxPriorityFeePerGas": 0}, REJECTED, "max fee per gas less than block base fee"),
        ({"maxFeePerGas": GWEI, "maxPriorityFeePerGas": GWEI + 1}, REJECTED, "max priority fee per gas higher than max fee per gas"),
        ({"chainId": 1}, PARAMS, "invalid chain id for signer"),
        ({"chainId": 2**64}, PARAMS, "invalid chain id for signer"),
        ({"to": None, "data": "0x" + "00" * 49_153, "gas": 1_000_000}, REJECTED, "max initcode size exceeded"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("who_signs", ["the caller", "the node"])
def test_a_transaction_that_the_chain_refuses(
    net: Devnet, who_signs: str, fields: dict[str, Any], code: int, words: str
) -> None:
    request = {
        "chainId": 31337, "nonce": 1, "gas": 30_000, "to": NOBODY, "value": 0, "maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": 0,
    } | fields  # fmt: skip
    if who_signs == "the caller":
        raw = sign_transaction(
            UnsignedTransaction(
                type=2,
                chain_id=request["chainId"],
                nonce=request["nonce"],
                gas_limit=request["gas"],
                to=None if request["to"] is None else bytes.fromhex(request["to"][2:]),
                value=request["value"],
                data=bytes.fromhex(request.get("data", "0x")[2:]),
                max_fee_per_gas=request["maxFeePerGas"],
                max_priority_fee_per_gas=request["maxPriorityFeePerGas"],
            ),
            net.accounts[0].raw_key,
        )
        error = refusal(net, "eth_sendRawTransaction", "0x" + raw.encoded.hex())
        assert refusal(net, "eth_sendRawTransactionSync", "0x" + raw.encoded.hex(), 1).code == error.code
    else:
        request = {name: hex(value) if isinstance(value, int) else value for name, value in request.items()}
        error = refusal(net, "eth_sendTransaction", {"from": net.accounts[0].address, **request})
    assert error.code == code, error
    assert re.search(words, error.message), error.message


def test_a_transaction_is_taken_once(net: Devnet) -> None:
    mined = net.l2.chain.store.blocks(1, 1)[0].transactions[0]
    error = refusal(net, "eth_sendRawTransaction", "0x" + mined.encoded.hex())
    assert (error.code, error.message[:13]) == (REJECTED, "nonce too low")


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        ({"from": NOBODY}, SERVER, "unknown account"),
        ({"type": "0x5"}, REJECTED, "transaction type not (supported|valid)"),
        ({"type": "0x7e"}, REJECTED, "transaction type not (supported|valid)"),
        ({"type": "0x7f"}, REJECTED, "transaction type not (supported|valid)"),
        ({"type": hex(2**64 - 1)}, REJECTED, "transaction type not (supported|valid)"),
        ({"sourceHash": ABSENT, "mint": "0x1"}, REJECTED, "transaction type not (supported|valid)"),
        ({"type": "0x0", "maxFeePerGas": "0x1"}, PARAMS, "gasPrice"),
        ({"type": "0x2", "gasPrice": "0x1"}, PARAMS, "gasPrice"),
        ({"type": "0x0", "accessList": [{"address": NOBODY, "storageKeys": []}]}, PARAMS, "access list"),
        ({"blobVersionedHashes": [ABSENT]}, PARAMS, "blobs"),
        ({"blobs": ["0x00"]}, REJECTED, "blob"),
        ({"blobs": []}, REJECTED, "blob"),
        ({"authorizationList": []}, REJECTED, "auth"),
        ({"authorizationList": [], "to": None}, REJECTED, "EIP-7702|authorization"),
    ],
    ids=str,
)
def test_a_request_to_send_that_cannot_be_met(net: Devnet, request_: dict[str, Any], code: int, words: str) -> None:
    request = {"from": net.accounts[0].address, "to": NOBODY, "gas": "0xffff", **request_}
    error = refusal(net, "eth_sendTransaction", request)
    assert error.code == code, error
    assert re.search(words, error.message), error.message


# -- raw transactions -----------------------------------------------------------------------------------------------------


def transactions(net: Devnet) -> dict[int, bytes]:
    """One transaction of each type that would be taken as it is (or, type 3, with its blobs)."""
    key = net.accounts[2].raw_key
    common: dict[str, Any] = {
        "chain_id": 31337,
        "nonce": 0,
        "gas_limit": 100_000,
        "to": bytes(20),
        "max_fee_per_gas": 10 * GWEI,
    }
    listed = {**common, "access_list": ((b"\x99" * 20, (0, 2**256 - 1)),)}
    authorization = decode_transaction(
        Account.sign_transaction(
            {
                "chainId": 31337, "nonce": 0, "gas": 100_000, "to": NOBODY, "value": 0, "maxFeePerGas": 10 * GWEI, "maxPriorityFeePerGas": 0,
                "authorizationList": [Account.sign_authorization({"chainId": 0, "address": NOBODY, "nonce": 0}, net.accounts[3].private_key)],
            },
            net.accounts[2].private_key,
        ).raw_transaction
    ).authorization_list  # fmt: skip
    unsigned = [
        UnsignedTransaction(type=0, **common),
        UnsignedTransaction(type=1, **listed),
        UnsignedTransaction(type=2, **listed),
        UnsignedTransaction(type=3, **listed, max_fee_per_blob_gas=GWEI, blob_versioned_hashes=(b"\x01" + bytes(31),)),
        UnsignedTransaction(type=4, **listed, authorization_list=authorization),
    ]
    return {tx.type: sign_transaction(tx, key).encoded for tx in unsigned}


@pytest.mark.parametrize("kind", range(5))
def test_a_transaction_cut_short_anywhere_is_undecodable(net: Devnet, kind: int) -> None:
    raw = transactions(net)[kind]
    for size in range(len(raw)):
        error = refusal(net, "eth_sendRawTransaction", "0x" + raw[:size].hex())
        assert error.code == PARAMS, f"{size} bytes: {error}"
        assert re.search("decode|empty transaction data", error.message), error.message
    assert refusal(net, "eth_sendRawTransaction", "0x" + raw.hex() + "00").code == PARAMS, "nor may anything follow"


@pytest.mark.parametrize("kind", range(5))
def test_a_transaction_with_one_bit_flipped_is_never_taken(net: Devnet, kind: int) -> None:
    """At best it is another account's, which cannot pay."""
    raw = transactions(net)[kind]
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        error = refusal(net, "eth_sendRawTransaction", "0x" + flipped.hex())
        assert error.code in (PARAMS, SERVER, REJECTED), f"bit {bit}: {error}"


def resigned(raw: bytes, kind: int, change: Callable[[int, int, int], tuple[int, int, int]]) -> str:
    """``raw`` with another v, r and s."""
    fields: list[Any] = rlp.decode(raw[1:] if kind else raw)  # type: ignore[assignment]
    v, r, s = (int.from_bytes(field, "big") for field in fields[-3:])
    return "0x" + (bytes((kind,)) if kind else b"").hex() + rlp.encode([*fields[:-3], *change(v, r, s)]).hex()


@pytest.mark.parametrize("kind", [0, 1, 2, 4])
@pytest.mark.parametrize(
    "change",
    [
        lambda v, r, s: (v ^ 1 if v < 2 else v + 1 if v % 2 else v - 1, r, SECP256K1_N - s),
        lambda v, r, s: (v, r, 0),
        lambda v, r, s: (v, 0, s),
        lambda v, r, s: (v, 0, 0),
        lambda v, r, s: (v, SECP256K1_N, s),
        lambda v, r, s: (v, 2**256 - 1, s),
        lambda v, r, s: (v, r, 2**256 - 1),
        lambda v, r, s: (2, r, s),
        lambda v, r, s: (26, r, s),
        lambda v, r, s: (29, r, s),
        lambda v, r, s: (34, r, s),
    ],
    ids=["high s", "s is 0", "r is 0", "both 0", "r is n", "huge r", "huge s", "v 2", "v 26", "v 29", "v 34"],
)
def test_no_other_spelling_of_a_signature_is_taken(net: Devnet, kind: int, change: Callable[..., Any]) -> None:
    error = refusal(net, "eth_sendRawTransaction", resigned(transactions(net)[kind], kind, change))
    assert error.code == PARAMS
    assert "invalid signature" in error.message


@pytest.mark.parametrize("kind", [0, 1, 2, 4])
def test_the_wrong_parity_gives_another_sender(net: Devnet, kind: int) -> None:
    other = resigned(
        transactions(net)[kind], kind, lambda v, r, s: (v ^ 1 if v < 2 else v + 1 if v % 2 else v - 1, r, s)
    )
    error = refusal(net, "eth_sendRawTransaction", other)
    assert (error.code, error.message[:18]) == (REJECTED, "insufficient funds") or "invalid signature" in error.message


@pytest.mark.parametrize("kind", [0x05, 0x06, 0x7D, 0x7F])
def test_an_unknown_type_is_named(net: Devnet, kind: int) -> None:
    for payload in (b"", b"\xc0", transactions(net)[2][1:]):
        error = refusal(net, "eth_sendRawTransaction", "0x" + bytes((kind, *payload)).hex())
        assert error.code == REJECTED
        assert f"{kind:#04x}" in error.message
        assert "transaction type not valid" in error.message


def test_deposits_cannot_be_sent_over_rpc(net: Devnet) -> None:
    """Deposits (type 0x7E) come from L1 only."""
    deposit = deposit_transaction(
        source_hash=bytes(32), sender=b"\x99" * 20, to=b"\x99" * 20, mint=ETHER, value=0, gas_limit=100_000, data=b""
    )
    for method in ("eth_sendRawTransaction", "eth_sendRawTransactionSync"):
        error = refusal(net, method, "0x" + deposit.encoded.hex())
        assert (error.code, "0x7e" in error.message) == (REJECTED, True)
    assert net.rpc("eth_getBalance", NOBODY) == "0x0"


def test_bytes_that_start_no_transaction(net: Devnet) -> None:
    for first in (0x00, 0x80, 0xBF, 0xC0, 0xF8, 0xFF):
        assert refusal(net, "eth_sendRawTransaction", f"0x{first:02x}").code == PARAMS
    assert refusal(net, "eth_sendRawTransaction", "0x" + "c1" * 100_000).code == PARAMS, "lists in lists"
    assert refusal(net, "eth_sendRawTransaction", "0x02" + "f9ffff" * 50_000).code == PARAMS
    assert refusal(net, "eth_sendRawTransaction", "0x" + "ff" * 900_000).code == PARAMS


def test_a_blob_transaction_must_prove_its_blobs(net: Devnet) -> None:
    blob, other = b"\x01".rjust(131_072, b"\0"), bytes(131_072)
    good, wrong = sidecar_of([blob]), sidecar_of([other])
    hashes = tuple(map(versioned_hash, good.commitments))
    fields: dict[str, Any] = {
        "type": 3, "chain_id": 31337, "nonce": 0, "gas_limit": 30_000, "to": bytes(20),
        "max_fee_per_gas": 10 * GWEI, "max_fee_per_blob_gas": GWEI,
    }  # fmt: skip

    def refused(**changes: Any) -> str:
        tx = sign_transaction(UnsignedTransaction(**fields | changes), net.accounts[2].raw_key)
        error = refusal(net, "eth_sendRawTransaction", "0x" + encode_network_form(tx).hex())
        assert error.code == REJECTED, error
        return error.message

    replace = msgspec.structs.replace
    assert "missing sidecar" in refused(blob_versioned_hashes=hashes)
    assert "missing blob hashes" in refused(
        blob_versioned_hashes=(), sidecar=replace(good, blobs=(), commitments=(), proofs=())
    )
    assert "too many blobs" in refused(blob_versioned_hashes=hashes * 7)
    assert "invalid hash version" in refused(blob_versioned_hashes=(b"\x02" + hashes[0][1:],), sidecar=good)
    assert "blob transaction of type create" in refused(
        to=None, blob_versioned_hashes=hashes, sidecar=good, gas_limit=100_000
    )
    assert "max fee per blob gas" in refused(blob_versioned_hashes=hashes, sidecar=good, max_fee_per_blob_gas=0)
    for sidecar in (
        replace(good, blobs=wrong.blobs),
        replace(good, proofs=wrong.proofs),
        replace(good, proofs=good.proofs[:-1]),
        replace(good, proofs=(bytes(48), *good.proofs[1:])),
        replace(good, commitments=wrong.commitments),
        replace(good, commitments=(b"\xff" * 48,)),
        replace(good, blobs=(b"\xff" * 131_072,)),
        replace(good, version=0, proofs=good.proofs[:1]),
        wrong,
        sidecar_of([blob, blob]),
    ):
        refused(blob_versioned_hashes=hashes, sidecar=sidecar)


# -- calls that ask too much ----------------------------------------------------------------------------------------------

HALTS = {
    "memory at the end of the world": "60017f" + "ff" * 32 + "52",
    "memory that costs more than there is": "600163ffffffff52",
    "a hundred megabytes returned": "63060000005ff3",
    "a hundred megabytes hashed": "63060000005f20",
    "hashing beyond the end": "7f" + "ff" * 32 + "5f20",
    "copying beyond the end": "7f" + "ff" * 32 + "5f5f37",
    "moving beyond the end": "7f" + "ff" * 32 + "5f5f5e",
    "logging beyond the end": "7f" + "ff" * 32 + "5fa0",
    "creating from beyond the end": "7f" + "ff" * 32 + "5f5ff0",
    "calling with input beyond the end": "5f5f7f" + "ff" * 32 + "5f5f5f5af1",
    "return data beyond the end": "7f" + "ff" * 32 + "5f5f3e",
    "a jump beyond the end": "7f" + "ff" * 32 + "56",
    "too deep a stack": "5b5f5f56",
    "too shallow a stack": "01",
    "an opcode that is none": "0c",
}


@pytest.mark.parametrize("code", HALTS.values(), ids=HALTS)
def test_a_call_that_needs_too_much_halts(net: Devnet, code: str) -> None:
    for request in (
        {"to": NOBODY, "gas": hex(2**63)},
        {"to": NOBODY},
        {"to": NOBODY, "from": NOBODY, "gas": hex(2**64 - 1)},
    ):
        error = refusal(net, "eth_call", request, "latest", {NOBODY: {"code": "0x" + code}})
        assert error.code == SERVER
        assert re.search("out of gas|out of bounds|invalid|stack|max initcode size", error.message), error.message


@pytest.mark.parametrize(
    "code",
    ["5f5f5f5f5f305af100", "5f5f5f5f305af400", "5f5f5f5f305afa00", "5f5f5f5f5f305af200", "365f5f37365f5ff000"],
    ids=["CALL", "DELEGATECALL", "STATICCALL", "CALLCODE", "CREATE"],
)
def test_recursion_ends_at_the_depth_limit(net: Devnet, code: str) -> None:
    request = {"to": NOBODY, "gas": hex(2**63), "data": "0x" + code}
    assert net.rpc("eth_call", request, "latest", {NOBODY: {"code": "0x" + code}}) == "0x"


def test_a_block_override_buys_no_more_gas_than_the_node_gives(net: Devnet) -> None:
    """GASLIMIT says what was asked for; GAS does not."""
    limit, gas = "0x455f5260205ff3", "0x5a5f5260205ff3"
    override = {"gasLimit": hex(2**64 - 1)}
    for request in ({"to": NOBODY}, {"to": NOBODY, "gas": hex(2**64 - 1)}):
        assert int(net.rpc("eth_call", request, "latest", {NOBODY: {"code": limit}}, override), 16) == 2**64 - 1
        assert int(net.rpc("eth_call", request, "latest", {NOBODY: {"code": gas}}, override), 16) < 50_000_000


def test_precompiles_refuse_too_large_inputs(net: Devnet) -> None:
    for size in (1_025, 2**32, 2**255, 2**256 - 1):
        data = "0x" + f"{size:064x}" * 3 + "ff" * 100
        assert refusal(net, "eth_call", {"to": "0x" + "00" * 19 + "05", "data": data}).code == SERVER
    for number in range(1, 0x12):
        for data in ("0x", "0x" + "ff" * 213, "0x" + "00" * 1_000):
            to = f"0x{number:040x}"
            if (number, data) == (9, "0x" + "ff" * 213):
                continue  # four thousand million rounds, which the gas does not pay for
            try:
                net.rpc("eth_call", {"to": to, "data": data, "gas": "0x200000"})
            except RpcError as error:
                assert error.code == SERVER


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas", "eth_createAccessList"])
def test_an_endless_loop_ends_with_its_gas(net: Devnet, method: str) -> None:
    request = {"to": "0x" + "c0" * 20, "gas": "0x400000"}
    if method == "eth_createAccessList":
        assert net.rpc(method, request)["error"] == "out of gas"
    else:
        assert re.search("out of gas|gas required exceeds allowance", refusal(net, method, request).message)


def test_everything_may_be_asked_for(net: Devnet) -> None:
    assert (
        net.rpc("eth_getLogs", {"fromBlock": "earliest", "toBlock": "latest", "topics": [[ABSENT] * 10_000, None]})
        == []
    )
    assert net.rpc("eth_getLogs", {"address": [NOBODY] * 10_000}) == []
    asked = net.rpc("eth_feeHistory", hex(2**64 - 1), "latest", [0, 100])["gasUsedRatio"]
    assert len(asked) == min(len(net.l2.chain.store), 1024)
    assert net.rpc("eth_feeHistory", "0x0", "latest", [])["gasUsedRatio"] == []
    assert len(net.rpc("eth_simulateV1", {"blockStateCalls": [{}] * 256})) == 256
    assert len(net.rpc("eth_getStorageValues", {NOBODY: ["0x0"] * 1_024})[NOBODY]) == 1_024


@contextmanager
def undone(net: Devnet) -> Iterator[None]:
    snapshot = net.rpc("anvil_snapshot")
    yield
    assert net.rpc("anvil_revert", snapshot)


def test_a_bad_authorization_is_skipped_and_its_transaction_included(net: Devnet) -> None:
    """EIP-7702: a tuple that is not valid does nothing; the transaction that brings it pays for it."""
    key = net.accounts[3].private_key
    good = Account.sign_authorization({"chainId": 31337, "address": NOBODY, "nonce": 0}, key)
    other_chain = Account.sign_authorization({"chainId": 1, "address": NOBODY, "nonce": 0}, key)
    other_nonce = Account.sign_authorization({"chainId": 31337, "address": NOBODY, "nonce": 7}, key)
    last_nonce = Account.sign_authorization({"chainId": 31337, "address": NOBODY, "nonce": 2**64 - 1}, key)

    def listed(signed: Any, **changes: int) -> dict[str, str]:
        fields = {
            "chainId": signed.chain_id,
            "nonce": signed.nonce,
            "yParity": signed.y_parity,
            "r": signed.r,
            "s": signed.s,
        }
        return {"address": NOBODY} | {name: hex(value) for name, value in (fields | changes).items()}

    bad = [
        listed(other_chain), listed(other_nonce), listed(last_nonce), listed(good, s=SECP256K1_N - good.s, yParity=1 - good.y_parity),
        listed(good, r=0), listed(good, s=0), listed(good, r=2**256 - 1), listed(good, yParity=2), listed(good, yParity=255),
    ]  # fmt: skip
    with undone(net):
        for authorizations in (bad, *([each] for each in bad)):
            receipt = net.rpc("eth_sendTransactionSync", {
                "from": net.accounts[2].address, "to": NOBODY, "gas": hex(400_000), "authorizationList": authorizations,
            })  # fmt: skip
            assert (receipt["status"], receipt["type"]) == ("0x1", "0x4")
            assert net.rpc("eth_getCode", net.accounts[3].address) == "0x"
            raw = bytes.fromhex(net.rpc("eth_getRawTransactionByHash", receipt["transactionHash"])[2:])
            assert len(decode_transaction(raw).authorization_list) == len(authorizations)
        receipt = net.rpc("eth_sendTransactionSync", {
            "from": net.accounts[2].address, "to": NOBODY, "gas": hex(400_000), "authorizationList": [*bad, listed(good)],
        })  # fmt: skip
        assert net.rpc("eth_getCode", net.accounts[3].address) == "0xef0100" + NOBODY[2:]
    error = refusal(net, "eth_sendTransaction", {"to": NOBODY, "authorizationList": [listed(good, yParity=256)]})
    assert error.code == PARAMS, "a parity of nine bits could not be decoded again"


def test_a_nonce_from_the_future_waits_and_does_not_block(net: Devnet) -> None:
    with undone(net):
        for nonce in (2, 1_000, 2**64 - 2):
            net.rpc("eth_sendTransaction", {"to": NOBODY, "nonce": hex(nonce), "gas": "0x5208"})
        assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x3"}
        told = refusal(net, "eth_sendTransactionSync", {"to": NOBODY, "nonce": "0x9", "gas": "0x5208"}, 1)
        assert told.code == 4, "not included in time"
        assert net.rpc("eth_sendTransactionSync", {"to": NOBODY, "nonce": "0x1", "gas": "0x5208"})["status"] == "0x1"
        net.rpc("eth_blockNumber")
        assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x3"}
        error = refusal(net, "eth_sendTransaction", {"to": NOBODY, "nonce": "0x9", "gas": "0x5209"})
        assert (error.code, error.message[:35]) == (REJECTED, "replacement transaction underpriced")
