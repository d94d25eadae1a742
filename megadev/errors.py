"""Every exception megadev raises on purpose, in one tree.

    MegadevError
    ├── ConfigError                     a flag, variable or file that cannot be used; the CLI exits 2
    ├── InvalidParams                   a caller's argument that cannot be understood
    │   └── InvalidDocument             JSON that a chain's values are read from, a dump or upstream's, with where
    ├── NotFound                        a block, filter or subscription that does not exist
    │   ├── UnknownBlock
    │   ├── UnknownFilter
    │   ├── ResourceNotFound            does not exist; clients expect EIP-1474's own code
    │   └── SlotNotFound                no storage word decides a token's answer
    ├── MethodUnavailable               known to clients, not offered here (or not on this transport)
    ├── UndecodableTransaction          bytes that are not a transaction
    ├── InvalidTransaction              well formed, but this chain refuses it now
    │   ├── WrongChainId                ├── WrongNonce
    │   │                               │   ├── NonceTooLow
    │   ├── UnsupportedTransactionType  │   └── NonceTooHigh
    │   ├── IntrinsicGasTooLow          ├── InsufficientFunds
    │   ├── MissingChainId              ├── SystemTransactionRefused
    │   ├── TransactionOverLimit        ├── BlockLimitReached
    │   ├── TipAboveFeeCap              ├── FeeCapBelowBaseFee
    │   ├── InitcodeTooLarge            ├── BlobFeeCapTooLow
    │   ├── ConditionNotMet             ├── SenderHasCode
    │   │   ├── StorageConditionNotMet  ├── NonceOverflow
    │   │   └── RangeConditionNotMet
    │   ├── MalformedTransaction        a field that contradicts another one or a rule that needs no state
    │   │   ├── NumberOutOfRange        ├── NoBlobs
    │   │   ├── NoRecipient             ├── TooManyBlobs
    │   │   ├── NoChainId               ├── TooManyBlobsCarried
    │   │   ├── EmptyAuthorizationList  ├── UnknownBlobVersion
    │   │   ├── MissingSidecar          ├── WrongBlobHash
    │   │   └── InvalidSidecar          └── NotABlob
    │   │       └── WrongSidecarCounts
    │   ├── GasLimitTooHigh
    │   │   ├── TransactionGasCapExceeded
    │   │   ├── BlockGasLimitExceeded
    │   │   └── BlockGasUsedUp
    │   └── PoolRejection
    │       ├── AlreadyKnown
    │       ├── ReplacementUnderpriced
    │       └── PoolFull
    ├── UnknownSigner                   this node has no key for that address
    ├── ExecutionReverted               a call ended in REVERT (carries the return data)
    ├── TransactionFailed               a mined transaction failed, and the send returns an error (as Hardhat does)
    ├── ExecutionHalted                 a call ended exceptionally (out of gas, invalid opcode…)
    ├── PayloadRefused                  a block that a client describes and that cannot be
    ├── NotTraceable                    a block without a parent
    ├── GasAllowanceExceeded            an estimate found no gas limit that suffices
    ├── CallTimeout                     a read exceeded its time limit (--call-timeout)
    ├── ReceiptTimeout                  a *Sync method gave up waiting
    │   └── RealtimeExpired             the same, as MegaETH says it
    ├── NotReady                        a *Sync method did not wait: the transaction cannot be executed yet
    │   └── NonceGap
    ├── NonceTimeout                    eth_callAfter gave up waiting
    ├── SequencerStopped                a block is asked for while the sequencer is paused or crashed
    ├── SequencerUnavailable            it crashed: sends, or all requests, are refused
    ├── OriginRefused                   a web page called a method that reaches outside of the node
    ├── LimitExceeded                   a client exceeded a limit
    │   └── TooManyLogs
    ├── OverrideRefused                 state overrides that are not allowed
    ├── SimulationError                 eth_simulateV1 got blocks that no chain could contain
    │   ├── SimulatedBlockOutOfOrder    ├── SimulationTooLarge
    │   ├── SimulatedTimeOutOfOrder     └── SimulatedTransactionRefused
    ├── AttestationRefused              a claim about L2 that executing it again does not lead to
    ├── ReloadRefused                   contracts that cannot be reloaded as asked
    ├── StateUnavailable                state that a source could not supply
    │   ├── UpstreamFailed              the node that is forked did not answer, or not with what was asked for
    │   ├── NotInBundle                 an offline bundle does not hold it
    │   ├── RanOtherwise                a transaction of upstream's has a different outcome here
    │   └── PrefetchNeeded              it must be fetched on another thread first
    ├── UpstreamRefused                 the node that is forked answered with an error (carries code and data)
    │   └── UpstreamLacksMethod         it does not have the method
    └── EngineFault                     a defect below the engine seam

Messages say what happened first and end with what to do, where something can be done. A refused transaction's error
carries its operands as fields and writes its own sentence from them. Which JSON-RPC code each one answers with is
decided in one place, ``rpc/errors.py``, and a test walks this tree to see that it is total.

Outside of the tree are signals that their own module or its nearest caller catches (the end of an EVM frame, a trie
node that is not held, a damaged row, an L1 that cannot be had at present), errors of parsers of binary formats, which
are ``ValueError`` as Python's own, and ``rpc.client.RpcError``, which is another node's answer and not a cause. None
of them reaches a user as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable


class MegadevError(Exception):
    """Base of all errors megadev raises on purpose."""


class ConfigError(MegadevError):
    """A setting that cannot be used as given."""


class InvalidParams(MegadevError):
    """An argument that cannot be understood; nothing was changed."""


class InvalidDocument(InvalidParams):
    """A JSON document is invalid: the entry ``where`` has the ``problem``."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where
        self.problem = problem


