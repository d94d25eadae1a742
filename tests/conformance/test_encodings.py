"""Transactions, receipts, headers and roots, byte for byte against eth-account's and py-evm's."""

from __future__ import annotations

from typing import Any

import pytest
import rlp as rlp_library
from eth.rlp.logs import Log as PyEvmLog
from eth.rlp.receipts import Receipt as PyEvmReceipt
from eth.vm.forks.london.headers import calculate_expected_base_fee_per_gas
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.blocks import PragueBlock, PragueBlockHeader
from eth.vm.forks.prague.headers import calc_excess_blob_gas_prague
from eth.vm.forks.prague.receipts import PragueReceiptBuilder
from eth.vm.forks.prague.transactions import PragueTransactionBuilder
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from megadev.chain import fees
from megadev.chain.admission import intrinsic_gas
from megadev.chain.blobs import trusted_setup
from megadev.chain.blocks import Header, block_size, encode_block, encode_header, header_hash, transactions_root
from megadev.chain.receipts import Log, Receipt, encode_receipt, receipts_root
from megadev.chain.spec import Hardfork, dev_spec
from megadev.chain.transactions import (
    Transaction,
    UnsignedTransaction,
    decode_transaction,
    encode_network_form,
    encode_transaction,
    recover_authority,
    sign_transaction,
    signing_hash,
)
from megadev.primitives.bloom import logs_bloom

KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
ADDRESS = bytes.fromhex("f39fd6e51aad88f6f4ce6ab8827279cfffb92266")
TO = "0x" + "42" * 20
ACCESS = [
    {"address": "0x" + "aa" * 20, "storageKeys": ["0x" + "00" * 31 + "07", "0x" + "ff" * 32]},
    {"address": "0x" + "bb" * 20, "storageKeys": []},
]


def authorization(nonce: int = 3) -> Any:
    """An authorization as eth-account signs it."""
    return Account.sign_authorization({"chainId": 31337, "address": "0x" + "cc" * 20, "nonce": nonce}, KEY)


REQUESTS: dict[str, dict[str, Any]] = {
    "legacy": {"chainId": 31337, "gasPrice": 7, "to": TO, "data": b"", "value": 10**18},
    "legacy creation": {"chainId": 31337, "gasPrice": 2**70, "data": b"\x60" * 300, "value": 0},
    "legacy on a chain with a large id": {"chainId": 2**40, "gasPrice": 7, "to": TO, "data": b"\x01", "value": 127},
    "access list": {"type": 1, "chainId": 31337, "gasPrice": 9, "to": TO, "data": b"\x80", "value": 128,
                    "accessList": ACCESS},
    "dynamic fee": {"type": 2, "chainId": 31337, "maxFeePerGas": 20, "maxPriorityFeePerGas": 1, "to": TO,
                    "data": b"", "value": 0, "accessList": []},
    "dynamic fee creation": {"type": 2, "chainId": 31337, "maxFeePerGas": 2**200, "maxPriorityFeePerGas": 0,
                             "data": b"\x00" * 70_000, "value": 255, "accessList": ACCESS},
    "blobs": {"type": 3, "chainId": 31337, "maxFeePerGas": 20, "maxPriorityFeePerGas": 1, "to": TO, "data": b"\x99",
              "value": 1, "accessList": ACCESS, "maxFeePerBlobGas": 5,
              "blobVersionedHashes": ["0x01" + "11" * 31, "0x01" + "22" * 31]},
    "set code": {"type": 4, "chainId": 31337, "maxFeePerGas": 20, "maxPriorityFeePerGas": 1, "to": TO, "data": b"",
                 "value": 1, "accessList": [], "authorizationList": "signed"},
}  # fmt: skip


def request_for(name: str) -> dict[str, Any]:
    """What eth-account is asked to sign."""
    request = {"nonce": 200, "gas": 400_000, **REQUESTS[name]}
    if request.get("authorizationList"):
        request["authorizationList"] = [authorization(), authorization(0)]
    return request


