"""Admission of transactions: every rule once, for all callers. What needs no state is validated (``validate_…``), what
looks at an account or a block is checked (``check_…``), from plain values.

The sequencer asks before a transaction may wait, the engine before it runs. All raise the ``InvalidTransaction`` that
fits, with the operands in it.
"""

from __future__ import annotations

from megadev.chain.blobs import validate_sidecar
from megadev.chain.spec import GAS_PER_BLOB, MODELS, ChainSpec, Hardfork
from megadev.chain.transactions import (
    BLOB,
    DEPOSIT,
    MAX_NONCE,
    SET_CODE,
    AccessList,
    Transaction,
    TransactionFields,
    is_delegation,
)
from megadev.errors import (
    BlobFeeCapTooLow,
    BlockGasLimitExceeded,
    BlockGasUsedUp,
    EmptyAuthorizationList,
    FeeCapBelowBaseFee,
    InitcodeTooLarge,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MissingSidecar,
    NoBlobs,
    NonceOverflow,
    NonceTooHigh,
    NonceTooLow,
    NoRecipient,
    SenderHasCode,
    TipAboveFeeCap,
    TooManyBlobs,
    TooManyBlobsCarried,
    TransactionGasCapExceeded,
    UnknownBlobVersion,
    UnsupportedTransactionType,
    WrongChainId,
)
from megadev.primitives.types import Address, Hash32, Wei

TRANSACTION_GAS = 21_000
CREATION_GAS = 32_000
INITCODE_WORD_GAS = 2
"""EIP-3860: per 32 bytes of creation code, the last word rounded up."""
TOKENS_PER_NONZERO_BYTE = 4
"""EIP-7623 counts calldata in tokens: one for a zero byte, four for any other."""
TOKEN_GAS = 4
FLOOR_TOKEN_GAS = 10
ACCESS_LIST_ADDRESS_GAS = 2_400
ACCESS_LIST_SLOT_GAS = 1_900
MEGA_TRANSACTION_GAS = 39_000
MEGA_TOKEN_GAS = 40
MEGA_FLOOR_TOKEN_GAS = 100
"""Storage gas that MegaETH takes of every transaction, of each token of its data, and adds to the floor."""
AUTHORIZATION_GAS = 25_000
"""EIP-7702: charged for each tuple as if its account were new; part may come back as a refund."""


# --- what a transaction costs before it runs --------------------------------------------------------------------------


def intrinsic_gas(tx: TransactionFields, spec: ChainSpec) -> tuple[int, int]:
    """``(intrinsic, floor)``: gas charged before anything runs, and the least that will be used in the end (EIP-7623).

    EIP-2028, EIP-2930, EIP-3860, EIP-7702.
    """
    intrinsic, floor = gas_before_execution(
        tx.data, tx.to is None, tx.access_list, len(tx.authorization_list), spec.hardfork
    )
    if not spec.is_metered:
        return intrinsic, floor
    tokens = TOKENS_PER_NONZERO_BYTE * len(tx.data) - (TOKENS_PER_NONZERO_BYTE - 1) * tx.data.count(0)
    raised = floor + MEGA_FLOOR_TOKEN_GAS * tokens if MODELS[spec.model].raises_floor else floor
    return intrinsic + MEGA_TRANSACTION_GAS + MEGA_TOKEN_GAS * tokens, raised


