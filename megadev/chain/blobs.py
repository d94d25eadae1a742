"""Blobs and the KZG commitments that stand for them (EIP-4844, EIP-7594): checked when a transaction is offered, made
when a dev account sends blobs.

Why the trusted setup is loaded late: it takes one to two seconds, and most chains never see a blob. Whoever knows that
blobs are coming may call ``trusted_setup()`` in a thread beforehand; the result is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

import msgspec

from megadev.errors import ConfigError, InvalidSidecar, NotABlob, WrongBlobHash, WrongSidecarCounts
from megadev.primitives.types import Hash32

BLOB_SIZE = 131_072
"""Bytes of a blob: 4,096 field elements of 32."""
COMMITMENT_SIZE = 48
"""Bytes of a commitment and of a proof."""
CELLS_PER_BLOB = 128
"""EIP-7594: cells of an extended blob, each with a proof of its own."""

_SETUP_FILES = (
    ("eth_account", "typed_transactions/blob_transactions/kzg_trusted_setup.txt"),
    ("eth", "_utils/kzg_trusted_setup.txt"),
)
"""Packages we depend on anyway that ship the mainnet ceremony's output, and where."""
_loading = Lock()


class BlobSidecar(msgspec.Struct, frozen=True):
    """Blobs with commitments and proofs, as in the network encoding (EIP-4844). Version 1: cell proofs (EIP-7594)."""

    blobs: tuple[bytes, ...]
    commitments: tuple[bytes, ...]
    proofs: tuple[bytes, ...]
    version: int = 0


def trusted_setup() -> object:
    """The KZG ceremony's output as ``ckzg`` wants it; loaded once, from any thread.

    Raises ``ConfigError`` where no installed package ships it.
    """
    with _loading:
        return _load_trusted_setup()


@lru_cache(maxsize=1)
def _load_trusted_setup() -> object:
    import ckzg

    for package, path in _SETUP_FILES:
        # find_spec of a top-level package does not import it
        spec = find_spec(package)
        for location in (spec.submodule_search_locations or ()) if spec else ():
            file = Path(location) / path
            if file.is_file():
                return ckzg.load_trusted_setup(str(file), 0)
    raise ConfigError("blobs need the KZG trusted setup; reinstall eth-account, which ships it")


def versioned_hash(commitment: bytes) -> Hash32:
    """The hash by which contracts know the blob of ``commitment`` (EIP-4844, version 1)."""
    return b"\x01" + sha256(commitment).digest()[1:]


def hash_of_blob(blob: bytes) -> Hash32:
    """The versioned hash of ``blob``, by its commitment. Raises ``NotABlob``."""
    import ckzg

    try:
        return versioned_hash(ckzg.blob_to_kzg_commitment(blob, trusted_setup()))
    except (RuntimeError, ValueError) as error:
        raise NotABlob(BLOB_SIZE, str(error)) from None


def validate_sidecar(hashes: Sequence[Hash32], sidecar: BlobSidecar) -> None:
    """Checks that ``sidecar`` has the blobs that ``hashes`` name, with valid proofs.

    Either version is taken under any fork: libraries lag behind forks, and what is proved is the same.

    Raises ``WrongSidecarCounts``, ``WrongBlobHash`` and ``InvalidSidecar``.
    """
    blobs, commitments, proofs = sidecar.blobs, sidecar.commitments, sidecar.proofs
    wanted_proofs = len(blobs) * (CELLS_PER_BLOB if sidecar.version else 1)
    if not len(blobs) == len(commitments) == len(hashes) or len(proofs) != wanted_proofs:
        raise WrongSidecarCounts(len(hashes), len(blobs), len(commitments), len(proofs), wanted_proofs)
    for index, commitment in enumerate(commitments):
        if versioned_hash(commitment) != hashes[index]:
            raise WrongBlobHash(index, versioned_hash(commitment), hashes[index])
    import ckzg

    setup = trusted_setup()
    try:
        if sidecar.version:
            cells = [cell for blob in blobs for cell in ckzg.compute_cells(blob, setup)]
            repeated = [commitment for commitment in commitments for _ in range(CELLS_PER_BLOB)]
            positions = list(range(CELLS_PER_BLOB)) * len(blobs)
            verified = ckzg.verify_cell_kzg_proof_batch(repeated, positions, cells, list(proofs), setup)
        else:
            verified = ckzg.verify_blob_kzg_proof_batch(b"".join(blobs), b"".join(commitments), b"".join(proofs), setup)
    except (RuntimeError, ValueError) as error:  # bytes that are no field element or no point of the curve
        raise InvalidSidecar(str(error)) from None
    if not verified:
        raise InvalidSidecar


def sidecar_of(blobs: Sequence[bytes], version: int = 1) -> BlobSidecar:
    """The sidecar for ``blobs`` (131,072 bytes each), with blob proofs (version 0) or cell proofs (1).

    Raises ``NotABlob`` for another size or a word outside the field.
    """
    import ckzg

    setup = trusted_setup()
    commitments: list[bytes] = []
    proofs: list[bytes] = []
    try:
        for blob in blobs:
            commitment = ckzg.blob_to_kzg_commitment(blob, setup)
            commitments.append(commitment)
            if version:
                proofs += ckzg.compute_cells_and_kzg_proofs(blob, setup)[1]
            else:
                proofs.append(ckzg.compute_blob_kzg_proof(blob, commitment, setup))
    except (RuntimeError, ValueError) as error:
        raise NotABlob(BLOB_SIZE, str(error)) from None
    return BlobSidecar(tuple(blobs), tuple(commitments), tuple(proofs), version)