class NotFound(MegadevError):
    """The thing asked for does not exist."""


class UnknownBlock(NotFound):
    """A block number, hash or tag that names no block of this chain."""


class UnknownFilter(NotFound):
    """A filter or subscription id that was never given out, was removed, or has expired."""


class ResourceNotFound(NotFound):
    """The requested object does not exist; for methods whose clients expect EIP-1474's code."""


class SlotNotFound(NotFound):
    """No single storage word of a token determines a balance or an allowance; nothing was changed."""


class MethodUnavailable(MegadevError):
    """A method that this node, or this transport, does not offer."""


class UndecodableTransaction(MegadevError):
    """Bytes that are not a transaction."""


class InvalidTransaction(MegadevError):
    """A well-formed transaction that this chain refuses in its present state."""


class MalformedTransaction(InvalidTransaction):
    """Fields that contradict each other or a consensus rule that needs no state."""


class NumberOutOfRange(MalformedTransaction):
    """One of ``fields``, in words, is ``got``, which is not in [0, 2**``bits``)."""

    def __init__(self, fields: str, bits: int, got: int) -> None:
        super().__init__(f"{fields} must be in [0, 2**{bits}), got {got}")
        self.fields = fields
        self.bits = bits
        self.got = got


class NoChainId(MalformedTransaction):
    """A transaction of a type (``kind``) that is always for one chain, without its id."""

    def __init__(self, kind: int) -> None:
        super().__init__(f"a type {kind} transaction needs a chain id")
        self.kind = kind


class NoRecipient(MalformedTransaction):
    """A transaction with blobs (EIP-4844) or, ``authorizes``, with authorizations (EIP-7702) creates a contract."""

    def __init__(self, *, authorizes: bool) -> None:
        kind = (
            "EIP-7702 transaction cannot be used to create contract"
            if authorizes
            else "blob transaction of type create"
        )
        super().__init__(f"{kind}: name a recipient")
        self.authorizes = authorizes


class NoBlobs(MalformedTransaction):
    """A type 3 transaction without blobs (EIP-4844)."""

    def __init__(self) -> None:
        super().__init__("blob transaction missing blob hashes: it must carry at least one blob")


class UnknownBlobVersion(MalformedTransaction):
    """The versioned hash of blob number ``index`` begins with ``version`` (EIP-4844)."""

    def __init__(self, index: int, version: bytes) -> None:
        super().__init__(f"blob {index} has invalid hash version: 0x{version.hex()}, only 0x01 is known")
        self.index = index
        self.version = version


class MissingSidecar(MalformedTransaction):
    """A blob transaction without its blobs."""

    def __init__(self) -> None:
        super().__init__(
            "missing sidecar in blob transaction: send it in network form, with blobs, commitments and proofs"
        )


