"""Attestations: what stands in the place of zero-knowledge proofs on a devnet. An attester executes a range of L2 again
and signs what it got to; L1's ``AttestationVerifier`` takes enough of such signatures for a proof.

That is a signed re-execution, **not a zero-knowledge proof**: it is as good as the attesters are honest, and everything
that shows one says so (``NOTE``). Pure.

What is claimed are the public values of a game (OP Stack, ``ZKDisputeGame``): L1's head, the output root that the range
starts from, the one it gets to, the L2 block and the chain. Each attester adds the hash of the rollup's configuration,
the hash of the batch data on L1, and its own address, and signs the hash of it all together with the id of its program
(EIP-712). The id names the rules that L2 runs under: attesters that run others are refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import BLOB
from megadev.primitives.abi import encode
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import HALF_N, address_of, recover, sign
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.rollup.derivation.config import RollupConfig, to_json
from megadev.rollup.derivation.l1_source import L1Transaction

SCHEME = "megadev: a signed re-execution, not a zero-knowledge proof"
NOTE = "a signed re-execution, not a zero-knowledge proof"
"""What is said wherever an attestation is shown."""
VERIFIER_HASH: Hash32 = keccak(SCHEME.encode())
SELECTOR = VERIFIER_HASH[:4]
"""With what a proof of this scheme begins."""
PROGRAM_VERSION = 1
"""Of how blocks are executed again; another one, or other rules, is another program."""

_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_ATTESTATION = keccak(b"Attestation(bytes32 programId,bytes32 publicValuesHash)")
_CLAIM = keccak(b"Claim(bytes32 claimDigest)")
_NAME, _VERSION = keccak(b"megadev attestation"), keccak(b"1")
_VALUES = ("bytes32", "bytes32", "bytes32", "uint256", "uint256")
_RECEIPT_CLAIM = hashlib.sha256(b"risc0.ReceiptClaim").digest()
_OUTPUT = hashlib.sha256(b"risc0.Output").digest()
_HALTED = hashlib.sha256(hashlib.sha256(b"risc0.SystemState").digest() + bytes(36) + b"\1\0").digest()
"""RISC Zero's digest of the state in which a program is that ended well."""


class PublicValues(msgspec.Struct, frozen=True, kw_only=True):
    """The subject of a claim, in the order in which a game encodes it."""

    l1_head: Hash32
    starting_root: Hash32
    root: Hash32
    l2_number: int
    l2_chain_id: int

    @property
    def encoded(self) -> bytes:
        """As the game hands it to its verifier."""
        return encode(_VALUES, (self.l1_head, self.starting_root, self.root, self.l2_number, self.l2_chain_id))


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """Public values with what attesters add to them, and the proofs made of their signatures: ``proof`` for the OP
    Stack's and SP1's faces of the verifier, ``seal`` for RISC Zero's. ``attesters`` in ascending order.
    """

    program_id: Hash32
    values: PublicValues
    config_hash: Hash32
    batch_data_hash: Hash32
    attesters: tuple[Address, ...]
    proof: bytes
    seal: bytes

    @property
    def journal(self) -> bytes:
        """The journal whose SHA-256 RISC Zero's interface takes."""
        return self.values.encoded + self.config_hash + self.batch_data_hash

    @property
    def journal_digest(self) -> Hash32:
        return hashlib.sha256(self.journal).digest()


def program_id(spec: ChainSpec) -> Hash32:
    """The id of the program that executes blocks of a chain of ``spec``: its version and the rules it runs."""
    return keccak(f"megadev re-execution {PROGRAM_VERSION}: {spec.model.label}, {spec.hardfork.label}".encode())


def config_hash(config: RollupConfig) -> Hash32:
    """keccak256 of the rollup's configuration as JSON (``to_json``): keys sorted, no spaces."""
    return keccak(json.dumps(to_json(config), sort_keys=True, separators=(",", ":")).encode())


class _HasBatches(Protocol):
    """A block of L1, wherever it is from."""

    @property
    def transactions(self) -> Sequence[L1Transaction]: ...


