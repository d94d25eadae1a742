"""Commitments: what stands on L1 where the data itself lies elsewhere. Encoding, decoding and checking; pure.

A batcher transaction's data is then 0x01 and a commitment (OP Stack specification, "Alt-DA"): its type 0x00 with the
data's keccak-256, or 0x01 with the byte of a DA layer and whatever that layer makes of it. Our own layer's is a
*certificate*: the hash and size of the data, signed by the store that keeps it. Whoever derives trusts the store to
give the data out, never what it gives out: that is compared with the hash.
"""

from __future__ import annotations

import msgspec

from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import HALF_N, address_of, recover, sign
from megadev.primitives.types import Address, Hash32

COMMITMENT_VERSION = 1
"""The first byte of an L1 transaction's data that is followed by a commitment."""
KECCAK_COMMITMENT, GENERIC_COMMITMENT = 0, 1
LAYER = 0x6D
"""Our layer's byte among generic commitments ("m"); EigenDA has 0x00, Avail 0x0a, Celestia 0x0c."""
CERTIFICATE_VERSION = 0
_DOMAIN = keccak(b"megadev data availability certificate")


class InvalidCommitment(ValueError):
    """Bytes that are not a supported commitment."""


class Certificate(msgspec.Struct, frozen=True):
    """A store's certificate for data: its keccak-256 and its size in bytes, with the store's signature (r, s and y
    parity, 65 bytes; empty for a bare keccak commitment, which has no size either).
    """

    hash: Hash32
    size: int | None = None
    signature: bytes = b""

    @property
    def signer(self) -> Address | None:
        """The signer; None if the signature is missing or invalid."""
        if len(self.signature) != 65 or self.size is None:
            return None
        r, s = int.from_bytes(self.signature[:32], "big"), int.from_bytes(self.signature[32:64], "big")
        if s > HALF_N or self.signature[64] > 1:
            return None
        return recover(_digest(self.hash, self.size), self.signature[64], r, s)

    def fits(self, data: bytes) -> bool:
        """True if the certificate is for ``data``."""
        return (self.size is None or self.size == len(data)) and keccak(data) == self.hash


def certify(data: bytes, key: bytes) -> Certificate:
    """The certificate of a store that keeps ``data`` and signs with ``key`` (32 bytes)."""
    data_hash = keccak(data)
    y_parity, r, s = sign(_digest(data_hash, len(data)), key)
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((y_parity,))
    return Certificate(data_hash, len(data), signature)


def store_address(key: bytes) -> Address:
    """The address by which a store's signatures are known."""
    return address_of(key)


def encode_commitment(certificate: Certificate) -> bytes:
    """The commitment, its type first: what a store answers and is asked for."""
    if certificate.size is None:
        return bytes((KECCAK_COMMITMENT,)) + certificate.hash
    fields = rlp.encode((certificate.hash, certificate.size, certificate.signature))
    return bytes((GENERIC_COMMITMENT, LAYER, CERTIFICATE_VERSION)) + fields


def decode_commitment(data: bytes) -> Certificate:
    """Decode a commitment. Raises ``InvalidCommitment`` if it is malformed or of another layer."""
    if data[:1] == bytes((KECCAK_COMMITMENT,)):
        if len(data) != 33:
            raise InvalidCommitment(f"a keccak commitment must have 32 bytes after its type, not {len(data) - 1}")
        return Certificate(data[1:])
    if data[:3] != bytes((GENERIC_COMMITMENT, LAYER, CERTIFICATE_VERSION)):
        raise InvalidCommitment(f"commitment {to_data(data[:3])}… has an unknown layer or version")
    try:
        fields = rlp.decode(data[3:])
    except ValueError as error:
        raise InvalidCommitment(f"a certificate is malformed: {error}") from None
    if type(fields) is not list or len(fields) != 3 or any(type(field) is not bytes for field in fields):
        raise InvalidCommitment("a certificate must have a hash, a size and a signature")
    data_hash, size, signature = fields
    if len(data_hash) != 32 or len(size) > 4 or size[:1] == b"\0" or len(signature) != 65:
        raise InvalidCommitment("a certificate must have a hash of 32 bytes, a size of up to 4 and a signature of 65")
    return Certificate(data_hash, int.from_bytes(size, "big"), signature)  # type: ignore[arg-type]


def _digest(data_hash: Hash32, size: int) -> Hash32:
    return keccak(_DOMAIN + data_hash + size.to_bytes(32, "big"))