class InvalidSidecar(MalformedTransaction):
    """Blobs, commitments and proofs that do not verify; ``reason``: what is malformed, in the library's words."""

    def __init__(self, reason: str = "") -> None:
        problem = f"blobs, commitments or proofs are malformed ({reason})" if reason else ""
        super().__init__(f"invalid sidecar: {problem or 'the KZG proofs do not verify against the blobs'}")
        self.reason = reason


class WrongSidecarCounts(InvalidSidecar):
    """Not as many blobs and commitments as there are ``hashes``, or as many proofs as ``wanted`` for those blobs."""

    def __init__(self, hashes: int, blobs: int, commitments: int, proofs: int, wanted: int) -> None:
        MalformedTransaction.__init__(
            self,
            f"invalid sidecar: {hashes} blob hashes need as many blobs and commitments, {blobs} blobs need "
            f"{wanted} proofs; got {blobs} blobs, {commitments} commitments and {proofs} proofs",
        )
        self.hashes = hashes
        self.blobs = blobs
        self.commitments = commitments
        self.proofs = proofs
        self.wanted = wanted


class WrongBlobHash(MalformedTransaction):
    """The transaction names blob number ``index`` by the hash ``got``, and its commitment has ``expected``."""

    def __init__(self, index: int, expected: bytes, got: bytes) -> None:
        super().__init__(f"blob {index} computed hash 0x{expected.hex()} mismatches transaction one 0x{got.hex()}")
        self.index = index
        self.expected = expected
        self.got = got


class NotABlob(MalformedTransaction):
    """An invalid blob; valid ones have ``size`` bytes. ``reason``: what is wrong, in the library's words."""

    def __init__(self, size: int, reason: str) -> None:
        super().__init__(f"not a blob of {size} bytes in 32-byte words below the field's order ({reason})")
        self.size = size
        self.reason = reason


class EmptyAuthorizationList(MalformedTransaction):
    """A type 4 transaction with an empty authorization list (EIP-7702)."""

    def __init__(self) -> None:
        super().__init__("EIP-7702 transaction with empty auth list: sign at least one authorization")


class WrongChainId(InvalidTransaction):
    """Signed for another chain (EIP-155): chain ids ``got`` and ``expected``."""

    def __init__(self, got: int, expected: int) -> None:
        super().__init__(
            f"invalid chain id for signer: have {got}, want {expected}; "
            f"sign for chain id {expected} or switch the wallet's network"
        )
        self.got = got
        self.expected = expected


class MissingChainId(InvalidTransaction):
    """A system transaction without a chain id."""

    def __init__(self) -> None:
        super().__init__("invalid chain id for signer: a system transaction must name its chain: missing chain ID")


class SystemTransactionRefused(InvalidTransaction):
    """MegaETH's system address ``sender`` may only send legacy transactions to the oracle, not to ``to``."""

    def __init__(self, sender: bytes, to: bytes | None) -> None:
        callee = "a creation" if to is None else f"0x{to.hex()}"
        super().__init__(
            f"Mega system transaction callee is not in the whitelist: {callee}, from 0x{sender.hex()}; "
            "send a legacy transaction to the oracle"
        )
        self.sender = sender
        self.to = to


class UnsupportedTransactionType(InvalidTransaction):
    """The active rules do not have the transaction type ``kind`` (EIP-2718), only those in ``known``."""

    def __init__(self, kind: int, known: Iterable[int]) -> None:
        self.kind = kind
        self.known = tuple(sorted(known))
        takes = ", ".join(hex(each) for each in self.known if each != 0x7E)
        rest = "deposits come from L1 only" if kind == 0x7E else f"this chain takes {takes}"
        # geth says the first, viem looks for the second
        super().__init__(f"transaction type not supported: transaction type not valid here: {kind:#04x}; {rest}")


class IntrinsicGasTooLow(InvalidTransaction):
    """The gas limit ``got`` does not cover ``needed``: what the transaction costs before it runs or, ``is_floor``, the
    least it costs for its data (EIP-7623).
    """

    def __init__(self, got: int, needed: int, *, is_floor: bool = False) -> None:
        # geth's words for the floor, then those by which other clients know the case
        floor = "insufficient gas for floor data gas cost: " if is_floor else ""
        super().__init__(f"{floor}intrinsic gas too low: gas {got}, minimum needed {needed}")
        self.got = got
        self.needed = needed
        self.is_floor = is_floor