def batch_data_hash(known: Hash32, blocks: Iterable[_HasBatches], inbox: Address) -> Hash32:
    """The hash of all batch data on L1 up to the last of ``blocks``, where it is ``known`` up to before the first;
    ``ZERO_HASH`` where there is none. Each transaction to the ``inbox`` adds keccak256(hash so far ‖ keccak256 of its
    calldata and the hashes of its blobs).
    """
    for block in blocks:
        for tx in block.transactions:
            if tx.to == inbox:
                data = tx.data + (b"".join(tx.blob_versioned_hashes) if tx.type == BLOB else b"")
                known = keccak(known + keccak(data))
    return known


def claim_digest(program: Hash32, journal_digest: Hash32) -> Hash32:
    """RISC Zero's digest of the claim that a program ended well and made public what has ``journal_digest``."""
    output = hashlib.sha256(_OUTPUT + journal_digest + ZERO_HASH + b"\2\0").digest()
    return hashlib.sha256(_RECEIPT_CLAIM + ZERO_HASH + program + _HALTED + output + bytes(8) + b"\4\0").digest()


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """The statement that attesters sign for the ``verifier`` on an L1: running the program leads to ``values``."""

    program_id: Hash32
    values: PublicValues
    config_hash: Hash32
    batch_data_hash: Hash32
    verifier: Address
    l1_chain_id: int

    @property
    def journal(self) -> bytes:
        """See ``Attestation``."""
        return self.values.encoded + self.config_hash + self.batch_data_hash

    def digests(self, attester: Address) -> tuple[Hash32, Hash32]:
        """The digests that ``attester`` signs: for a proof, and for RISC Zero's seal."""
        domain = domain_separator(self.verifier, self.l1_chain_id)
        public = keccak(self.journal + attester.rjust(32, b"\0"))
        claim = claim_digest(self.program_id, hashlib.sha256(self.journal).digest())
        structs = keccak(_ATTESTATION + self.program_id + public), keccak(_CLAIM + claim)
        first, second = (keccak(b"\x19\x01" + domain + struct) for struct in structs)
        return first, second

    def signed_with(self, key: bytes) -> Signed:
        """Sign the statement with ``key``."""
        attester = address_of(key)
        first, second = (_signature(digest, key) for digest in self.digests(attester))
        return Signed(attester, first, second)

    def is_signed(self, signed: Signed) -> bool:
        """True if both signatures are the attester's, over this statement."""
        signatures = signed.signature, signed.seal
        found = [_signer(*each) for each in zip(self.digests(signed.attester), signatures, strict=True)]
        return found == [signed.attester, signed.attester]

    def attested_by(self, signed: Iterable[Signed]) -> Attestation:
        """The attestation that these signatures make."""
        parts = sorted(signed, key=lambda each: each.attester)
        attesters = tuple(each.attester for each in parts)
        hashes = self.config_hash, self.batch_data_hash
        types = ("bytes32", "bytes32", "address[]", "bytes[]")
        return Attestation(
            program_id=self.program_id,
            values=self.values,
            config_hash=self.config_hash,
            batch_data_hash=self.batch_data_hash,
            attesters=attesters,
            proof=SELECTOR + encode(types, (*hashes, attesters, [each.signature for each in parts])),
            seal=SELECTOR + encode(("address[]", "bytes[]"), (attesters, [each.seal for each in parts])),
        )


class Signed(msgspec.Struct, frozen=True):
    """The signatures of one attester (r ‖ s ‖ v): of a statement, and of its claim as RISC Zero has it."""

    attester: Address
    signature: bytes
    seal: bytes


def attest(keys: Sequence[bytes], statement: Statement) -> Attestation:
    """Returns the attestation of ``statement`` by the holders of ``keys``."""
    by_address = {address_of(key): key for key in keys}
    return statement.attested_by(statement.signed_with(key) for key in by_address.values())


def domain_separator(verifier: Address, l1_chain_id: int) -> Hash32:
    """The EIP-712 domain of a verifier on L1."""
    return keccak(encode(("bytes32",) * 3 + ("uint256", "address"), (_DOMAIN, _NAME, _VERSION, l1_chain_id, verifier)))


def _signature(digest: Hash32, key: bytes) -> bytes:
    """r ‖ s ‖ v."""
    y_parity, r, s = sign(digest, key)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))


def _signer(digest: Hash32, signature: bytes) -> Address | None:
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return None if s > HALF_N else recover(digest, signature[64] - 27, r, s)