@pytest.fixture(params=REQUESTS, scope="module")
def signed_elsewhere(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Any, Transaction]:
    """A request, eth-account's signature of it, and what we decode from that."""
    wanted = request_for(request.param)
    signed = Account.sign_transaction(wanted, KEY)
    return wanted, signed, decode_transaction(bytes(signed.raw_transaction))


def unsigned(tx: Transaction) -> UnsignedTransaction:
    """``tx`` before it was signed."""
    return UnsignedTransaction(**{field: getattr(tx, field) for field in UnsignedTransaction.__struct_fields__})


def test_signatures_of_eth_account_are_decoded(signed_elsewhere: tuple[dict[str, Any], Any, Transaction]) -> None:
    wanted, signed, tx = signed_elsewhere
    assert tx.type == wanted.get("type", 0)
    assert tx.chain_id == wanted["chainId"]
    assert (tx.nonce, tx.gas_limit, tx.value, tx.data) == (200, 400_000, wanted["value"], wanted["data"])
    assert tx.to == (bytes.fromhex(wanted["to"][2:]) if "to" in wanted else None)
    assert tx.max_fee_per_gas == wanted.get("maxFeePerGas", wanted.get("gasPrice"))
    assert tx.max_priority_fee_per_gas == wanted.get("maxPriorityFeePerGas", wanted.get("gasPrice"))
    assert tx.access_list == tuple(
        (bytes.fromhex(entry["address"][2:]), tuple(int(key, 16) for key in entry["storageKeys"]))
        for entry in wanted.get("accessList", [])
    )
    assert (tx.v, tx.r, tx.s) == (signed.v, signed.r, signed.s)
    assert tx.y_parity in (0, 1)
    assert tx.sender == ADDRESS
    assert tx.hash == bytes(signed.hash)


def test_encoding_again_gives_the_same_bytes(signed_elsewhere: tuple[dict[str, Any], Any, Transaction]) -> None:
    _, signed, tx = signed_elsewhere
    assert tx.encoded == bytes(signed.raw_transaction)
    assert encode_transaction(tx) == tx.encoded


def test_signing_matches_eth_account(signed_elsewhere: tuple[dict[str, Any], Any, Transaction]) -> None:
    _, _, tx = signed_elsewhere
    ours = sign_transaction(unsigned(tx), KEY)
    assert ours == tx
    assert Account.recover_transaction(ours.encoded) == Account.from_key(KEY).address