class GasLimitTooHigh(InvalidTransaction):
    """The gas limit ``got`` exceeds ``limit``; the subclasses name the limit."""

    sentence = "exceeds what is allowed: gas {got}, limit {limit}"

    def __init__(self, got: int, limit: int) -> None:
        super().__init__("intrinsic gas too high: " + self.sentence.format(got=got, limit=limit))
        self.got = got
        self.limit = limit


class TransactionGasCapExceeded(GasLimitTooHigh):
    """The gas limit exceeds the cap for any transaction (EIP-7825)."""

    sentence = "transaction gas limit too high (cap: {limit}, tx: {got}; EIP-7825)"


class BlockGasLimitExceeded(GasLimitTooHigh):
    """The gas limit exceeds that of a block."""

    sentence = "exceeds block gas limit: the transaction asks for {got} gas, a block holds {limit}"


class BlockGasUsedUp(GasLimitTooHigh):
    """The gas limit exceeds the block's remaining gas; the transaction may wait for the next block."""

    sentence = "block gas limit reached: the transaction asks for {got} gas, the block has {limit} left"


class TransactionOverLimit(InvalidTransaction):
    """A transaction has ``got`` of a resource limited to ``limit``; ``sentence`` names it, in MegaETH's words."""

    def __init__(self, sentence: str, got: int, limit: int) -> None:
        super().__init__(sentence.format(got=got, limit=limit))
        self.got = got
        self.limit = limit


class BlockLimitReached(InvalidTransaction):
    """The block has too little left of one of MegaETH's limits: it has ``used`` a part, and the transaction, which
    needs ``own`` if that is known, must wait for the next block; ``sentence`` names the limit, in MegaETH's words.
    """

    def __init__(self, sentence: str, used: int, own: int, limit: int) -> None:
        super().__init__(sentence.format(used=used, own=own, limit=limit))
        self.used = used
        self.own = own
        self.limit = limit


class TipAboveFeeCap(InvalidTransaction):
    """maxPriorityFeePerGas (``tip``) exceeds maxFeePerGas (``cap``), both in wei (EIP-1559)."""

    def __init__(self, tip: int, cap: int) -> None:
        super().__init__(
            f"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas {tip}, maxFeePerGas {cap}"
        )
        self.tip = tip
        self.cap = cap


class FeeCapBelowBaseFee(InvalidTransaction):
    """maxFeePerGas or gasPrice (``cap``) is below the block's ``base_fee``, both in wei (EIP-1559)."""

    def __init__(self, sender: bytes, cap: int, base_fee: int) -> None:
        super().__init__(
            f"max fee per gas less than block base fee: address 0x{sender.hex()}, maxFeePerGas: {cap}, "
            f"baseFee: {base_fee}"
        )
        self.sender = sender
        self.cap = cap
        self.base_fee = base_fee


class BlobFeeCapTooLow(InvalidTransaction):
    """maxFeePerBlobGas (``cap``) is below the blob base fee (``price``), both in wei (EIP-4844)."""

    def __init__(self, sender: bytes, cap: int, price: int) -> None:
        super().__init__(
            f"max fee per blob gas less than block blob gas fee: address 0x{sender.hex()}, "
            f"maxFeePerBlobGas: {cap}, blobBaseFee: {price}"
        )
        self.sender = sender
        self.cap = cap
        self.price = price


class TooManyBlobs(MalformedTransaction):
    """The block would have ``got`` blobs, this transaction's included; the maximum is ``limit``."""

    def __init__(self, got: int, limit: int) -> None:
        super().__init__(f"too many blobs for one block: at most {limit} fit, with this transaction it has {got}")
        self.got = got
        self.limit = limit


class TooManyBlobsCarried(MalformedTransaction):
    """A transaction with ``got`` blobs where ``limit`` are permitted (EIP-7594)."""

    def __init__(self, got: int, limit: int) -> None:
        super().__init__(f"blob transaction has too many blobs: permitted {limit}, actual {got}")
        self.got = got
        self.limit = limit


