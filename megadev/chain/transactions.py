"""Transactions of every type this house knows: decode, encode, hash, recover and sign.

``decode_transaction`` turns EIP-2718 bytes into a ``Transaction`` with its sender. Whether a chain takes it is the
matter of ``admission``.

Why decoding works on slices: recovering the sender costs about 30 µs, and re-encoding the unsigned fields to hash them
would add a third to that. Signature fields come last in every type, so what was signed is the beginning of what we were
given under a new list header.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from megadev.chain.blobs import BLOB_SIZE, COMMITMENT_SIZE
from megadev.chain.blobs import BlobSidecar as BlobSidecar  # a transaction's field: offered from here too
from megadev.chain.spec import ChainSpec
from megadev.errors import (
    NoChainId,
    NumberOutOfRange,
    UndecodableTransaction,
    UnsupportedTransactionType,
)
from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.rlp import Decoded, Encodable
from megadev.primitives.signatures import HALF_N, SECP256K1_N, address_of, recover, sign
from megadev.primitives.types import Address, Hash32, Wei

LEGACY, ACCESS_LIST, DYNAMIC_FEE, BLOB, SET_CODE, DEPOSIT = 0, 1, 2, 3, 4, 0x7E

AccessList: TypeAlias = tuple[tuple[Address, tuple[int, ...]], ...]
"""EIP-2930: addresses with their storage slots."""

MAX_NONCE = 2**64 - 1
"""EIP-2681: no account's nonce may reach this."""
DELEGATION_PREFIX = b"\xef\x01\x00"
"""Begins the code of an account that only points to other code (EIP-7702)."""

_AUTHORIZATION_MAGIC = b"\x05"
_EMPTY = b"\x80"


class SignedAuthorization(msgspec.Struct, frozen=True):
    """An EIP-7702 authorization tuple as it stands in the transaction."""

    chain_id: int
    address: Address
    nonce: int
    y_parity: int
    r: int
    s: int


# Transactions, logs, receipts and headers are kept by the thousand, hold bytes and numbers and cannot form a cycle: out
# of the garbage collector's sight, they leave it half of its work.


