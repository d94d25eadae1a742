"""secp256k1 against eth-keys."""

from __future__ import annotations

import pytest
from eth_keys import keys
from eth_keys.backends import NativeECCBackend
from eth_keys.exceptions import BadSignature
from eth_keys.exceptions import ValidationError as KeyValidationError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from megadev.primitives.signatures import HALF_N, SECP256K1_N, address_of, public_key, recover, sign

ORACLE = NativeECCBackend()
HASHES = st.binary(min_size=32, max_size=32)
SECRETS = st.integers(1, SECP256K1_N - 1).map(lambda number: number.to_bytes(32, "big"))
EDGES = st.sampled_from([0, 1, 2, HALF_N, HALF_N + 1, SECP256K1_N - 1, SECP256K1_N, 2**256 - 1, 2**256, -1])


@given(HASHES, SECRETS)
@settings(max_examples=15)
def test_signatures_are_the_oracles_and_recover_to_the_signer(message_hash: bytes, secret: bytes) -> None:
    key = keys.PrivateKey(secret, ORACLE)
    parity, r, s = sign(message_hash, secret)
    assert (parity, r, s) == key.sign_msg_hash(message_hash).vrs
    assert s <= HALF_N
    assert recover(message_hash, parity, r, s) == address_of(secret) == key.public_key.to_canonical_address()
    assert public_key(secret) == key.public_key.to_bytes()
    assert public_key(secret, compressed=True) == key.public_key.to_compressed_bytes()


@given(HASHES, st.integers(0, 1), st.integers(0, 2**256 - 1) | EDGES, st.integers(0, 2**256 - 1) | EDGES)
@settings(max_examples=40)
@example(bytes(32), 0, 1, 1)
@example(b"\xff" * 32, 1, SECP256K1_N - 1, SECP256K1_N - 1)
def test_any_numbers_recover_as_the_oracle_does_or_not_at_all(message_hash: bytes, parity: int, r: int, s: int) -> None:
    try:
        if not (0 < r < SECP256K1_N and 0 < s < SECP256K1_N):
            raise BadSignature
        signature = keys.Signature(vrs=(parity, r, s), backend=ORACLE)
        expected = signature.recover_public_key_from_msg_hash(message_hash).to_canonical_address()
    except (BadSignature, KeyValidationError):
        expected = None
    assert recover(message_hash, parity, r, s) == expected


def test_a_high_s_recovers_because_refusing_it_is_not_our_rule() -> None:
    message_hash, secret = b"\x02" * 32, b"\x01" * 32
    parity, r, s = sign(message_hash, secret)
    assert recover(message_hash, 1 - parity, r, SECP256K1_N - s) == address_of(secret)


@pytest.mark.parametrize("parity", [-1, 2, 3, 4, 27, 28, 2**40, -(2**70)])
def test_invalid_recovery_ids_recover_no_signer(parity: int) -> None:
    _, r, s = sign(b"\x02" * 32, b"\x01" * 32)
    assert recover(b"\x02" * 32, parity, r, s) is None


@pytest.mark.parametrize("message_hash", [b"", b"\x02" * 31, b"\x02" * 33])
def test_a_hash_of_the_wrong_size_is_never_read_past_its_end(message_hash: bytes) -> None:
    assert recover(message_hash, 0, 1, 1) is None
    with pytest.raises(ValueError, match="32 bytes"):
        sign(message_hash, b"\x01" * 32)


@pytest.mark.parametrize("secret", [b"", b"\x01" * 31, bytes(32), SECP256K1_N.to_bytes(32, "big"), b"\xff" * 32])
def test_an_invalid_private_key_is_refused(secret: bytes) -> None:
    for use in (address_of, public_key, lambda key: sign(bytes(32), key)):
        with pytest.raises(ValueError, match="private key"):
            use(secret)
