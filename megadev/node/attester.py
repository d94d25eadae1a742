"""The attesters of a devnet: they execute a range of L2 again, and sign for L1 what they got to (``attestations``).

They sign nothing that they did not get to: a claim of another root is refused. What was executed again once is not
again, as long as the chain has it. State that was changed by hand between two blocks (cheats) is taken as it is.

All keys are in this process, so that k of n is the protocol and not the trust: one re-execution stands behind all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from megadev.chain.blocks import SealedBlock
from megadev.errors import AttestationRefused, InvalidTransaction, PrefetchNeeded, StateUnavailable
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import ZERO_HASH, Hash32
from megadev.rollup.attestations import Attestation, PublicValues, attest, batch_data_hash, config_hash, program_id
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.games import Game
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.withdrawals import output_after


@dataclass(frozen=True, slots=True)
class _Executed:
    """The blocks after ``first`` up to ``last`` were executed again."""

    first: int
    last: SealedBlock


class Attester:
    """Attests for the holders of ``keys``. All methods run on the writer thread."""

    def __init__(
        self,
        keys: tuple[bytes, ...],
        l1: LocalChain,
        l2: LocalChain,
        addresses: Callable[[], L1Addresses],
        config: Callable[[], RollupConfig],
    ) -> None:
        self._keys = keys
        self._l1 = l1
        self._l2 = l2
        self._addresses = addresses
        self._config = config
        self._executed: _Executed | None = None
        self._batch_data: tuple[SealedBlock, Hash32] | None = None

    def attest(self, first: int, root: Hash32, last: int, l1_head: SealedBlock) -> Attestation:
        """Say that L2 gets from its block ``first`` to the output ``root`` after block ``last``; ``l1_head`` is L1's
        block that counts.

        Raises ``AttestationRefused`` where it does not, and ``StateUnavailable`` where the states are not at hand.
        """
        if first >= last:
            raise AttestationRefused(f"a range ends after it begins: there is nothing between block {first} and {last}")
        if last > self._l2.head.number:
            raise AttestationRefused(f"L2 has no block {last} yet: its head is block {self._l2.head.number}")
        here = output_after(self._l2.block(last)).root
        if here != root:
            raise AttestationRefused(
                f"the output root after block {last} is {to_data(here)}, and not {to_data(root)}: attesters sign only "
                "what they derived themselves"
            )
        self._execute(first, last)
        values = PublicValues(
            l1_head=l1_head.hash,
            starting_root=output_after(self._l2.block(first)).root,
            root=root,
            l2_number=last,
            l2_chain_id=self._l2.spec.chain_id,
        )
        return attest(
            self._keys,
            program_id(self._l2.beginning.spec),
            values,
            config_hash(self._config()),
            self._batch_data_up_to(l1_head),
            self._addresses().attestation_verifier,
            self._l1.spec.chain_id,
        )

    def attest_game(self, game: Game) -> Attestation:
        """Attest the claim of a game. Raises ``AttestationRefused`` if it has another verifier or program."""
        if game.verifier != self._addresses().attestation_verifier:
            raise AttestationRefused(
                f"game {game.index} has a verifier of its own, {to_data(game.verifier)}: prove it so"
            )
        if game.program_id != program_id(self._l2.beginning.spec):
            raise AttestationRefused(f"game {game.index} asks for another program, {to_data(game.program_id)}")
        head = self._l1.store.by_hash(game.l1_head)
        if head is None:
            raise AttestationRefused(
                f"L1 has lost the block {to_data(game.l1_head)} that game {game.index} is based on"
            )
        if game.starting_number > self._l2.head.number:
            raise AttestationRefused(
                f"game {game.index} builds on block {game.starting_number}, which L2 does not have"
            )
        found = self.attest(game.starting_number, game.root, game.l2_number, head)
        if found.values.starting_root != game.starting_root:
            raise AttestationRefused(f"game {game.index} builds on a root that L2 does not have")
        return found

    def changed_by_hand(self, first: int, last: int) -> list[int]:
        """The blocks after ``first`` up to ``last`` that follow a change by a cheat."""
        return [each.number for each in self._l2.store.blocks(first + 1, last) if each.irregular is not None]

    def _execute(self, first: int, last: int) -> None:
        """Execute the blocks after ``first`` up to ``last``. Raises ``AttestationRefused`` where one comes out
        otherwise.
        """
        known = self._executed
        if known is not None and (first < known.first or self._l2.store.by_hash(known.last.hash) is None):
            known = None
        start = first if known is None else known.last.number
        for number in range(start + 1, last + 1):
            block = self._l2.block(number)
            if _run_again(self._l2, block) != block.hash:
                raise AttestationRefused(f"block {number} comes out otherwise when it is executed again")
            known = _Executed(first if known is None else known.first, block)
            self._executed = known

    def _batch_data_up_to(self, head: SealedBlock) -> Hash32:
        store, known = self._l1.store, self._batch_data
        if known is None or store.by_hash(known[0].hash) is None or known[0].number > head.number:
            known = (store.genesis, ZERO_HASH)
        found = batch_data_hash(known[1], store.blocks(known[0].number + 1, head.number), self._config().batch_inbox)
        self._batch_data = (head, found)
        return found


def prove_claim(attester: Attester | None, game: Game) -> bytes | None:
    """The proof of what a game claims; None where no attester signs that."""
    try:
        return None if attester is None else attester.attest_game(game).proof
    except PrefetchNeeded:
        raise
    except (AttestationRefused, StateUnavailable):
        return None


def _run_again(chain: LocalChain, block: SealedBlock) -> Hash32:
    """The hash that ``block`` has when it is built again from its parent's state. Raises ``AttestationRefused``."""
    builder = block_start(chain, block)
    for index, tx in enumerate(block.transactions):
        try:
            builder.append(tx, builder.execute(tx))
        except InvalidTransaction as problem:
            raise AttestationRefused(
                f"transaction {index} of block {block.number} cannot be executed: {problem}"
            ) from None
    return builder.seal().hash