def test_py_evm_reads_the_same_transaction(signed_elsewhere: tuple[dict[str, Any], Any, Transaction]) -> None:
    _, _, tx = signed_elsewhere
    theirs = PragueTransactionBuilder.decode(tx.encoded)
    assert theirs.sender == tx.sender
    assert theirs.hash == tx.hash
    initcode_gas = 2 * ((len(tx.data) + 31) // 32) if tx.to is None else 0  # py-evm charges it elsewhere
    assert theirs.intrinsic_gas + initcode_gas == intrinsic_gas(tx, dev_spec())[0]
    assert theirs.y_parity == tx.y_parity


def test_an_authorization_recovers_to_its_signer_as_in_py_evm() -> None:
    tx = decode_transaction(bytes(Account.sign_transaction(request_for("set code"), KEY).raw_transaction))
    assert [recover_authority(each) for each in tx.authorization_list] == [ADDRESS, ADDRESS]
    assert [each.nonce for each in tx.authorization_list] == [3, 0]
    assert tx.authorization_list[0].address == b"\xcc" * 20


def test_a_blob_transaction_in_network_form_is_eth_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    # eth-account loads the setup, for seconds, at every use; it is the same file
    monkeypatch.setattr("eth_account.typed_transactions.base.load_trusted_setup", lambda *_: trusted_setup())
    request = request_for("blobs")
    del request["blobVersionedHashes"]
    signed = Account.sign_transaction(request, KEY, blobs=[b"\x00" + b"\x01" * 31 + bytes(131_040)])
    tx = decode_transaction(bytes(signed.raw_transaction))
    assert tx.sender == ADDRESS
    assert tx.sidecar is not None
    assert (tx.sidecar.version, len(tx.sidecar.proofs)) == (1, 128)
    assert encode_network_form(tx) == bytes(signed.raw_transaction)
    # the canonical form, and with it the hash, leaves the blobs out; eth-account's hash is of the network form
    assert encode_transaction(tx) == tx.encoded
    assert PragueTransactionBuilder.decode(tx.encoded).hash == tx.hash


def test_eip_155s_example() -> None:
    """The example of EIP-155 itself."""
    tx = UnsignedTransaction(
        type=0, chain_id=1, nonce=9, gas_limit=21_000, to=b"\x35" * 20, value=10**18, max_fee_per_gas=20 * 10**9
    )
    assert signing_hash(tx).hex() == "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53"
    signed = sign_transaction(tx, b"\x46" * 32)
    assert signed.v == 37
    assert signed.encoded.hex() == (
        "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd939bc2195fe"
        "537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"
    )


# --- receipts, headers, roots -----------------------------------------------------------------------------------------

LOGS = (Log(b"\x01" * 20, (b"\x02" * 32, b"\x03" * 32), b"data" * 20), Log(b"\x04" * 20, (), b""))


def receipt(kind: int, logs: tuple[Log, ...] = (), *, succeeded: bool = True, cumulative: int = 21_000) -> Receipt:
    return Receipt(type=kind, succeeded=succeeded, cumulative_gas_used=cumulative, gas_used=21_000,
                   effective_gas_price=1, logs=logs, bloom=logs_bloom(logs))  # fmt: skip


def py_evm_receipt(mine: Receipt) -> Any:
    """The same receipt as py-evm makes it."""
    inner = PyEvmReceipt(
        state_root=b"\x01" if mine.succeeded else b"",
        gas_used=mine.cumulative_gas_used,
        logs=[PyEvmLog(log.address, [int.from_bytes(topic, "big") for topic in log.topics], log.data)
              for log in mine.logs],
    )  # fmt: skip
    return PragueReceiptBuilder.typed_receipt_class(mine.type, inner) if mine.type else inner


def root_of(items: list[bytes]) -> bytes:
    trie = HexaryTrie({})
    for index, item in enumerate(items):
        trie[rlp_library.encode(index)] = item
    return trie.root_hash


RECEIPTS = [
    receipt(0),
    receipt(1, LOGS, cumulative=2**33),
    receipt(2, succeeded=False),
    receipt(3, LOGS[:1]),
    receipt(4, LOGS[1:]),
]


@pytest.mark.parametrize("mine", RECEIPTS)
def test_a_receipt_is_py_evms(mine: Receipt) -> None:
    assert encode_receipt(mine) == py_evm_receipt(mine).encode()


@pytest.mark.parametrize("count", [0, 1, 2, 130])
def test_the_receipts_root_is_py_tries(count: int) -> None:
    receipts = (RECEIPTS * 26)[:count]
    assert receipts_root(receipts) == root_of([py_evm_receipt(each).encode() for each in receipts])


@pytest.mark.parametrize("count", [0, 1, 17, 200])
def test_the_transactions_root_is_py_tries(count: int) -> None:
    transactions = [
        sign_transaction(
            UnsignedTransaction(type=2, chain_id=1, nonce=index, gas_limit=21_000, to=None, data=bytes(index)), KEY
        )
        for index in range(count)
    ]
    assert transactions_root(transactions) == root_of([tx.encoded for tx in transactions])


words = st.binary(min_size=32, max_size=32)
uint64 = st.integers(0, 2**64 - 1)
headers = st.builds(
    Header,
    parent_hash=words,
    coinbase=st.binary(min_size=20, max_size=20),
    state_root=words,
    transactions_root=words,
    receipts_root=words,
    logs_bloom=st.binary(min_size=256, max_size=256),
    number=uint64,
    gas_limit=uint64,
    gas_used=uint64,
    timestamp=uint64,
    extra_data=st.binary(max_size=32),
    prev_randao=words,
    base_fee=st.integers(0, 2**128),
    blob_gas_used=uint64,
    excess_blob_gas=uint64,
    parent_beacon_root=words,
    requests_hash=words,
)


def py_evm_header(mine: Header) -> PragueBlockHeader:
    """The same header as py-evm makes it."""
    return PragueBlockHeader(
        parent_hash=mine.parent_hash,
        uncles_hash=mine.ommers_hash,
        coinbase=mine.coinbase,
        state_root=mine.state_root,
        transaction_root=mine.transactions_root,
        receipt_root=mine.receipts_root,
        bloom=int.from_bytes(mine.logs_bloom, "big"),
        difficulty=mine.difficulty,
        block_number=mine.number,
        gas_limit=mine.gas_limit,
        gas_used=mine.gas_used,
        timestamp=mine.timestamp,
        extra_data=mine.extra_data,
        mix_hash=mine.prev_randao,
        nonce=mine.nonce,
        base_fee_per_gas=mine.base_fee,
        withdrawals_root=mine.withdrawals_root,
        blob_gas_used=mine.blob_gas_used,
        excess_blob_gas=mine.excess_blob_gas,
        parent_beacon_block_root=mine.parent_beacon_root,
        requests_hash=mine.requests_hash,
    )


@given(headers)
@settings(max_examples=60)
def test_a_header_and_its_hash_are_py_evms(mine: Header) -> None:
    theirs = py_evm_header(mine)
    assert encode_header(mine) == rlp_library.encode(theirs)
    assert header_hash(mine) == theirs.hash


@pytest.mark.parametrize("names", [[], ["dynamic fee"], ["legacy"], list(REQUESTS)])
def test_a_block_and_its_size_are_py_evms(names: list[str]) -> None:
    header = Header(parent_hash=bytes(32))
    raws = [bytes(Account.sign_transaction(request_for(name), KEY).raw_transaction) for name in names]
    transactions = [decode_transaction(raw) for raw in raws]
    theirs = PragueBlock(py_evm_header(header), [PragueTransactionBuilder.decode(raw) for raw in raws], [], [])
    encoded = rlp_library.encode(theirs)
    assert encode_block(header, transactions) == encoded
    assert block_size(header, transactions) == len(encoded)


# --- fees -------------------------------------------------------------------------------------------------------------


@given(base_fee=st.integers(0, 2**70), gas_limit=st.integers(5_000, 2**40), share=st.integers(0, 1000))
@settings(max_examples=100)
def test_the_next_base_fee_is_py_evms(base_fee: int, gas_limit: int, share: int) -> None:
    header = Header(parent_hash=bytes(32), base_fee=base_fee, gas_limit=gas_limit, gas_used=gas_limit * share // 1000)
    assert fees.next_base_fee(header, dev_spec().fees) == calculate_expected_base_fee_per_gas(py_evm_header(header))


@given(excess=st.integers(0, 2**28), blobs=st.integers(0, 9))
@settings(max_examples=100)
def test_blob_prices_under_prague_are_py_evms(excess: int, blobs: int) -> None:
    spec = dev_spec(hardfork=Hardfork.PRAGUE)
    header = Header(parent_hash=bytes(32), excess_blob_gas=excess, blob_gas_used=blobs * 131_072, base_fee=10**12)
    assert fees.next_excess_blob_gas(header, spec) == calc_excess_blob_gas_prague(py_evm_header(header))
    state = PragueVM.get_state_class()
    context = type("Context", (), {"excess_blob_gas": excess})()
    blob_base_fee: Any = state.__dict__["blob_base_fee"]
    assert fees.blob_base_fee(excess, spec) == blob_base_fee.fget(type("State", (), {"execution_context": context})())