def gas_before_execution(
    data: bytes,
    creates: bool,
    access_list: AccessList = (),
    authorizations: int = 0,
    hardfork: Hardfork = Hardfork.PRAGUE,
) -> tuple[int, int]:
    """As ``intrinsic_gas``, from plain values; ``authorizations`` is how many EIP-7702 tuples there are. Creation code
    is priced by its length since Shanghai, and there is no floor before Prague.
    """
    intrinsic = floor = TRANSACTION_GAS
    if data:
        size = len(data)
        tokens = TOKENS_PER_NONZERO_BYTE * size - (TOKENS_PER_NONZERO_BYTE - 1) * data.count(0)
        intrinsic += TOKEN_GAS * tokens
        floor += FLOOR_TOKEN_GAS * tokens
        if creates and hardfork >= Hardfork.SHANGHAI:
            intrinsic += INITCODE_WORD_GAS * ((size + 31) // 32)
    if creates:
        intrinsic += CREATION_GAS
    for _, slots in access_list:
        intrinsic += ACCESS_LIST_ADDRESS_GAS + ACCESS_LIST_SLOT_GAS * len(slots)
    return intrinsic + AUTHORIZATION_GAS * authorizations, floor if hardfork >= Hardfork.PRAGUE else 0


# --- without state ----------------------------------------------------------------------------------------------------


def validate_transaction(
    tx: Transaction, spec: ChainSpec, *, sidecar_required: bool = True, nonce_counts: bool = True
) -> None:
    """Everything that can be said against ``tx`` on a chain of ``spec`` without looking at its state.

    ``sidecar_required`` False lets a blob transaction pass without its blobs, as it stands in a block; ``nonce_counts``
    False lets any nonce pass, where no state is asked about it either.

    Raises the ``InvalidTransaction`` that fits: ``UnsupportedTransactionType``, ``WrongChainId``, ``NonceOverflow``,
    ``TipAboveFeeCap``, ``GasLimitTooHigh`` (EIP-7825), ``InitcodeTooLarge``, ``IntrinsicGasTooLow``,
    ``MalformedTransaction`` (what its type demands, blobs that do not match).
    """
    kind = tx.type
    if kind not in spec.transaction_types:
        raise UnsupportedTransactionType(kind, spec.transaction_types)
    if tx.chain_id != spec.chain_id and tx.chain_id is not None:
        raise WrongChainId(tx.chain_id, spec.chain_id)
    if nonce_counts:
        validate_nonce(tx.sender, tx.nonce)
    validate_tip(tx.max_priority_fee_per_gas, tx.max_fee_per_gas)
    if kind != DEPOSIT:
        validate_gas_cap(tx.gas_limit, spec)
    if tx.to is None:
        validate_initcode(tx.data, spec)
    validate_gas(tx.gas_limit, *intrinsic_gas(tx, spec))
    if kind == BLOB:
        _validate_blobs(tx, spec, sidecar_required)
    elif kind == SET_CODE:
        if tx.to is None:
            raise NoRecipient(authorizes=True)
        if not tx.authorization_list:
            raise EmptyAuthorizationList


def validate_nonce(sender: Address, nonce: int) -> None:
    """EIP-2681: the last nonce can never be used."""
    if nonce >= MAX_NONCE:
        raise NonceOverflow(sender, nonce)


def validate_tip(tip: Wei, cap: Wei) -> None:
    """EIP-1559: the tip is part of what is paid at most."""
    if tip > cap:
        raise TipAboveFeeCap(tip, cap)


def validate_gas_cap(gas_limit: int, spec: ChainSpec) -> None:
    """EIP-7825, where it is enforced."""
    cap = spec.transaction_gas_cap
    if cap is not None and gas_limit > cap:
        raise TransactionGasCapExceeded(gas_limit, cap)


def validate_initcode(code: bytes, spec: ChainSpec) -> None:
    """EIP-3860, for a transaction that creates."""
    limit = spec.initcode_size_limit
    if limit is not None and len(code) > limit:
        raise InitcodeTooLarge(len(code), limit)


def validate_gas(gas_limit: int, intrinsic: int, floor: int) -> None:
    """The limit covers what is charged before anything runs, and the floor (EIP-7623)."""
    if gas_limit < intrinsic:
        raise IntrinsicGasTooLow(gas_limit, intrinsic)
    if gas_limit < floor:
        raise IntrinsicGasTooLow(gas_limit, floor, is_floor=True)


def validate_blob_hashes(hashes: tuple[Hash32, ...]) -> None:
    """EIP-4844: only versioned hashes of KZG commitments are known."""
    for index, versioned_hash in enumerate(hashes):
        if versioned_hash[:1] != b"\x01":
            raise UnknownBlobVersion(index, versioned_hash[:1])


def _validate_blobs(tx: Transaction, spec: ChainSpec, sidecar_required: bool) -> None:
    if tx.to is None:
        raise NoRecipient(authorizes=False)
    hashes = tx.blob_versioned_hashes
    if not hashes:
        raise NoBlobs
    if len(hashes) > spec.blobs_per_transaction:
        raise TooManyBlobsCarried(len(hashes), spec.blobs_per_transaction)
    validate_blob_hashes(hashes)
    if tx.sidecar is not None:
        validate_sidecar(hashes, tx.sidecar)
    elif sidecar_required:
        raise MissingSidecar


# --- against an account or a block ------------------------------------------------------------------------------------


def check_nonce(sender: Address, nonce: int, expected: int, *, may_wait: bool = False) -> None:
    """The nonce is the sender's next one; with ``may_wait`` it may also be a later one."""
    if nonce < expected:
        raise NonceTooLow(sender, expected, nonce)
    if nonce > expected and not may_wait:
        raise NonceTooHigh(sender, expected, nonce)
    if nonce == MAX_NONCE:
        raise NonceOverflow(sender, nonce)


def check_sender_code(sender: Address, code: bytes) -> None:
    """EIP-3607, with EIP-7702's exception."""
    if code and not is_delegation(code):
        raise SenderHasCode(sender, len(code))


def check_block_gas(gas_limit: int, block_gas_limit: int, spec: ChainSpec) -> None:
    """A block can hold the transaction, were it empty."""
    if spec.enforce_block_gas_limit and gas_limit > block_gas_limit:
        raise BlockGasLimitExceeded(gas_limit, block_gas_limit)


def check_gas_left(gas_limit: int, gas_left: int, spec: ChainSpec) -> None:
    """Checks that the block's remaining gas suffices for the transaction."""
    if spec.enforce_block_gas_limit and gas_limit > gas_left:
        raise BlockGasUsedUp(gas_limit, gas_left)


def check_blobs_left(blobs: int, blob_gas_used: int, spec: ChainSpec) -> None:
    """Checks that the block has space for the transaction's blobs."""
    together = blobs + blob_gas_used // GAS_PER_BLOB
    if together > spec.blobs.max:
        raise TooManyBlobs(together, spec.blobs.max)


def check_base_fee(sender: Address, cap: Wei, base_fee: Wei) -> None:
    """EIP-1559."""
    if cap < base_fee:
        raise FeeCapBelowBaseFee(sender, cap, base_fee)


def check_blob_fee(sender: Address, cap: Wei, blob_base_fee: Wei) -> None:
    """EIP-4844, for a transaction with blobs."""
    if cap < blob_base_fee:
        raise BlobFeeCapTooLow(sender, cap, blob_base_fee)


def check_funds(sender: Address, balance: Wei, cost: Wei, gas_cost: Wei = 0, *, is_transfer: bool = False) -> None:
    """The balance covers everything the transaction may cost, ``gas_cost`` for gas among it (``is_transfer``: which is
    its value alone).
    """
    if balance < cost:
        overflows = gas_cost >= 1 << 128 or cost >= 1 << 256
        raise InsufficientFunds(sender, balance, cost, is_transfer=is_transfer, overflows=overflows)
