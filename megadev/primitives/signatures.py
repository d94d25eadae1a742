"""ECDSA over secp256k1 as Ethereum uses it: recover a sender, sign with low s (EIP-2), keys to addresses.

Works on libsecp256k1 through btclib's bindings, one layer below their public functions: recovery is the dearest single
step of admitting a transaction, and their checks repeat ours. The library reads fixed widths from bare pointers, so
every length is checked here before a call; what it dislikes beyond that it answers with 0 (its aborting callbacks are
not compiled in).
"""

from __future__ import annotations

from btclib_libsecp256k1 import ffi, lib
from btclib_libsecp256k1.context import ctx

from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Hash32

SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""The order of the group: r, s and private keys lie in [1, N)."""
HALF_N = SECP256K1_N // 2
"""The largest s that EIP-2 allows in a transaction."""

# taken here, not where they are used: cffi builds what is asked of it when it is first asked, perhaps by two threads
_new = ffi.new
_view = ffi.buffer
_parse = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
_recover = lib.secp256k1_ecdsa_recover
_serialize = lib.secp256k1_ec_pubkey_serialize
_sign = lib.secp256k1_ecdsa_sign_recoverable
_serialize_compact = lib.secp256k1_ecdsa_recoverable_signature_serialize_compact
_create = lib.secp256k1_ec_pubkey_create
_SIGNATURE = ffi.typeof("secp256k1_ecdsa_recoverable_signature *")
_PUBLIC_KEY = ffi.typeof("secp256k1_pubkey *")
_POINT = ffi.typeof("unsigned char[65]")
_COMPACT = ffi.typeof("unsigned char[64]")
_SIZE = ffi.typeof("size_t *")
_INT = ffi.typeof("int *")
_UNCOMPRESSED, _COMPRESSED = 2, 258


def recover(message_hash: Hash32, y_parity: int, r: int, s: int) -> Address | None:
    """The address whose key signed ``message_hash``, or None where no key can have.

    ``y_parity`` is 0 or 1: a nonce point whose x exceeds the group order (recovery ids 2 and 3) is no Ethereum
    signature. A high s recovers like any other; refusing it is the transaction's rule (EIP-2).
    """
    # the buffers are made anew each time because cffi lets other threads run during a call
    if not (0 < r < SECP256K1_N and 0 < s < SECP256K1_N) or y_parity not in (0, 1) or len(message_hash) != 32:
        return None
    signature = _new(_SIGNATURE)
    if not _parse(ctx, signature, r.to_bytes(32, "big") + s.to_bytes(32, "big"), y_parity):
        return None
    public = _new(_PUBLIC_KEY)
    if not _recover(ctx, public, signature, message_hash):
        return None
    point = _new(_POINT)
    _serialize(ctx, point, _new(_SIZE, 65), public, _UNCOMPRESSED)
    return keccak(_view(point)[1:65])[12:]


def sign(message_hash: Hash32, private_key: bytes) -> tuple[int, int, int]:
    """``(y_parity, r, s)``, deterministic (RFC 6979) with low s. Raises ValueError for a malformed hash or key."""
    if len(message_hash) != 32:
        raise ValueError(f"a message hash must have 32 bytes, got {len(message_hash)}")
    _check_key(private_key)
    signature = _new(_SIGNATURE)
    if not _sign(ctx, signature, message_hash, private_key, ffi.NULL, ffi.NULL):
        raise ValueError("the private key must be in [1, n)")
    compact, recovery_id = _new(_COMPACT), _new(_INT)
    _serialize_compact(ctx, compact, recovery_id, signature)
    rs = _view(compact)[:]
    return int(recovery_id[0]), int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big")


def public_key(private_key: bytes, *, compressed: bool = False) -> bytes:
    """The public key: 64 bytes x ‖ y, or 33 bytes if ``compressed``. Raises ValueError for a key outside [1, n)."""
    _check_key(private_key)
    public = _new(_PUBLIC_KEY)
    if not _create(ctx, public, private_key):
        raise ValueError("the private key must be in [1, n)")
    point = _new(_POINT)
    _serialize(ctx, point, _new(_SIZE, 65), public, _COMPRESSED if compressed else _UNCOMPRESSED)
    encoded: bytes = _view(point)[:]
    return encoded[:33] if compressed else encoded[1:]


def address_of(private_key: bytes) -> Address:
    """The address a private key controls. Raises ValueError for a key outside [1, n)."""
    return keccak(public_key(private_key))[12:]


def _check_key(private_key: bytes) -> None:
    if type(private_key) is not bytes or len(private_key) != 32:
        raise ValueError("a private key must have 32 bytes")
