"""What the sequencer promises about a transaction: over RPC, in receipts, on chain, and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from megadev import ConfigError, Devnet
from megadev.chain.mini_blocks import mini_block, mini_block_index
from megadev.chain.preconfirmations import sign_mini_block
from megadev.cli.main import run
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.signatures import address_of
from tests.contracts import load

KEY = "0x" + "12" * 32
SEQUENCER = "0x" + address_of(bytes.fromhex(KEY[2:])).hex()


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(sequencer_key=KEY, preconf_receipts=True) as net:
        yield net


def sent(net: Devnet, **more: Any) -> dict[str, Any]:
    receipt: dict[str, Any] = net.rpc(
        "eth_sendTransactionSync",
        {"from": net.accounts[0].address, "to": net.accounts[1].address, "value": "0x1", **more},
    )
    return receipt


def test_a_promise_names_the_transaction_s_place_and_outcome(net: Devnet) -> None:
    sent(net)
    receipt = sent(net)
    promise = net.rpc("megadev_getPreconfirmation", receipt["transactionHash"])
    for field in ("transactionHash", "transactionIndex", "blockNumber"):
        assert promise[field] == receipt[field]
    block, index = net.l2.chain.store.transaction(bytes.fromhex(receipt["transactionHash"][2:])) or pytest.fail(
        "not there"
    )
    assert int(promise["miniBlockNumber"], 16) == mini_block(block, mini_block_index(block, index)).number
    assert promise["chainId"] == net.rpc("eth_chainId")
    assert promise["signer"] == SEQUENCER == net.rpc("megadev_sequencerAt", promise["blockNumber"])


def test_a_sync_receipt_contains_the_promise_if_set(net: Devnet) -> None:
    receipt = sent(net)
    told = net.rpc("megadev_getPreconfirmation", receipt["transactionHash"])
    assert told == receipt["preconfirmation"] | {"status": "kept"}
    assert "preconfirmation" not in net.rpc("eth_getTransactionReceipt", receipt["transactionHash"])
    with Devnet() as plain:
        assert "preconfirmation" not in sent(plain)


def test_a_waiting_transaction_has_no_promise(net: Devnet) -> None:
    net.rpc("evm_setAutomine", False)
    tx_hash = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address})
    assert net.rpc("megadev_getPreconfirmation", tx_hash) is None
    net.rpc("evm_mine")
    assert net.rpc("megadev_getPreconfirmation", tx_hash)["blockNumber"] == "0x1"


def test_sealing_keeps_the_earlier_promise() -> None:
    """Of four transactions in one block, whose mini-block is still open when they are promised."""
    with Devnet(preset="megaeth", no_l1=True, block_time=3_600, mini_block_time=3_600) as net:
        receipts = [sent(net) for _ in range(4)]
        assert {receipt["blockHash"] for receipt in receipts} == {"0x" + "ff" * 32}
        promises = [net.rpc("megadev_getPreconfirmation", receipt["transactionHash"]) for receipt in receipts]
        net.rpc("evm_mine")
        block = net.l2.chain.block(int(receipts[0]["blockNumber"], 16))
        assert len(block.transactions) == 4
        for index, (promise, receipt) in enumerate(zip(promises, receipts, strict=True)):
            assert promise["status"] == "pending"
            told = net.rpc("megadev_getPreconfirmation", receipt["transactionHash"])
            assert told == promise | {"status": "kept"}
            assert int(promise["transactionIndex"], 16) == index
            kept = mini_block(block, mini_block_index(block, index))
            assert int(promise["miniBlockNumber"], 16) == kept.number
            assert bytes.fromhex(promise["transactionHash"][2:]) in {tx.hash for tx in kept.transactions}


def test_a_contract_can_check_promises_and_mini_blocks(net: Devnet) -> None:
    """On any chain that has ecrecover: this one stands in for the chain that would punish a broken promise."""
    verifier = load("Preconfirmations")
    created = sent(net, to=None, value="0x0", data="0x" + verifier.creation.hex())
    contract = net.w3.eth.contract(
        address=checksum_address(bytes.fromhex(created["contractAddress"][2:])), abi=verifier.abi
    )
    receipt = sent(net)
    promise = receipt["preconfirmation"]
    fields = [int(promise[name], 16) for name in ("blockNumber", "miniBlockNumber", "transactionIndex")]
    hashes = [bytes.fromhex(promise[name][2:]) for name in ("transactionHash", "receiptHash")]
    raw = bytes.fromhex(promise["signature"][2:])
    signature = (raw[64], raw[:32], raw[32:64])
    chain_id = int(promise["chainId"], 16)
    promiser = contract.functions.promiser
    assert promiser(chain_id, (*fields, *hashes), *signature).call().lower() == SEQUENCER
    assert promiser(chain_id + 1, (*fields, *hashes), *signature).call().lower() != SEQUENCER
    fields[2] += 1
    assert promiser(chain_id, (*fields, *hashes), *signature).call().lower() != SEQUENCER

    sealed = mini_block(net.l2.chain.head, 0)
    y_parity, r, s = sign_mini_block(sealed, bytes.fromhex(KEY[2:]))
    numbers = [
        sealed.block_number,
        sealed.block_timestamp,
        sealed.index,
        sealed.number,
        sealed.timestamp,
        sealed.gas_used,
    ]
    roots = (sealed.transaction_root, sealed.receipt_root)
    rs = (r.to_bytes(32, "big"), s.to_bytes(32, "big"))
    assert contract.functions.sequencer(numbers, *roots, y_parity, *rs).call().lower() == SEQUENCER
    numbers[5] += 1
    assert contract.functions.sequencer(numbers, *roots, y_parity, *rs).call().lower() != SEQUENCER


def test_ethers_and_viem_s_typed_data_is_signed_alike(net: Devnet) -> None:
    """A client that recovers the signer from typed data finds the sequencer; web3.py's half of them here."""
    from eth_account import Account
    from eth_account.messages import encode_typed_data

    promise = sent(net)["preconfirmation"]
    numbers = ("blockNumber", "miniBlockNumber", "transactionIndex")
    types = {"Preconfirmation": [{"name": name, "type": "uint256"} for name in numbers]}
    types["Preconfirmation"] += [{"name": name, "type": "bytes32"} for name in ("transactionHash", "receiptHash")]
    message = {name: int(promise[name], 16) for name in numbers}
    message |= {name: bytes.fromhex(promise[name][2:]) for name in ("transactionHash", "receiptHash")}
    domain = {"name": "megadev preconfirmation", "version": "1", "chainId": int(promise["chainId"], 16)}
    signable = encode_typed_data(domain, types, message)
    assert Account.recover_message(signable, signature=promise["signature"]).lower() == SEQUENCER