class InitcodeTooLarge(InvalidTransaction):
    """Creation code of ``size`` bytes where ``limit`` are allowed (EIP-3860)."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"max initcode size exceeded: code size {size}, limit {limit} (EIP-3860)")
        self.size = size
        self.limit = limit


class SenderHasCode(InvalidTransaction):
    """The sender is a contract of ``size`` bytes (EIP-3607), not an EIP-7702 delegation."""

    def __init__(self, sender: bytes, size: int) -> None:
        super().__init__(f"sender not an eoa: address 0x{sender.hex()} has code of {size} bytes (EIP-3607)")
        self.sender = sender
        self.size = size


class WrongNonce(InvalidTransaction):
    """The nonce ``got`` is not ``sender``'s next one, ``expected``; ``where`` describes a known transaction's place."""

    words = "wrong nonce"

    def __init__(self, sender: bytes, expected: int, got: int, where: str = "") -> None:
        super().__init__(f"{self.words}: next nonce {expected}, tx nonce {got} (address 0x{sender.hex()}){where}")
        self.sender = sender
        self.expected = expected
        self.got = got


class NonceTooLow(WrongNonce):
    """The nonce ``got`` was used already; ``sender``'s next one is ``expected``."""

    words = "nonce too low"


class NonceTooHigh(WrongNonce):
    """The nonce ``got`` is ahead of ``sender``'s next one, ``expected``."""

    words = "nonce too high"


class NonceOverflow(InvalidTransaction):
    """The ``sender``'s nonce is at 2**64 - 1, or the transaction's is, and can never be used (EIP-2681)."""

    def __init__(self, sender: bytes, nonce: int) -> None:
        super().__init__(f"nonce has max value: address 0x{sender.hex()}, nonce: {nonce} (EIP-2681)")
        self.sender = sender
        self.nonce = nonce


class InsufficientFunds(InvalidTransaction):
    """``sender`` has ``have`` wei where ``want`` are needed: gas limit × fee cap + value (+ blob gas × blob fee cap, +
    the fee for its data on L1) or, ``is_transfer``, the value alone. ``overflows``: what it pays for gas alone is more
    than 128 bits hold, or with its value than 256 do.
    """

    def __init__(
        self, sender: bytes, have: int, want: int, *, is_transfer: bool = False, overflows: bool = False
    ) -> None:
        what = "transfer" if is_transfer else "gas * price + value"
        super().__init__(f"insufficient funds for {what}: address 0x{sender.hex()} have {have} want {want}")
        self.sender = sender
        self.have = have
        self.want = want
        self.is_transfer = is_transfer
        self.overflows = overflows


class ConditionNotMet(InvalidTransaction):
    """The transaction's condition does not hold (ERC-7796)."""


class StorageConditionNotMet(ConditionNotMet):
    """``account``'s word in ``slot`` or, None, its storage root is ``found`` and not ``wanted``."""

    def __init__(self, account: bytes, slot: int | None, found: int | bytes, wanted: int | bytes) -> None:
        has, asked = (hex(each) if isinstance(each, int) else f"0x{each.hex()}" for each in (found, wanted))
        what = "root check:" if slot is None else f"check: slot {hex(slot)} of"
        super().__init__(
            f"failed storage {what} 0x{account.hex()} {'has' if slot is None else 'holds'} {has}, not {asked}"
        )
        self.account = account
        self.slot = slot
        self.found = found
        self.wanted = wanted


class RangeConditionNotMet(ConditionNotMet):
    """The next block's ``field``, in words, is ``found``: below its minimum, ``limit``, or, ``is_above``, over its
    maximum.
    """

    def __init__(self, field: str, found: int, limit: int, *, is_above: bool) -> None:
        bound, where = ("maximum", "above") if is_above else ("minimum", "below")
        super().__init__(f"failed {field} {bound} constraint: the next block's is {found}, {where} {limit}")
        self.field = field
        self.found = found
        self.limit = limit
        self.is_above = is_above


class PoolRejection(InvalidTransaction):
    """The txpool refuses a transaction that the chain itself would accept."""


class AlreadyKnown(PoolRejection):
    """The transaction ``tx_hash`` is already known; ``where`` describes where it is."""

    def __init__(self, tx_hash: bytes, where: str) -> None:
        super().__init__(f"already known: 0x{tx_hash.hex()} {where}")
        self.tx_hash = tx_hash
        self.where = where


class ReplacementUnderpriced(PoolRejection):
    """The transaction ``replaced`` has this sender and nonce, and the new one's ``fee`` is ``got`` wei where ``needed``
    are required: 10 % more, 100 % with blobs.
    """

    def __init__(self, replaced: bytes, fee: str, got: int, needed: int) -> None:
        super().__init__(
            f"replacement transaction underpriced: {fee} {got}, at least {needed} needed to replace 0x{replaced.hex()}"
        )
        self.replaced = replaced
        self.fee = fee
        self.got = got
        self.needed = needed


