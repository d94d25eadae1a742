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

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import BLOB
from megadev.primitives.abi import encode
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of, sign
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.rollup.derivation.config import RollupConfig, to_json

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


def batch_data_hash(known: Hash32, blocks: Iterable[SealedBlock], inbox: Address) -> Hash32:
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


def attest(
    keys: Sequence[bytes],
    program: Hash32,
    values: PublicValues,
    config: Hash32,
    batch_data: Hash32,
    verifier: Address,
    l1_chain_id: int,
) -> Attestation:
    """Returns the attestation by the holders of ``keys`` for L1's ``verifier``: that they executed the range and
    derived ``values``.
    """
    by_address = {address_of(key): key for key in keys}
    attesters = tuple(sorted(by_address))
    unsigned = Attestation(
        program_id=program,
        values=values,
        config_hash=config,
        batch_data_hash=batch_data,
        attesters=attesters,
        proof=b"",
        seal=b"",
    )
    domain = domain_separator(verifier, l1_chain_id)
    claim = keccak(_CLAIM + claim_digest(program, unsigned.journal_digest))
    signatures, seals = [], []
    for attester in attesters:
        public = keccak(unsigned.journal + attester.rjust(32, b"\0"))
        key = by_address[attester]
        signatures.append(_signed(domain, keccak(_ATTESTATION + program + public), key))
        seals.append(_signed(domain, claim, key))
    proof = encode(("bytes32", "bytes32", "address[]", "bytes[]"), (config, batch_data, attesters, signatures))
    seal = encode(("address[]", "bytes[]"), (attesters, seals))
    return msgspec.structs.replace(unsigned, proof=SELECTOR + proof, seal=SELECTOR + seal)


def domain_separator(verifier: Address, l1_chain_id: int) -> Hash32:
    """The EIP-712 domain of a verifier on L1."""
    return keccak(encode(("bytes32",) * 3 + ("uint256", "address"), (_DOMAIN, _NAME, _VERSION, l1_chain_id, verifier)))


def _signed(domain: Hash32, struct: Hash32, key: bytes) -> bytes:
    """r ‖ s ‖ v over an EIP-712 digest."""
    y_parity, r, s = sign(keccak(b"\x19\x01" + domain + struct), key)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))
