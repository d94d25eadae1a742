"""What a transaction may look like, what is refused and in which words."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from megadev.chain.admission import intrinsic_gas, validate_transaction
from megadev.chain.blobs import BlobSidecar, sidecar_of, validate_sidecar, versioned_hash
from megadev.chain.spec import TRANSACTION_GAS_CAP, ChainSpec, Hardfork, dev_spec
from megadev.chain.transactions import (
    DEPOSIT,
    AccessList,
    SignedAuthorization,
    Transaction,
    UnsignedTransaction,
    decode_transaction,
    deposit_transaction,
    encode_network_form,
    encode_transaction,
    encode_unsigned,
    impersonated_transaction,
    recover_authority,
    sign_transaction,
    signing_hash,
)
from megadev.errors import (
    EmptyAuthorizationList,
    GasLimitTooHigh,
    InitcodeTooLarge,
    IntrinsicGasTooLow,
    InvalidTransaction,
    MalformedTransaction,
    MegadevError,
    MissingSidecar,
    NoBlobs,
    NonceOverflow,
    NoRecipient,
    NotABlob,
    TipAboveFeeCap,
    TooManyBlobsCarried,
    UndecodableTransaction,
    UnknownBlobVersion,
    UnsupportedTransactionType,
    WrongChainId,
)
from megadev.primitives import rlp
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import HALF_N, SECP256K1_N, address_of, sign

KEY = b"\x11" * 32
SENDER = address_of(KEY)
TO = b"\x42" * 20
SPEC = dev_spec()

TRANSFER = UnsignedTransaction(
    type=2, chain_id=31337, nonce=5, gas_limit=21_000, to=TO, value=7, max_fee_per_gas=20, max_priority_fee_per_gas=1
)
AUTHORIZATION = SignedAuthorization(31337, b"\xcc" * 20, 1, 0, 5, 5)


def of_type(kind: int, **changes: Any) -> UnsignedTransaction:
    """A valid request of each type."""
    extra: dict[int, dict[str, Any]] = {
        3: {"blob_versioned_hashes": (b"\x01" + bytes(31),), "max_fee_per_blob_gas": 1},
        4: {"authorization_list": (AUTHORIZATION,), "gas_limit": 100_000},
    }
    return msgspec.structs.replace(TRANSFER, type=kind, **{**extra.get(kind, {}), **changes})


def signed(kind: int = 2, **changes: Any) -> Transaction:
    return sign_transaction(of_type(kind, **changes), KEY)


def with_fields(tx: Transaction, **changes: Any) -> bytes:
    """The encoding of ``tx`` with members of its RLP list replaced by position: ``f3=b'...'``."""
    prefix, payload = (b"", tx.encoded) if tx.type == 0 else (tx.encoded[:1], tx.encoded[1:])
    fields = rlp.decode(payload)
    assert isinstance(fields, list)
    for name, value in changes.items():
        fields[int(name[1:])] = value
    return prefix + rlp.encode(fields)


# --- round trips ------------------------------------------------------------------------------------------------------

addresses = st.binary(min_size=20, max_size=20)
uint64 = st.integers(0, 2**64 - 2)
uint256 = st.integers(0, 2**256 - 1)
access_lists: st.SearchStrategy[AccessList] = st.lists(
    st.tuples(addresses, st.lists(uint256, max_size=3).map(tuple)), max_size=3
).map(tuple)


@st.composite
def requests(draw: st.DrawFn) -> UnsignedTransaction:
    """Any transaction that can be signed."""
    kind = draw(st.integers(0, 4))
    price, tip = draw(uint256), draw(uint256)
    authorizations = st.builds(SignedAuthorization, uint256, addresses, uint64, st.integers(0, 255), uint256, uint256)
    return UnsignedTransaction(
        type=kind,
        chain_id=draw(st.none() | uint64) if kind == 0 else draw(uint64),
        nonce=draw(uint64),
        gas_limit=draw(uint64),
        to=draw(st.none() | addresses),
        value=draw(uint256),
        data=draw(st.binary(max_size=200)),
        max_fee_per_gas=price,
        max_priority_fee_per_gas=tip if kind >= 2 else price,
        access_list=draw(access_lists) if kind else (),
        max_fee_per_blob_gas=draw(uint256) if kind == 3 else 0,
        blob_versioned_hashes=tuple(draw(st.lists(st.binary(min_size=32, max_size=32), max_size=3)))
        if kind == 3
        else (),
        authorization_list=tuple(draw(st.lists(authorizations, max_size=2))) if kind == 4 else (),
    )


@given(requests(), st.binary(min_size=32, max_size=32).filter(lambda key: 0 < int.from_bytes(key, "big") < SECP256K1_N))
@settings(max_examples=150)
def test_signed_transactions_round_trip(request: UnsignedTransaction, key: bytes) -> None:
    tx = sign_transaction(request, key)
    assert decode_transaction(tx.encoded) == tx
    assert encode_transaction(tx) == tx.encoded
    assert tx.sender == address_of(key)
    assert tx.hash == keccak(tx.encoded)
    assert signing_hash(tx) == signing_hash(request) == keccak(encode_unsigned(request))


def test_a_signature_without_replay_protection_is_understood() -> None:
    tx = signed(0, chain_id=None)
    assert tx.v in (27, 28)
    assert decode_transaction(tx.encoded).chain_id is None
    assert decode_transaction(tx.encoded).sender == SENDER
    validate_transaction(tx, SPEC)


def test_a_deposit_carries_its_sender_and_needs_no_signature() -> None:
    tx = deposit_transaction(source_hash=b"\x07" * 32, sender=SENDER, to=None, mint=10**18, value=3, gas_limit=90_000,
                             data=b"\x60", is_system=True)  # fmt: skip
    assert (tx.type, tx.sender, tx.mint, tx.to, tx.is_system) == (DEPOSIT, SENDER, 10**18, None, True)
    assert tx.hash == keccak(tx.encoded)
    assert encode_transaction(tx) == tx.encoded
    assert decode_transaction(tx.encoded) == tx
    assert not tx.is_impersonated


def test_impersonated_transactions_of_two_senders_have_two_hashes() -> None:
    first, second = (impersonated_transaction(TRANSFER, sender) for sender in (b"\x01" * 20, b"\x02" * 20))
    assert first.is_impersonated
    assert (first.sender, first.v, first.r, first.s) == (b"\x01" * 20, 0, 0, 0)
    assert first.hash != second.hash
    assert first.hash != signed().hash
    validate_transaction(first, SPEC)


def test_legacy_gas_price_is_independent_of_the_base_fee() -> None:
    assert signed(0, max_fee_per_gas=30, max_priority_fee_per_gas=0).effective_gas_price(10) == 30
    assert signed(2, max_fee_per_gas=30, max_priority_fee_per_gas=4).effective_gas_price(10) == 14
    assert signed(2, max_fee_per_gas=30, max_priority_fee_per_gas=4).effective_gas_price(29) == 30


@pytest.mark.parametrize(
    "changes",
    [{"nonce": -1}, {"nonce": 2**64}, {"gas_limit": 2**64}, {"value": 2**256}, {"max_fee_per_gas": -1},
     {"chain_id": None}, {"type": 9}],
)  # fmt: skip
def test_fields_that_cannot_be_encoded_are_refused_before_signing(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidTransaction):
        sign_transaction(msgspec.structs.replace(TRANSFER, **changes), KEY)


# --- bytes that are no transaction ------------------------------------------------------------------------------------

NOT_BYTES: list[Any] = [[], [b"a"]]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\x00", "0x00"),
        (b"\x80", "0x80"),
        (b"\xbf" * 30, "0xbf"),
        (b"\x02", "could not be decoded"),
        (b"\x02\x80", "not an RLP list"),
        (b"\x02\xc0", "12 fields"),
        (b"\xc0", "9 fields"),
        (signed().encoded + b"\x00", "RLP ends after"),
        (signed(0).encoded + b"\x00", "RLP ends after"),
        (signed().encoded[:-1], "declared"),
        (with_fields(signed(), f1=b"\x00\x05"), "leading zero"),
        (with_fields(signed(), f0=b"\x00"), "leading zero"),
        (with_fields(signed(), f1=b"\x01" * 9), "64 bits"),
        (with_fields(signed(), f4=b"\x01" * 9), "64 bits"),
        (with_fields(signed(), f6=b"\x01" * 33), "33 bytes"),
        (with_fields(signed(), f5=b"\x42" * 19), "20 bytes"),
        (with_fields(signed(), f5=[b"\x42"] * 20), "20 bytes"),
        (with_fields(signed(), f5=[]), "20 bytes"),
        (with_fields(signed(), f7=[b"data"]), "expected data, got a list"),
        (with_fields(signed(), f7=[]), "expected data, got a list"),
        (with_fields(signed(), f6=[]), "expected a number, got a list"),
        (with_fields(signed(), f8=b""), "expected a list, got an empty string"),
        (with_fields(signed(), f8=[b"\x01" * 20]), "pair"),
        (with_fields(signed(), f8=[[b"\x01" * 19, []]]), "20 bytes"),
        (with_fields(signed(), f8=[[b"\x01" * 20, [b"\x01"]]]), "32 bytes"),
        (with_fields(signed(), f8=[[b"\x01" * 20, b""]]), "must be a list"),
        (with_fields(signed(3), f10=[b"\x01" * 31]), "32 bytes"),
        (with_fields(signed(4), f9=[[b""] * 5]), "six fields"),
        (with_fields(signed(4), f9=[[b"", b"\xcc" * 20, b"\x01" * 9, b"", b"\x01", b"\x01"]]), "64 bits"),
        (with_fields(signed(4), f9=[[b"", b"\xcc" * 20, b"", b"\x01\x00", b"\x01", b"\x01"]]), "y parity"),
        (b"\x03" + rlp.encode([[], [], []]), "sidecar"),
        (b"\x03" + rlp.encode([[], b"\x02", [], [], []]), "sidecar"),
        (b"\x03" + rlp.encode([[], [b"blob"], [], []]), "131072 bytes"),
        (b"\x7e" + rlp.encode([b"\x01" * 32, TO, TO, 0, 0, 0, 2, b""]), "isSystemTx must be 0 or 1"),
        (b"\x7e" + rlp.encode([b"\x01" * 31, TO, TO, 0, 0, 0, 0, b""]), "32 bytes"),
        (b"\x7e" + rlp.encode([b"\x01" * 32, b"", TO, 0, 0, 0, 0, b""]), "20 bytes"),
    ],
)
def test_invalid_transaction_bytes_have_a_reason(raw: bytes, words: str) -> None:
    with pytest.raises(UndecodableTransaction, match=words):
        decode_transaction(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (with_fields(signed(), f9=b"\x02"), "y parity must be 0 or 1, got 2"),
        (with_fields(signed(), f10=b""), "no public key"),
        (with_fields(signed(), f11=b""), "no public key"),
        (with_fields(signed(), f10=SECP256K1_N.to_bytes(32, "big")), "no public key"),
        (with_fields(signed(), f11=(HALF_N + 1).to_bytes(32, "big")), "EIP-2"),
        (with_fields(signed(), f11=b"\xff" * 32), "order"),
        (with_fields(signed(0), f6=b"\x1d"), "v must be"),
        (with_fields(signed(0), f6=b""), "v must be"),
        (with_fields(signed(0), f8=(HALF_N + 1).to_bytes(32, "big")), "EIP-2"),
    ],
)
def test_an_invalid_signature_is_named_as_such(raw: bytes, words: str) -> None:
    with pytest.raises(UndecodableTransaction, match=rf"signature.*{words}"):
        decode_transaction(raw)


def test_a_malleated_signature_is_refused() -> None:
    tx = signed()
    flipped = with_fields(tx, f9=rlp_int(1 - tx.v), f11=rlp_int(SECP256K1_N - tx.s))
    with pytest.raises(UndecodableTransaction, match="EIP-2"):
        decode_transaction(flipped)


def rlp_int(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


@pytest.mark.parametrize("raw", [b"\x05\xc0", b"\x7f", b"\x76" + signed().encoded[1:]])
def test_an_unknown_type_is_named(raw: bytes) -> None:
    with pytest.raises(UnsupportedTransactionType, match=f"{raw[0]:#04x}"):
        decode_transaction(raw)


def test_a_type_the_chain_does_not_take_is_refused_at_decoding_already() -> None:
    deposit = deposit_transaction(source_hash=bytes(32), sender=TO, to=TO, mint=1, value=0, gas_limit=21_000, data=b"")
    with pytest.raises(UnsupportedTransactionType, match="transaction type not valid"):  # what viem looks for
        decode_transaction(deposit.encoded, SPEC)


seeds = [signed(kind).encoded for kind in range(5)] + [
    deposit_transaction(source_hash=bytes(32), sender=TO, to=None, mint=1, value=0, gas_limit=1, data=b"x").encoded
]


@given(st.sampled_from(seeds), st.data())
@settings(max_examples=250)
def test_damaged_bytes_raise_only_our_errors(raw: bytes, data: st.DataObject) -> None:
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        match data.draw(st.sampled_from(["set", "cut", "insert"])):
            case "set":
                damaged[position] = data.draw(st.integers(0, 255))
            case "cut":
                del damaged[position : position + data.draw(st.integers(1, 5))]
            case _:
                damaged[position:position] = data.draw(st.binary(min_size=1, max_size=5))
        if not damaged:
            break
    try:
        tx = decode_transaction(bytes(damaged))
    except MegadevError:
        return
    assert encode_transaction(tx) == bytes(damaged)  # only the canonical form of something decodes


short = st.sampled_from([b"", b"\x00", b"\x01", b"\x1b", b"\x25", b"\x80", b"\x42" * 20, b"\x42" * 32, b"\x01" * 33])
items = short | st.lists(short, max_size=6) | st.just([[b"\x42" * 20, [b"\x42" * 32]]])


@given(st.sampled_from([1, 2, 3, 4, 5, 0x7E, 0x7F]), st.lists(items, min_size=7, max_size=14))
@settings(max_examples=150)
def test_any_rlp_after_any_type_raises_only_our_errors(kind: int, fields: list[Any]) -> None:
    for raw in (bytes((kind,)) + rlp.encode(fields), rlp.encode(fields)):
        with suppress(MegadevError):
            decode_transaction(raw)


# --- validation -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tx", "error", "words"),
    [
        (signed(chain_id=1), WrongChainId, "invalid chain id for signer: have 1, want 31337"),
        (signed(0, chain_id=1), WrongChainId, "have 1, want 31337"),
        (signed(nonce=2**64 - 1), NonceOverflow, f"nonce has max value: address 0x.*, nonce: {2**64 - 1}"),
        (signed(max_priority_fee_per_gas=21), TipAboveFeeCap,
         "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas 21, maxFeePerGas 20"),
        (signed(gas_limit=20_999), IntrinsicGasTooLow, "intrinsic gas too low: gas 20999, minimum needed 21000"),
        (signed(gas_limit=0), IntrinsicGasTooLow, "gas 0, minimum needed 21000"),
        (signed(data=b"\x01" * 100, gas_limit=22_600), IntrinsicGasTooLow,
         "insufficient gas for floor data gas cost: intrinsic gas too low: gas 22600, minimum needed 25000"),
        (signed(to=None, data=b"\x00" * 49_153, gas_limit=10**7), InitcodeTooLarge,
         "max initcode size exceeded: code size 49153, limit 49152"),
        (signed(3, to=None, gas_limit=10**6), NoRecipient, "blob transaction of type create"),
        (signed(3, blob_versioned_hashes=()), NoBlobs, "blob transaction missing blob hashes"),
        (signed(3, blob_versioned_hashes=(b"\x01" * 32,) * 7), TooManyBlobsCarried,
         "blob transaction has too many blobs: permitted 6, actual 7"),
        (signed(3, blob_versioned_hashes=(b"\x01" * 32, b"\x02" * 32)), UnknownBlobVersion,
         "blob 1 has invalid hash version: 0x02"),
        (signed(3), MissingSidecar, "missing sidecar in blob transaction"),
        (signed(4, to=None, gas_limit=10**6), NoRecipient, "cannot be used to create contract"),
        (signed(4, authorization_list=()), EmptyAuthorizationList, "EIP-7702 transaction with empty auth list"),
        (signed(4, gas_limit=45_999), IntrinsicGasTooLow, "minimum needed 46000"),
    ],
)  # fmt: skip
def test_a_refusal_names_its_reason_and_the_operands(tx: Transaction, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        validate_transaction(tx, SPEC)
    assert type(caught.value) is error


@pytest.mark.parametrize("kind", [0, 1, 2, 4])
def test_a_sound_transaction_passes(kind: int) -> None:
    validate_transaction(signed(kind), SPEC)


def test_the_transaction_gas_cap_holds_only_where_it_is_enforced() -> None:
    tx = signed(gas_limit=TRANSACTION_GAS_CAP + 1)
    validate_transaction(tx, SPEC)
    with pytest.raises(GasLimitTooHigh, match="cap: 16777216"):
        validate_transaction(tx, replace(SPEC, transaction_gas_cap=TRANSACTION_GAS_CAP))
    validate_transaction(signed(gas_limit=TRANSACTION_GAS_CAP), replace(SPEC, transaction_gas_cap=TRANSACTION_GAS_CAP))


def test_initcode_of_any_size_passes_without_a_code_size_limit() -> None:
    tx = signed(to=None, data=bytes(100_000), gas_limit=10**7)
    validate_transaction(tx, replace(SPEC, code_size_limit=None))
    validate_transaction(signed(to=None, data=bytes(49_152), gas_limit=10**7), SPEC)


def test_prague_allows_nine_blobs_in_one_transaction() -> None:
    prague = dev_spec(hardfork=Hardfork.PRAGUE)
    validate_transaction(signed(3, blob_versioned_hashes=(b"\x01" * 32,) * 9), prague, sidecar_required=False)
    with pytest.raises(TooManyBlobsCarried) as refused:
        validate_transaction(signed(3, blob_versioned_hashes=(b"\x01" * 32,) * 10), prague, sidecar_required=False)
    assert (refused.value.got, refused.value.limit) == (10, 9)


@pytest.mark.parametrize(
    ("changes", "intrinsic", "floor"),
    [
        ({}, 21_000, 21_000),
        ({"data": b"\x00\x01\x00"}, 21_000 + 16 + 8, 21_000 + 60),
        ({"to": None, "data": b"\x01" * 33}, 21_000 + 32_000 + 33 * 16 + 4, 21_000 + 33 * 40),
        ({"to": None}, 53_000, 21_000),
        ({"access_list": ((TO, (1, 2)), (TO, ()))}, 21_000 + 4_800 + 3_800, 21_000),
        ({"kind": 4, "authorization_list": (AUTHORIZATION,) * 2}, 71_000, 21_000),
    ],
)
def test_intrinsic_gas_and_its_floor(changes: dict[str, Any], intrinsic: int, floor: int) -> None:
    assert intrinsic_gas(of_type(**{"kind": 2, **changes}), SPEC) == (intrinsic, floor)


# --- EIP-7702 ---------------------------------------------------------------------------------------------------------


def authorization(nonce: int = 1, chain_id: int = 31337) -> SignedAuthorization:
    message = keccak(b"\x05" + rlp.encode((chain_id, b"\xcc" * 20, nonce)))
    return SignedAuthorization(chain_id, b"\xcc" * 20, nonce, *sign(message, KEY))


def test_an_authorization_recovers_to_its_signer() -> None:
    assert recover_authority(authorization()) == SENDER
    assert recover_authority(authorization(chain_id=0, nonce=2**64 - 1)) == SENDER


@pytest.mark.parametrize("flaw", ["high s", "parity", "r zero", "s zero"])
def test_an_invalid_authorization_has_no_signer(flaw: str) -> None:
    good = authorization()
    void = {
        "high s": lambda: msgspec.structs.replace(good, s=SECP256K1_N - good.s, y_parity=1 - good.y_parity),
        "parity": lambda: msgspec.structs.replace(good, y_parity=2),
        "r zero": lambda: msgspec.structs.replace(good, r=0),
        "s zero": lambda: msgspec.structs.replace(good, s=0),
    }[flaw]()
    assert recover_authority(void) is None


# --- blobs ------------------------------------------------------------------------------------------------------------

BLOBS = (bytes(31) + b"\x01" + bytes(131_040), bytes(131_072))


@pytest.fixture(scope="module", params=[0, 1], ids=["EIP-4844", "EIP-7594"])
def sidecar(request: pytest.FixtureRequest) -> BlobSidecar:
    return sidecar_of(BLOBS, request.param)


def carrying(sidecar: BlobSidecar, spec: ChainSpec = SPEC) -> Transaction:
    return signed(3, sidecar=sidecar, blob_versioned_hashes=tuple(versioned_hash(each) for each in sidecar.commitments))


def test_blobs_travel_with_the_transaction_and_are_checked(sidecar: BlobSidecar) -> None:
    tx = decode_transaction(encode_network_form(carrying(sidecar)))
    assert tx == carrying(sidecar)
    assert len(tx.encoded) < 1000
    validate_transaction(tx, SPEC)


@pytest.mark.parametrize("flaw", ["blob", "commitment", "proof", "order", "count", "garbage"])
def test_a_sidecar_that_does_not_fit_is_refused(sidecar: BlobSidecar, flaw: str) -> None:
    tx = carrying(sidecar)
    flawed = {
        "blob": {"blobs": (BLOBS[1], BLOBS[1])},
        "commitment": {"commitments": sidecar.commitments[:1] * 2},
        "proof": {"proofs": sidecar.proofs[::-1]},
        "order": {"commitments": sidecar.commitments[::-1], "blobs": sidecar.blobs[::-1]},
        "count": {"proofs": sidecar.proofs[:-1]},
        "garbage": {"blobs": (b"\xff" * 131_072, BLOBS[1])},
    }[flaw]
    with pytest.raises(MalformedTransaction):
        validate_sidecar(tx.blob_versioned_hashes, msgspec.structs.replace(sidecar, **flawed))


def test_words_outside_the_field_make_no_blob() -> None:
    with pytest.raises(NotABlob, match="not a blob"):
        sidecar_of([b"\xff" * 131_072])