class PoolFull(PoolRejection):
    """The pool, or the sender's share of it, is full; ``waiting`` describes its contents."""

    def __init__(self, waiting: str) -> None:
        super().__init__(f"txpool is full: {waiting}; mine a block or drop some")
        self.waiting = waiting


class UnknownSigner(MegadevError):
    """No private key is held for the address."""


class ExecutionReverted(MegadevError):
    """A call ended in REVERT; ``data`` is its return data, ``reason`` what it says in words ('' if nothing)."""

    def __init__(self, data: bytes, reason: str = "") -> None:
        super().__init__(f"execution reverted: {reason}" if reason else "execution reverted")
        self.data = data
        self.reason = reason


class TransactionFailed(MegadevError):
    """A transaction was mined and failed. ``data``: what it returned; the message is in Hardhat's words."""

    def __init__(self, tx_hash: bytes, message: str, data: bytes) -> None:
        super().__init__(message)
        self.tx_hash = tx_hash
        self.data = data


class ExecutionHalted(MegadevError):
    """A call ended exceptionally; ``reason`` is the engine-independent name of the halt ('out of gas', …), ``note``
    what else is to be said of it.
    """

    def __init__(self, reason: str, note: str = "") -> None:
        super().__init__(f"{reason}: {note}" if note else reason)
        self.reason = reason


class PayloadRefused(MegadevError):
    """A block cannot be built of what a client says that it holds (``testing_`` methods)."""


class NotTraceable(MegadevError):
    """A block whose transactions cannot be replayed: the first one has no parent state."""


class GasAllowanceExceeded(MegadevError):
    """No gas limit up to ``allowance`` lets the transaction succeed; ``note`` says what else bounded it."""

    def __init__(self, allowance: int, note: str = "") -> None:
        super().__init__(f"gas required exceeds allowance ({allowance})" + (f": {note}" if note else ""))
        self.allowance = allowance


class CallTimeout(MegadevError):
    """A read ran for ``seconds`` and was ended; geth's words."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"execution aborted (timeout = {seconds:g}s): start the node with a longer --call-timeout")
        self.seconds = seconds


class ReceiptTimeout(MegadevError):
    """A *Sync method's transaction was accepted but not included in time; ``tx_hash`` names it (EIP-7966)."""

    def __init__(self, tx_hash: bytes, timeout_ms: int) -> None:
        super().__init__(f"the transaction was added to the txpool but not included within {timeout_ms} ms")
        self.tx_hash = tx_hash
        self.timeout_ms = timeout_ms


class RealtimeExpired(ReceiptTimeout):
    """A ReceiptTimeout in MegaETH's words; the transaction may still be included."""

    def __init__(self, tx_hash: bytes, timeout_ms: int) -> None:
        super().__init__(tx_hash, timeout_ms)
        self.args = ("realtime transaction expired",)


class NotReady(MegadevError):
    """A *Sync method's transaction was accepted but cannot be executed yet; ``tx_hash`` names it (EIP-7966)."""

    def __init__(self, tx_hash: bytes, reason: str) -> None:
        super().__init__(f"the transaction was added to the txpool but not processed: {reason}")
        self.tx_hash = tx_hash


class NonceGap(NotReady):
    """The transaction waits for earlier nonces of its sender; ``expected`` is the first missing one."""

    def __init__(self, tx_hash: bytes, nonce: int, expected: int) -> None:
        super().__init__(tx_hash, f"nonce gap: expected nonce {expected}, tx nonce {nonce}")
        self.expected = expected


class NonceTimeout(MegadevError):
    """An account's nonce did not reach the value that a call waited for."""


class SequencerStopped(MegadevError):
    """The request needs a block to be built, but the sequencer is paused or crashed."""


class SequencerUnavailable(MegadevError):
    """A gateway cannot forward a request: the sequencer crashed."""


class OriginRefused(MegadevError):
    """A page of a foreign origin called ``method``, which reaches ``what`` outside of the process."""

    def __init__(self, method: str, what: str) -> None:
        super().__init__(
            f"unauthorized: {method} reaches {what} and a web page asks for it that is not on this machine: "
            "start the node with --allow-origin and the page's origin"
        )
        self.method, self.what = method, what