class Transaction(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A signed (or impersonated, or deposited) transaction of any type, its sender and hash known.

    For types 0 and 1, which have one gas price, both fee caps equal it. ``chain_id`` is None for a legacy transaction
    without replay protection. ``v`` is the legacy v, or the y parity (0 or 1) of a typed transaction. An impersonated
    transaction has r = s = v = 0. ``encoded`` is the canonical EIP-2718 form, without the blob sidecar.
    """

    type: int
    chain_id: int | None
    nonce: int
    gas_limit: int
    to: Address | None
    value: Wei
    data: bytes
    max_fee_per_gas: Wei
    max_priority_fee_per_gas: Wei
    v: int
    r: int
    s: int
    sender: Address
    hash: Hash32
    encoded: bytes
    access_list: tuple[tuple[Address, tuple[int, ...]], ...] = ()
    max_fee_per_blob_gas: Wei = 0
    blob_versioned_hashes: tuple[Hash32, ...] = ()
    authorization_list: tuple[SignedAuthorization, ...] = ()
    sidecar: BlobSidecar | None = None
    source_hash: Hash32 | None = None
    mint: Wei = 0
    is_system: bool = False

    def effective_gas_price(self, base_fee: Wei) -> Wei:
        """Returns the price per gas in a block with that base fee (EIP-1559)."""
        return min(self.max_fee_per_gas, base_fee + self.max_priority_fee_per_gas)

    @property
    def is_impersonated(self) -> bool:
        """Sent for an account whose key nobody here holds (and not a deposit)."""
        return self.r == 0 and self.s == 0 and self.type != DEPOSIT

    @property
    def y_parity(self) -> int:
        """The parity of the signature's point, whatever way ``v`` says it."""
        if self.v < 27:
            return self.v
        return (self.v - 35) & 1 if self.v >= 35 else self.v - 27


class UnsignedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A request with everything filled in, ready to be signed. Fields as in ``Transaction``.

    For types 0 and 1 give the gas price as ``max_fee_per_gas``; ``max_priority_fee_per_gas`` is then not looked at.
    ``chain_id`` None makes a legacy transaction without replay protection; typed transactions must name a chain.
    """

    type: int
    chain_id: int | None
    nonce: int
    gas_limit: int
    to: Address | None
    value: Wei = 0
    data: bytes = b""
    max_fee_per_gas: Wei = 0
    max_priority_fee_per_gas: Wei = 0
    access_list: AccessList = ()
    max_fee_per_blob_gas: Wei = 0
    blob_versioned_hashes: tuple[Hash32, ...] = ()
    authorization_list: tuple[SignedAuthorization, ...] = ()
    sidecar: BlobSidecar | None = None


TransactionFields: TypeAlias = UnsignedTransaction | Transaction
"""Whatever has a transaction's fields; what a function of these ignores is the signature."""


_MOST_DECODED = 1 << 14
_decoded: dict[bytes, Transaction] = {}
"""By what they were decoded from, so that it does not matter who put them there."""


# --- decoding ---------------------------------------------------------------------------------------------------------


def decode_transaction(raw: bytes, spec: ChainSpec | None = None) -> Transaction:
    """The transaction that ``raw`` (EIP-2718 bytes) encodes, its sender recovered.

    Type 3 may come in canonical form or with its sidecar in network form (EIP-4844, or EIP-7594's with cell proofs).

    Raises ``UndecodableTransaction`` for bytes that are no transaction or whose signature is invalid, and
    ``UnsupportedTransactionType`` for a type nobody here knows, or that ``spec``, if given, does not allow.
    """
    if not raw:
        raise UndecodableTransaction("empty transaction data")
    if type(raw) is not bytes:
        raw = bytes(raw)
    first = raw[0]
    if first >= 0xC0:
        kind = LEGACY
    elif first == LEGACY or first >= 0x80:
        raise UndecodableTransaction(f"transaction could not be decoded: it starts with 0x{first:02x}")
    elif first in _DECODERS:
        kind = first
    else:
        raise UnsupportedTransactionType(first, _DECODERS if spec is None else spec.transaction_types)
    if spec is not None and kind not in spec.transaction_types:
        raise UnsupportedTransactionType(kind, spec.transaction_types)
    if _decoded and (found := _decoded.pop(raw, None)) is not None:
        return found
    try:
        fields = rlp.decode(raw[1:] if kind else raw)
    except ValueError as error:
        raise UndecodableTransaction(f"transaction could not be decoded: {error}") from None
    if type(fields) is not list:
        raise UndecodableTransaction("transaction could not be decoded: its payload is not an RLP list")
    return _DECODERS[kind](raw, fields)


def put_decoded(tx: Transaction) -> None:
    """Have ``decode_transaction`` answer with ``tx``, once, which was decoded elsewhere from the same bytes."""
    if len(_decoded) >= _MOST_DECODED:
        _decoded.clear()
    _decoded[tx.encoded] = tx


def _decode_legacy(raw: bytes, fields: list[Decoded]) -> Transaction:
    _require_count(fields, 9, "a legacy transaction")
    nonce, price, gas, to, value, data, v_bytes, r, s = fields
    numbers = _uints((nonce, price, gas, value, v_bytes, r, s))
    _require_widths(fields[0], fields[2], fields[3], fields[5])
    v = numbers[4]
    chain_id: int | None = None
    tail = b""
    if v >= 35:
        chain_id, y_parity = (v - 35) >> 1, (v - 35) & 1
        tail = rlp.encode_int(chain_id) + _EMPTY + _EMPTY
    elif v in (27, 28):
        y_parity = v - 27
    else:
        raise UndecodableTransaction(f"invalid signature: v must be 27, 28, or 35 and above (EIP-155), got {v}")
    start = _payload_start(raw, 0)
    signed = raw[start : len(raw) - _item_size(v_bytes) - _item_size(r) - _item_size(s)] + tail
    sender = _recover_sender(keccak(rlp.list_prefix(len(signed)) + signed), y_parity, numbers[5], numbers[6])
    return Transaction(
        type=LEGACY,
        chain_id=chain_id,
        nonce=numbers[0],
        gas_limit=numbers[2],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[3],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=numbers[1],
        max_priority_fee_per_gas=numbers[1],
        v=v,
        r=numbers[5],
        s=numbers[6],
        sender=sender,
        hash=keccak(raw),
        encoded=raw,
    )


def _decode_access_list(raw: bytes, fields: list[Decoded]) -> Transaction:
    _require_count(fields, 11, "a type 1 transaction")
    chain_id, nonce, price, gas, to, value, data, access_list, y, r, s = fields
    numbers = _uints((chain_id, nonce, price, gas, value, y, r, s))
    _require_widths(nonce, gas, to, data)
    return Transaction(
        type=ACCESS_LIST,
        chain_id=numbers[0],
        nonce=numbers[1],
        gas_limit=numbers[3],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[4],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=numbers[2],
        max_priority_fee_per_gas=numbers[2],
        v=numbers[5],
        r=numbers[6],
        s=numbers[7],
        sender=_typed_sender(raw, y, r, s, numbers[5], numbers[6], numbers[7]),
        hash=keccak(raw),
        encoded=raw,
        access_list=_access_list(access_list) if access_list else _no_items(access_list),
    )


def _decode_dynamic_fee(raw: bytes, fields: list[Decoded]) -> Transaction:
    _require_count(fields, 12, "a type 2 transaction")
    chain_id, nonce, tip, cap, gas, to, value, data, access_list, y, r, s = fields
    numbers = _uints((chain_id, nonce, tip, cap, gas, value, y, r, s))
    _require_widths(nonce, gas, to, data)
    return Transaction(
        type=DYNAMIC_FEE,
        chain_id=numbers[0],
        nonce=numbers[1],
        gas_limit=numbers[4],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[5],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=numbers[3],
        max_priority_fee_per_gas=numbers[2],
        v=numbers[6],
        r=numbers[7],
        s=numbers[8],
        sender=_typed_sender(raw, y, r, s, numbers[6], numbers[7], numbers[8]),
        hash=keccak(raw),
        encoded=raw,
        access_list=_access_list(access_list) if access_list else _no_items(access_list),
    )


def _decode_blob(raw: bytes, fields: list[Decoded]) -> Transaction:
    sidecar = None
    if fields and type(fields[0]) is list:
        sidecar = _sidecar(fields)
        start = _payload_start(raw, 1)
        raw = raw[:1] + raw[start : _item_end(raw, start)]
        fields = fields[0]
    _require_count(fields, 14, "a type 3 transaction")
    chain_id, nonce, tip, cap, gas, to, value, data, access_list, blob_cap, hashes, y, r, s = fields
    numbers = _uints((chain_id, nonce, tip, cap, gas, value, blob_cap, y, r, s))
    _require_widths(nonce, gas, to, data)
    return Transaction(
        type=BLOB,
        chain_id=numbers[0],
        nonce=numbers[1],
        gas_limit=numbers[4],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[5],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=numbers[3],
        max_priority_fee_per_gas=numbers[2],
        v=numbers[7],
        r=numbers[8],
        s=numbers[9],
        sender=_typed_sender(raw, y, r, s, numbers[7], numbers[8], numbers[9]),
        hash=keccak(raw),
        encoded=raw,
        access_list=_access_list(access_list),
        max_fee_per_blob_gas=numbers[6],
        blob_versioned_hashes=_sized_items(hashes, 32, "a blob versioned hash"),
        sidecar=sidecar,
    )


def _decode_set_code(raw: bytes, fields: list[Decoded]) -> Transaction:
    _require_count(fields, 13, "a type 4 transaction")
    chain_id, nonce, tip, cap, gas, to, value, data, access_list, authorizations, y, r, s = fields
    numbers = _uints((chain_id, nonce, tip, cap, gas, value, y, r, s))
    _require_widths(nonce, gas, to, data)
    return Transaction(
        type=SET_CODE,
        chain_id=numbers[0],
        nonce=numbers[1],
        gas_limit=numbers[4],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[5],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=numbers[3],
        max_priority_fee_per_gas=numbers[2],
        v=numbers[6],
        r=numbers[7],
        s=numbers[8],
        sender=_typed_sender(raw, y, r, s, numbers[6], numbers[7], numbers[8]),
        hash=keccak(raw),
        encoded=raw,
        access_list=_access_list(access_list),
        authorization_list=_authorizations(authorizations),
    )


def _decode_deposit(raw: bytes, fields: list[Decoded]) -> Transaction:
    _require_count(fields, 8, "a deposit transaction")
    source_hash, sender, to, mint, value, gas, is_system, data = fields
    numbers = _uints((mint, value, gas, is_system))
    _require_widths(b"", gas, to, data)
    _require_size(source_hash, 32, "the source hash")
    _require_size(sender, 20, "the sender")
    if numbers[3] > 1:
        raise UndecodableTransaction(f"transaction could not be decoded: isSystemTx must be 0 or 1, got {numbers[3]}")
    return Transaction(
        type=DEPOSIT,
        chain_id=None,
        nonce=0,
        gas_limit=numbers[2],
        to=to or None,  # type: ignore[arg-type]
        value=numbers[1],
        data=data,  # type: ignore[arg-type]
        max_fee_per_gas=0,
        max_priority_fee_per_gas=0,
        v=0,
        r=0,
        s=0,
        sender=sender,  # type: ignore[arg-type]
        hash=keccak(raw),
        encoded=raw,
        source_hash=source_hash,  # type: ignore[arg-type]
        mint=numbers[0],
        is_system=bool(numbers[3]),
    )


_DECODERS: dict[int, Callable[[bytes, list[Decoded]], Transaction]] = {
    LEGACY: _decode_legacy,
    ACCESS_LIST: _decode_access_list,
    DYNAMIC_FEE: _decode_dynamic_fee,
    BLOB: _decode_blob,
    SET_CODE: _decode_set_code,
    DEPOSIT: _decode_deposit,
}


def _require_count(fields: list[Decoded], count: int, what: str) -> None:
    if len(fields) != count:
        raise UndecodableTransaction(
            f"transaction could not be decoded: {what} must have {count} fields, got {len(fields)}"
        )


def _uints(items: Sequence[Decoded]) -> list[int]:
    """The numbers that ``items`` spell: big-endian, at most 32 bytes, no leading zero."""
    from_bytes = int.from_bytes
    numbers: list[int] = []
    for item in items:
        if type(item) is not bytes or len(item) > 32 or item[:1] == b"\0":
            raise UndecodableTransaction(f"transaction could not be decoded: {_bad_number(item)}")
        numbers.append(from_bytes(item, "big"))
    return numbers


def _bad_number(item: Decoded) -> str:
    if type(item) is list:
        return "expected a number, got a list"
    if len(item) > 32:
        return f"a number of {len(item)} bytes; at most 32 are allowed"
    return f"number {to_data(bytes(item))} has a leading zero"  # type: ignore[arg-type]


def _require_widths(nonce: Decoded, gas_limit: Decoded, to: Decoded, data: Decoded) -> None:
    """Checks the widths that the numbers' common limit does not cover: 64 bits of nonce and gas, an address or nothing,
    bytes of data.
    """
    if len(nonce) > 8 or len(gas_limit) > 8:
        raise UndecodableTransaction("transaction could not be decoded: nonce and gas limit must have at most 64 bits")
    if (len(to) != 20 and len(to) != 0) or type(to) is not bytes:
        raise UndecodableTransaction("transaction could not be decoded: the recipient is not an address of 20 bytes")
    if type(data) is not bytes:
        raise UndecodableTransaction("transaction could not be decoded: expected data, got a list")


def _require_size(item: Decoded, size: int, what: str) -> None:
    if type(item) is not bytes or len(item) != size:
        raise UndecodableTransaction(f"transaction could not be decoded: {what} is not {size} bytes long")


def _no_items(item: Decoded) -> tuple[()]:
    if type(item) is not list:
        raise UndecodableTransaction("transaction could not be decoded: expected a list, got an empty string")
    return ()


def _items(item: Decoded, what: str) -> list[Decoded]:
    if type(item) is not list:
        raise UndecodableTransaction(f"transaction could not be decoded: {what} must be a list")
    return item


def _sized_items(item: Decoded, size: int, what: str) -> tuple[bytes, ...]:
    members = _items(item, f"what holds {what}")
    for member in members:
        _require_size(member, size, what)
    return tuple(members)  # type: ignore[arg-type]


def _access_list(item: Decoded) -> AccessList:
    entries: list[tuple[Address, tuple[int, ...]]] = []
    for entry in _items(item, "the access list"):
        if type(entry) is not list or len(entry) != 2:
            raise UndecodableTransaction("transaction could not be decoded: an access list entry must be a pair")
        _require_size(entry[0], 20, "an address in the access list")
        slots = _sized_items(entry[1], 32, "a slot in the access list")
        entries.append((entry[0], tuple(int.from_bytes(slot, "big") for slot in slots)))  # type: ignore[arg-type]
    return tuple(entries)


def _authorizations(item: Decoded) -> tuple[SignedAuthorization, ...]:
    signed: list[SignedAuthorization] = []
    for entry in _items(item, "the authorization list"):
        if type(entry) is not list or len(entry) != 6:
            raise UndecodableTransaction("transaction could not be decoded: an authorization must have six fields")
        _require_size(entry[1], 20, "an authorization's address")
        chain_id, nonce, y_parity, r, s = _uints((entry[0], entry[2], entry[3], entry[4], entry[5]))
        if nonce > MAX_NONCE or y_parity > 255:
            raise UndecodableTransaction(
                "transaction could not be decoded: an authorization's nonce must have at most 64 bits, its y "
                "parity at most 8"
            )
        signed.append(SignedAuthorization(chain_id, entry[1], nonce, y_parity, r, s))  # type: ignore[arg-type]
    return tuple(signed)


def _sidecar(fields: list[Decoded]) -> BlobSidecar:
    """The rest of a network form: blobs, commitments, proofs, and before them the wrapper's version if it has one."""
    if len(fields) == 4:
        version, (_, blobs, commitments, proofs) = 0, fields
    elif len(fields) == 5 and fields[1] == b"\x01":
        version, (_, _, blobs, commitments, proofs) = 1, fields
    else:
        raise UndecodableTransaction(
            "transaction could not be decoded: a blob transaction with its sidecar must be [transaction, "
            "blobs, commitments, proofs] (EIP-4844) or "
            "[transaction, 1, blobs, commitments, cell proofs] (EIP-7594)"
        )
    return BlobSidecar(
        blobs=_sized_items(blobs, BLOB_SIZE, "a blob"),
        commitments=_sized_items(commitments, COMMITMENT_SIZE, "a commitment"),
        proofs=_sized_items(proofs, COMMITMENT_SIZE, "a proof"),
        version=version,
    )


def _typed_sender(
    raw: bytes, y_item: Decoded, r_item: Decoded, s_item: Decoded, y_parity: int, r: int, s: int
) -> Address:
    """Returns the sender of the typed transaction ``raw``, whose last three fields are the signature."""
    if y_parity > 1:
        raise UndecodableTransaction(f"invalid signature: the y parity must be 0 or 1, got {y_parity}")
    signed = raw[_payload_start(raw, 1) : len(raw) - _item_size(y_item) - _item_size(r_item) - _item_size(s_item)]
    return _recover_sender(keccak(raw[:1] + rlp.list_prefix(len(signed)) + signed), y_parity, r, s)


def _recover_sender(message_hash: Hash32, y_parity: int, r: int, s: int) -> Address:
    if s > HALF_N:
        raise UndecodableTransaction(
            "invalid signature: s must be below the order of the curve's group"
            if s >= SECP256K1_N
            else "invalid signature: s is in the upper half of its range (EIP-2)"
        )
    sender = recover(message_hash, y_parity, r, s)
    if sender is None:
        raise UndecodableTransaction("invalid signature: no public key can be recovered from it")
    return sender


def _payload_start(raw: bytes, position: int) -> int:
    """Returns the start of the payload of the (well-formed) list at ``position``."""
    first = raw[position]
    return position + 1 if first < 0xF8 else position + first - 0xF6


def _item_end(raw: bytes, position: int) -> int:
    """Returns the end of the (well-formed) list at ``position``."""
    first = raw[position]
    if first < 0xF8:
        return position + 1 + first - 0xC0
    start = position + first - 0xF6
    return start + int.from_bytes(raw[position + 1 : start], "big")


def _item_size(item: Decoded) -> int:
    """The bytes that a short string, decoded from canonical RLP, took there."""
    size = len(item)
    return 1 if size == 0 or (size == 1 and item[0] < 0x80) else 1 + size  # type: ignore[operator]


# --- encoding and signing ---------------------------------------------------------------------------------------------


def encode_transaction(tx: Transaction) -> bytes:
    """The canonical EIP-2718 form, built from the fields (``tx.encoded`` has it already)."""
    if tx.type == DEPOSIT:
        source = tx.source_hash or bytes(32)
        return bytes((DEPOSIT,)) + rlp.encode(
            (source, tx.sender, tx.to or b"", tx.mint, tx.value, tx.gas_limit, int(tx.is_system), tx.data)
        )
    return _type_prefix(tx.type) + rlp.encode([*_unsigned_fields(tx), tx.v, tx.r, tx.s])


def encode_network_form(tx: Transaction) -> bytes:
    """Returns the encoding used between nodes: ``tx.encoded``, wrapped with its sidecar if it has one (EIP-4844,
    EIP-7594).
    """
    sidecar = tx.sidecar
    if sidecar is None:
        return tx.encoded
    rest = b"".join(
        (
            b"\x01" if sidecar.version else b"",
            rlp.encode(sidecar.blobs),
            rlp.encode(sidecar.commitments),
            rlp.encode(sidecar.proofs),
        )
    )
    body = tx.encoded[1:]
    return tx.encoded[:1] + rlp.list_prefix(len(body) + len(rest)) + body + rest


def encode_unsigned(tx: TransactionFields) -> bytes:
    """Returns the bytes to be hashed and signed: the type, if any, and the fields before the signature (EIP-155 for
    legacy).
    """
    fields = _unsigned_fields(tx)
    if tx.type == LEGACY and tx.chain_id is not None:
        fields += [tx.chain_id, 0, 0]
    return _type_prefix(tx.type) + rlp.encode(fields)


def signing_hash(tx: TransactionFields) -> Hash32:
    """Returns the hash that the sender signs."""
    return keccak(encode_unsigned(tx))


def sign_transaction(tx: UnsignedTransaction, private_key: bytes) -> Transaction:
    """``tx`` signed with ``private_key`` (32 bytes), deterministically.

    Raises ``MalformedTransaction`` for a field that cannot be encoded (a typed transaction without a chain, a negative
    or oversized number).
    """
    encoded, v, r, s = encode_signed(tx, private_key)
    return _completed(tx, v, r, s, address_of(private_key), encoded, keccak(encoded))


def encode_signed(tx: UnsignedTransaction, private_key: bytes) -> tuple[bytes, int, int, int]:
    """As ``sign_transaction``, but only what is sent, and (v, r, s): who sends is known to who has many to sign."""
    y_parity, r, s = sign(signing_hash(tx), private_key)
    if tx.type != LEGACY:
        v = y_parity
    elif tx.chain_id is None:
        v = 27 + y_parity
    else:
        v = 35 + 2 * tx.chain_id + y_parity
    return _type_prefix(tx.type) + rlp.encode([*_unsigned_fields(tx), v, r, s]), v, r, s


def impersonated_transaction(tx: UnsignedTransaction, sender: Address) -> Transaction:
    """``tx`` as if ``sender`` had signed it: r = s = v = 0.

    Two senders may send the same fields, so the hash covers the sender too; it is therefore not keccak256(``encoded``).
    It is the hash Anvil gives such a transaction, so that a chain keeps its hashes when it moves from one to the other.
    """
    encoded = _type_prefix(tx.type) + rlp.encode([*_unsigned_fields(tx), 0, 0, 0])
    if tx.type == LEGACY:
        v = 27 if tx.chain_id is None else 35 + 2 * tx.chain_id
        hashed = rlp.encode([*_unsigned_fields(tx), v, 0, 0])
    else:
        hashed = rlp.encode_bytes(encoded)
    return _completed(tx, 0, 0, 0, sender, encoded, keccak(hashed + sender))


def simulated_transaction(tx: UnsignedTransaction, sender: Address) -> Transaction:
    """``tx`` of ``sender`` in a simulation: r = s = v = 0, and the hash is keccak256(``encoded``), as clients of
    eth_simulateV1 compute it. Two senders of the same fields share one.
    """
    encoded = _type_prefix(tx.type) + rlp.encode([*_unsigned_fields(tx), 0, 0, 0])
    return _completed(tx, 0, 0, 0, sender, encoded, keccak(encoded))


def deposit_transaction(
    *,
    source_hash: Hash32,
    sender: Address,
    to: Address | None,
    mint: Wei,
    value: Wei,
    gas_limit: int,
    data: bytes,
    is_system: bool = False,
) -> Transaction:
    """A deposit (type 0x7E, as the OP Stack specifies it): nobody signs it, its source hash makes it unique."""
    encoded = bytes((DEPOSIT,)) + rlp.encode(
        (source_hash, sender, to or b"", mint, value, gas_limit, int(is_system), data)
    )
    return decode_transaction(encoded)


def blobs_of(transactions: Sequence[Transaction]) -> list[tuple[Hash32, bytes]]:
    """The blobs that came with ``transactions``, in order, each with its versioned hash (EIP-4844)."""
    return [
        (blob_hash, blob)
        for tx in transactions
        if tx.sidecar is not None
        for blob_hash, blob in zip(tx.blob_versioned_hashes, tx.sidecar.blobs, strict=True)
    ]


def is_delegation(code: bytes) -> bool:
    """True if this is an EIP-7702 delegation: the prefix and an address, nothing more."""
    return len(code) == 23 and code.startswith(DELEGATION_PREFIX)


def bars_sending(code: bytes) -> bool:
    """True if an account with this code may send nothing that it signs (EIP-3607); a delegation does not count."""
    return bool(code) and not is_delegation(code)


def recover_authority(authorization: SignedAuthorization) -> Address | None:
    """Returns the signer of an EIP-7702 tuple, or None if it is invalid: bad parity, high s, no such key.

    Whether its chain is this one (or 0) and its nonce the account's next, and not the last, is for the execution to
    check.
    """
    if authorization.s > HALF_N:
        return None
    message = _AUTHORIZATION_MAGIC + rlp.encode((authorization.chain_id, authorization.address, authorization.nonce))
    return recover(keccak(message), authorization.y_parity, authorization.r, authorization.s)


def _type_prefix(kind: int) -> bytes:
    return bytes((kind,)) if kind else b""


def _unsigned_fields(tx: TransactionFields) -> list[Encodable]:
    """The fields before the signature, in their order. Raises ``MalformedTransaction`` for what cannot be encoded."""
    for number in (tx.nonce, tx.gas_limit):
        if not 0 <= number <= MAX_NONCE:
            raise NumberOutOfRange("nonce and gas limit", 64, number)
    fees = (tx.max_fee_per_gas, tx.max_priority_fee_per_gas, tx.max_fee_per_blob_gas)
    for number in (tx.value, *fees, tx.chain_id or 0):
        if not 0 <= number < 2**256:
            raise NumberOutOfRange("value, fees and chain id", 256, number)
    to = tx.to or b""
    if tx.type == LEGACY:
        return [tx.nonce, tx.max_fee_per_gas, tx.gas_limit, to, tx.value, tx.data]
    if tx.chain_id is None:
        raise NoChainId(tx.type)
    fields: list[Encodable] = [tx.chain_id, tx.nonce]
    if tx.type != ACCESS_LIST:
        fields.append(tx.max_priority_fee_per_gas)
    fields += [tx.max_fee_per_gas, tx.gas_limit, to, tx.value, tx.data]
    fields.append([(address, [slot.to_bytes(32, "big") for slot in slots]) for address, slots in tx.access_list])
    if tx.type == BLOB:
        fields += [tx.max_fee_per_blob_gas, tx.blob_versioned_hashes]
    elif tx.type == SET_CODE:
        fields.append(
            [(each.chain_id, each.address, each.nonce, each.y_parity, each.r, each.s) for each in tx.authorization_list]
        )
    elif tx.type not in (ACCESS_LIST, DYNAMIC_FEE):
        raise UnsupportedTransactionType(tx.type, _DECODERS)
    return fields


def _completed(
    tx: UnsignedTransaction, v: int, r: int, s: int, sender: Address, encoded: bytes, tx_hash: Hash32
) -> Transaction:
    one_price = tx.type in (LEGACY, ACCESS_LIST)
    return Transaction(
        type=tx.type,
        chain_id=tx.chain_id,
        nonce=tx.nonce,
        gas_limit=tx.gas_limit,
        to=tx.to,
        value=tx.value,
        data=tx.data,
        max_fee_per_gas=tx.max_fee_per_gas,
        max_priority_fee_per_gas=tx.max_fee_per_gas if one_price else tx.max_priority_fee_per_gas,
        v=v,
        r=r,
        s=s,
        sender=sender,
        hash=tx_hash,
        encoded=encoded,
        access_list=tx.access_list,
        max_fee_per_blob_gas=tx.max_fee_per_blob_gas,
        blob_versioned_hashes=tx.blob_versioned_hashes,
        authorization_list=tx.authorization_list,
        sidecar=tx.sidecar,
    )
