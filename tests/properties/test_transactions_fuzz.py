"""Signed transactions of every type with whatever values their fields can hold: each is taken, or refused in the words of one row
of the error table; what was refused has changed nothing, and what was taken is found as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from megadev import Devnet, errors
from megadev.chain.blobs import BlobSidecar, sidecar_of, versioned_hash
from megadev.chain.transactions import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    SignedAuthorization,
    UnsignedTransaction,
    encode_network_form,
    sign_transaction,
)
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.rpc.client import RpcError
from megadev.rpc.errors import TABLE

GWEI = 10**9
KEYS = [account.raw_key for account in Devnet(accounts=3).accounts]
POOR = keccak(b"nobody gave this one anything")
ADDRESSES = [
    bytes(20),
    b"\x99" * 20,
    bytes(19) + b"\x01",
    bytes(19) + b"\x05",
    bytes.fromhex("ca11bde05977b3631167028862be2a173976ca11"),
]
CODES = [
    b"",
    b"\0",
    b"\xfe",
    bytes.fromhex("5f5ffd"),
    bytes.fromhex("6001600055"),
    bytes.fromhex("5f5f5f5f5f335af1"),
    bytes.fromhex("5b5f56"),
]

ROWS = {
    kind: row
    for kind, row in TABLE.items()
    if issubclass(kind, errors.InvalidTransaction | errors.UndecodableTransaction)
}
"""What may be said against a transaction."""

UINT64 = st.sampled_from([0, 1, 2**32, 2**63, 2**64 - 2, 2**64 - 1])
UINT256 = st.sampled_from([0, 1, 10**18, 10**22, 2**64, 2**128, 2**255, 2**256 - 1])
NONCES = st.sampled_from([0, 0, 0, 0, 1, 2, 100]) | UINT64
GAS = (
    st.sampled_from([21_000, 30_000, 100_000, 100_000, 200_000, 20_999, 53_000, 16_777_216, 30_000_000, 30_000_001])
    | UINT64
)
FEES = st.sampled_from([GWEI, 2 * GWEI, 10 * GWEI, 10 * GWEI, GWEI - 1]) | UINT256
CHAINS = st.sampled_from([31337, 31337, 31337, 31337, 31337, 1, 0, 2**64, 2**256 - 1])
DATA = (
    st.sampled_from(CODES) | st.binary(max_size=300) | st.sampled_from([b"\0" * 5_000, b"\xff" * 5_000, b"\0" * 49_153])
)
ACCESS = st.lists(st.tuples(st.sampled_from(ADDRESSES), st.lists(UINT256, max_size=3).map(tuple)), max_size=3).map(
    tuple
)


@st.composite
def authorizations(draw: st.DrawFn) -> SignedAuthorization:
    """By one of the accounts or by nobody."""
    chain, address, nonce = (
        draw(st.sampled_from([0, 31337, 1, 2**256 - 1])),
        draw(st.sampled_from(ADDRESSES)),
        draw(NONCES),
    )
    if draw(st.booleans()):
        return SignedAuthorization(chain, address, nonce, draw(st.integers(0, 255)), draw(UINT256), draw(UINT256))
    message = draw(st.sampled_from([b"\x05", b"\x05", b"\x06"])) + rlp.encode((chain, address, nonce))
    y_parity, r, s = sign(keccak(message), draw(st.sampled_from([*KEYS, POOR])))
    return SignedAuthorization(chain, address, nonce, y_parity, r, s)


@cache
def sidecar() -> BlobSidecar:
    """Of one blob. The trusted setup takes seconds to load, so only tests that get here wait for it."""
    return sidecar_of([bytes(131_072)])


@st.composite
def unsigned(draw: st.DrawFn, kind: int) -> UnsignedTransaction:
    """Mostly what a wallet would send, with one or more fields as no wallet would fill them."""
    fields: dict[str, Any] = {
        "nonce": 0, "gas_limit": 200_000, "to": ADDRESSES[1], "value": 1, "data": b"", "max_fee_per_gas": 10 * GWEI,
        "max_priority_fee_per_gas": GWEI, "chain_id": 31337,
    }  # fmt: skip
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "nonce": NONCES, "gas_limit": GAS, "to": st.none() | st.sampled_from(ADDRESSES), "value": UINT256, "data": DATA,
        "max_fee_per_gas": FEES, "max_priority_fee_per_gas": FEES, "chain_id": CHAINS,
    }  # fmt: skip
    if kind == LEGACY:
        strategies["chain_id"] = st.none() | st.sampled_from([31337, 31337, 1, 0, 2**64])
    else:
        strategies["access_list"] = ACCESS
    if kind == SET_CODE:
        fields["authorization_list"] = draw(st.lists(authorizations(), min_size=1, max_size=3).map(tuple))
        strategies["authorization_list"] = st.just(())
    if kind == BLOB:
        hashes = (versioned_hash(sidecar().commitments[0]),)
        fields |= {"blob_versioned_hashes": hashes, "sidecar": sidecar(), "max_fee_per_blob_gas": GWEI}
        strategies |= {
            "blob_versioned_hashes": st.sampled_from(
                [(), hashes * 2, hashes * 7, (bytes(32),), (b"\x01" + bytes(31),)]
            ),
            "sidecar": st.none(),
            "max_fee_per_blob_gas": UINT256,
        }
    for name in draw(st.lists(st.sampled_from(sorted(strategies)), max_size=4, unique=True)):
        fields[name] = draw(strategies[name])
    return UnsignedTransaction(type=kind, **fields)


@pytest.fixture(scope="module")
def net() -> Iterator[Devnet]:
    with Devnet(accounts=3, timestamp=1_700_000_000, manual_clock=True) as net:
        net.dispatcher.on_defect = lambda method, error: defects.append(error)
        yield net


defects: list[BaseException] = []


def present(net: Devnet) -> tuple[Any, ...]:
    net.node.settle()
    return (
        net.l2.chain.head.hash,
        net.l2.chain.sequencer.irregular,
        [tx.hash for tx in net.l2.chain.pool.transactions()],
    )


@pytest.mark.parametrize("kind", [LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE])
@settings(max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_transaction_is_taken_or_refused_with_a_reason(net: Devnet, kind: int, data: st.DataObject) -> None:
    tx = sign_transaction(
        data.draw(unsigned(kind), label="transaction"), data.draw(st.sampled_from([*KEYS, *KEYS, POOR]), label="key")
    )
    raw = "0x" + encode_network_form(tx).hex()
    snapshot = net.rpc("anvil_snapshot")
    defects.clear()
    try:
        before = present(net)
        try:
            answer = net.rpc("eth_sendRawTransaction", raw)
        except RpcError as refusal:
            assert not defects
            rows = [
                kind
                for kind, row in ROWS.items()
                if row.code == refusal.code and any(words in refusal.message.lower() for words in row.words)
            ]
            plain = refusal.code == ROWS[errors.MalformedTransaction].code and kind in (BLOB, SET_CODE)
            assert len({ROWS[row].words for row in rows}) == 1 or (not rows and plain), refusal
            event(rows[0].__name__ if rows else "MalformedTransaction")
            assert present(net) == before
            return
        assert answer == "0x" + tx.hash.hex()
        found = net.rpc("eth_getTransactionByHash", answer)
        assert (found["from"], int(found["nonce"], 16), found["type"]) == ("0x" + tx.sender.hex(), tx.nonce, hex(kind))
        receipt = net.rpc("eth_getTransactionReceipt", answer)
        if tx.nonce == 0:
            event("mined")
            assert int(receipt["gasUsed"], 16) <= tx.gas_limit
            assert net.rpc("eth_getRawTransactionByHash", answer) == "0x" + tx.encoded.hex()
        else:
            event("queued")
            assert receipt is None
            assert net.rpc("txpool_status")["queued"] == "0x1"
        assert not defects
    finally:
        assert net.rpc("anvil_revert", snapshot)


@settings(max_examples=300, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bytes_that_are_nearly_a_transaction(net: Devnet, data: st.DataObject) -> None:
    """Cut, doubled, overwritten, or of another type than they say."""
    kind = data.draw(st.sampled_from([LEGACY, ACCESS_LIST, DYNAMIC_FEE, SET_CODE]))
    raw = bytearray(sign_transaction(data.draw(unsigned(kind)), KEYS[0]).encoded)
    good = bytes(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        piece = data.draw(
            st.binary(max_size=4)
            | st.sampled_from([b"\xc0", b"\x80", b"\xb8", b"\xbf" + b"\xff" * 8, b"\xff" * 9, b"\xf8\x00", b"\0"])
        )
        raw[at : at + data.draw(st.integers(0, 4))] = piece
    if data.draw(st.booleans()):
        raw[:1] = bytes((data.draw(st.integers(0, 255)),))
    before = present(net)
    defects.clear()
    if bytes(raw) == good:
        return
    with pytest.raises(RpcError) as caught:
        net.rpc("eth_sendRawTransaction", "0x" + raw.hex())
    assert not defects
    assert caught.value.code in {row.code for row in ROWS.values()}
    assert present(net) == before
