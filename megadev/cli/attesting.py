"""An attester in a process of its own: it knows L1, the rollup's configuration and its key, derives L2 by itself
(``full_node``), and signs what claims on L1 say, where that is what it derived.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from megadev.cli.full_node import FullNode
from megadev.primitives.hexcodec import to_data
from megadev.primitives.signatures import address_of
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.rollup.attestations import PublicValues, Signed, Statement, batch_data_hash, config_hash, program_id
from megadev.rollup.claims import Basis, Claim
from megadev.rollup.derivation.l1_source import L1Unavailable


class NotSigned(Exception):
    """A claim is none that this attester signs. Its text says why."""


class ApartAttester:
    """Signs with ``key`` what ``node`` derived. ``hear`` gets each claim that was signed, with what was signed, and
    each that was not, with the reason.
    """

    def __init__(
        self, node: FullNode, key: bytes, hear: Callable[[Claim, tuple[Statement, Signed] | NotSigned], object]
    ) -> None:
        self._node = node
        self._key = key
        self._hear = hear
        self.address = address_of(key)
        self._config_hash = config_hash(node.config)
        self._batch_data: tuple[int, Hash32, Hash32] | None = None

    def look(self, claims: list[Claim]) -> None:
        """Sign those that can be signed. Raises ``L1Unavailable``."""
        for claim in claims:
            basis = self._node.on_l1.basis(claim)
            if not basis.is_open:
                continue
            try:
                outcome: tuple[Statement, Signed] | NotSigned = self._sign(claim, basis)
            except NotSigned as reason:
                outcome = reason
            self._hear(claim, outcome)

    def _sign(self, claim: Claim, basis: Basis) -> tuple[Statement, Signed]:
        node = self._node
        program = program_id(node.beginning.spec)
        if basis.program_id != program:
            raise NotSigned(f"it asks for another program, {to_data(basis.program_id)}: this one is {to_data(program)}")
        if not node.on_l1.is_attester(basis.verifier, self.address):
            verifier, attester = to_data(basis.verifier), to_data(self.address)
            raise NotSigned(f"the verifier at {verifier} does not know the attester {attester}")
        head = node.l1_number_of(basis.l1_head)
        if head is None:
            raise NotSigned(f"L1 does not have the block {to_data(basis.l1_head)} that it is based on")
        derived = node.verifier.pipeline.history.at(head).safe.number
        if derived < claim.number:
            raise NotSigned(
                f"L1 up to its block {head}, which it is based on, has L2 only up to block {derived}: block "
                f"{claim.number} was claimed before its batches were on L1"
            )
        if node.verifier.root_after(basis.starting_number) != basis.starting_root:
            raise NotSigned(f"it builds on a root after block {basis.starting_number} that is not the one derived")
        values = PublicValues(
            l1_head=basis.l1_head,
            starting_root=basis.starting_root,
            root=claim.root,
            l2_number=claim.number,
            l2_chain_id=node.config.l2_chain_id,
        )
        statement = Statement(
            program_id=program,
            values=values,
            config_hash=self._config_hash,
            batch_data_hash=self._batch_data_up_to(head),
            verifier=basis.verifier,
            l1_chain_id=node.config.l1_chain_id,
        )
        return statement, statement.signed_with(self._key)

    def _batch_data_up_to(self, head: int) -> Hash32:
        source, known = self._node.source, self._batch_data
        if known is None or known[0] > head or source.block_hash(known[0]) != known[1]:
            first = self._node.config.l1_genesis
            known = first.number, first.hash, ZERO_HASH
        number, block_hash, found = known
        while number < head:
            number += 1
            block = source.block(number)
            if block is None or block.parent_hash != block_hash:
                raise L1Unavailable(f"L1 was reorganised at block {number}")
            block_hash = block.hash
            found = batch_data_hash(found, (block,), self._node.config.batch_inbox)
        self._batch_data = number, block_hash, found
        return found


def shown(claim: Claim, statement: Statement, signed: Signed) -> dict[str, Any]:
    """Format an attestation as JSON."""
    values, alone = statement.values, statement.attested_by([signed])
    return {
        "index": hex(claim.index),
        "game": to_data(claim.game),
        "attester": to_data(signed.attester),
        "signature": to_data(signed.signature),
        "seal": to_data(signed.seal),
        "programId": to_data(statement.program_id),
        "publicValues": {
            "l1Head": to_data(values.l1_head),
            "startingOutputRoot": to_data(values.starting_root),
            "rootClaim": to_data(values.root),
            "l2BlockNumber": hex(values.l2_number),
            "l2ChainId": hex(values.l2_chain_id),
            "rollupConfigHash": to_data(statement.config_hash),
            "batchDataHash": to_data(statement.batch_data_hash),
        },
        "proof": to_data(alone.proof),
    }