class LimitExceeded(MegadevError):
    """A client exceeded a limit on what it may hold or request."""


class TooManyLogs(LimitExceeded):
    """A query over several blocks finds more logs than ``limit``; in blocks ``first`` to ``last`` it does not."""

    def __init__(self, limit: int, first: int, last: int) -> None:
        super().__init__(
            f"query returned more than {limit} results. Try with this block range [{first:#x}, {last:#x}], or start "
            "the node with --max-logs"
        )
        self.limit, self.first, self.last = limit, first, last


class OverrideRefused(MegadevError):
    """State overrides that contradict each other, or move something other than a precompile."""


class SimulationError(MegadevError):
    """Simulated blocks that no chain could contain (eth_simulateV1)."""


class SimulatedBlockOutOfOrder(SimulationError):
    """A simulated block's number is not above its parent's."""


class SimulatedTimeOutOfOrder(SimulationError):
    """A simulated block's timestamp is not above its parent's."""


class SimulationTooLarge(SimulationError):
    """More blocks than one simulation may have."""


class SimulatedTransactionRefused(SimulationError):
    """A simulated call could not be a transaction: ``reason`` says why, the rest which one (``index`` in its block)."""

    def __init__(self, reason: InvalidTransaction, block_number: int, index: int) -> None:
        super().__init__(f"{reason} (simulated block {block_number}, call {index})")
        self.reason = reason
        self.block_number = block_number
        self.index = index


class AttestationRefused(MegadevError):
    """A claim about L2 that re-execution does not confirm, or that no attester can check."""


class ReloadRefused(MegadevError):
    """A reload that cannot be done as asked; nothing was changed."""


class StateUnavailable(MegadevError):
    """A state source could not supply an account, slot, code or block hash."""


class UpstreamFailed(StateUnavailable):
    """The node that is forked could not be asked, or did not answer with what was asked for; nothing was changed.
    ``is_reorganised``: it says that it does not have the forked block.
    """

    def __init__(self, message: str, *, is_reorganised: bool = False) -> None:
        super().__init__(message)
        self.is_reorganised = is_reorganised


class NotInBundle(StateUnavailable):
    """The node runs from an offline bundle that does not contain the requested state."""


class RanOtherwise(StateUnavailable):
    """Replaying a transaction of upstream's block ``number`` gives another result; ``happened`` describes it."""

    def __init__(self, tx_hash: bytes, number: int, happened: str) -> None:
        super().__init__(
            f"state unavailable: 0x{tx_hash.hex()} of upstream's block {number} {happened}: it ran under rules "
            "that megadev does not implement, or that differ from --hardfork; ask upstream directly"
        )


class PrefetchNeeded(StateUnavailable):
    """State must be fetched first, and this thread may not wait: call ``fetch`` on another one (it raises
    ``StateUnavailable``), and try again. Nothing was changed.
    """

    def __init__(self, what: str, fetch: Callable[[], object] = lambda: None) -> None:
        super().__init__(f"not fetched from the forked node yet: {what}")
        self.fetch = fetch


class UpstreamRefused(MegadevError):
    """The node that is forked answered ``method`` with an error of its own: its ``reason``, JSON-RPC ``code`` and, if
    any, ``data``. ``upstream`` is its URL, fit for messages.
    """

    def __init__(
        self, upstream: str, method: str, reason: str, code: int = -32000, data: object = None, remedy: str = ""
    ) -> None:
        super().__init__(f"{upstream}, which is forked, refused {method}: {reason}{f'; {remedy}' if remedy else ''}")
        self.upstream = upstream
        self.method = method
        self.reason = reason
        self.code = code
        self.data = data


class UpstreamLacksMethod(UpstreamRefused):
    """Upstream does not support ``method``, or not for this client. ``who_has``: the nodes that support it."""

    def __init__(self, upstream: str, method: str, who_has: str) -> None:
        super().__init__(upstream, method, "", -32601)
        self.who_has = who_has

    def __str__(self) -> str:
        return (
            f"{self.method} is not available on this fork up to its first block: {self.upstream}, which is forked, "
            f"does not have that method; fork {self.who_has}, or ask about blocks after the forked one"
        )


class EngineFault(MegadevError):
    """A defect below the engine seam: never the transaction's fault."""