# -- on the command line ------------------------------------------------------------------------------------------


@pytest.fixture
def promised(net: Devnet, tmp_path: Path) -> Path:
    path = tmp_path / "promise.json"
    path.write_text(json.dumps(sent(net)["preconfirmation"]))
    return path


def test_verify_prints_the_promise(promised: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["preconf", "verify", str(promised), "--signer", SEQUENCER]) == 0
    printed = capsys.readouterr()
    assert f"valid: {checksum_address(bytes.fromhex(SEQUENCER[2:]))} promised, on chain 31337" in printed.out
    assert "number 0 of block 1, in mini-block 0" in printed.out
    assert printed.err == ""


def test_verify_takes_a_receipt_or_an_answer_as_well(net: Devnet, tmp_path: Path) -> None:
    receipt = sent(net)
    for name, wrapped in (("receipt", receipt), ("answer", {"jsonrpc": "2.0", "id": 1, "result": receipt})):
        path = tmp_path / name
        path.write_text(json.dumps(wrapped))
        assert run(["preconf", "verify", str(path), "--signer", SEQUENCER]) == 0


def test_verify_without_a_signer_reports_that_it_is_unchecked(
    promised: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["preconf", "verify", str(promised)]) == 0
    assert "give --signer" in capsys.readouterr().err


@pytest.mark.parametrize("field", ["blockNumber", "miniBlockNumber", "transactionIndex", "chainId"])
def test_verify_fails_for_a_changed_promise(promised: Path, field: str, capsys: pytest.CaptureFixture[str]) -> None:
    promise = json.loads(promised.read_text())
    promised.write_text(json.dumps(promise | {field: "0x7"}))
    assert run(["preconf", "verify", str(promised), "--signer", SEQUENCER]) == 1
    assert "not a promise of" in capsys.readouterr().err


def test_verify_fails_for_another_signer(promised: Path) -> None:
    assert run(["preconf", "verify", str(promised), "--signer", "0x" + "99" * 20]) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a preconfirmation: expected the object"),
        ('{"chainId": 1}', "chainId must be a quantity"),
        (
            '{"chainId":"0x1","blockNumber":"0x1","miniBlockNumber":"0x1","transactionIndex":"0x1"}',
            "transactionHash must",
        ),
    ],
)
def test_invalid_promises_cannot_be_verified(
    tmp_path: Path, text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "promise.json"
    path.write_text(text)
    assert run(["preconf", "verify", str(path)]) == 2
    assert message in capsys.readouterr().err
    assert run(["preconf", "verify", str(tmp_path / "missing")]) == 2
    assert run(["preconf", "verify", str(path), "--signer", "0x12"]) == 2


def test_verify_asks_the_node_for_a_transaction_s_hash(net: Devnet, capsys: pytest.CaptureFixture[str]) -> None:
    receipt = sent(net)
    url = net.serve()
    assert run(["preconf", "verify", receipt["transactionHash"], "--signer", SEQUENCER, "--rpc-url", url]) == 0
    assert run(["preconf", "verify", "0x" + "11" * 32, "--rpc-url", url]) == 1
    assert "no preconfirmation" in capsys.readouterr().err


def test_an_invalid_sequencer_key_is_refused_without_printing_it() -> None:
    for bad in ("0x" + "00" * 32, "0x" + "ff" * 32, "0x12", "secret"):
        with pytest.raises(ConfigError, match="private key") as refused:
            Devnet(sequencer_key=bad)
        assert bad not in str(refused.value)
