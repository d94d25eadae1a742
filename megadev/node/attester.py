"""The attesters of a devnet: they execute a range of L2 again, and sign for L1 what they got to (``attestations``).

They sign nothing that they did not get to: a claim of another root is refused. Where batches are posted, they sign only
what derives from L1 up to the L1 block that the claim is based on. What was executed again once is not again, as long
as the chain has it. State that was changed by hand between two blocks (cheats) is taken as it is.

All keys are in this process, so that k of n is the protocol and not the trust: one re-execution stands behind all.
Where attesters run *apart*, this process signs nothing: each of them derives L2 from L1 by itself (``megadev attest``)
and hands in its signature, and here is only counted whether there are enough.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.errors import AttestationRefused, InvalidTransaction, PrefetchNeeded, StateUnavailable
from megadev.node.chain import LocalChain
from megadev.node.reopening import block_start
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import ZERO_HASH, Address, Hash32
from megadev.rollup.aside import Aside
from megadev.rollup.attestations import (
    Attestation,
    PublicValues,
    Signed,
    Statement,
    attest,
    batch_data_hash,
    config_hash,
    program_id,
)
from megadev.rollup.derivation.config import RollupConfig
from megadev.rollup.games import Game, attestation_threshold, is_attester
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.withdrawals import output_after

_KEPT = 1_000
"""Statements whose signatures are kept."""


class _Executed(msgspec.Struct, frozen=True):
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
        derived_at: Callable[[int], int | None] = lambda l1_number: None,
        *,
        is_apart: bool = False,
    ) -> None:
        self._keys = keys
        self._l1 = l1
        self._l2 = l2
        self._addresses = addresses
        self._config = config
        self._derived_at = derived_at
        self.is_apart = is_apart
        """Whether each attester is a process of its own."""
        self._handed_in: dict[Statement, dict[Address, Signed]] = {}
        """What they signed, the newest last."""
        self._executed: _Executed | None = None
        self._batch_data: tuple[SealedBlock, Hash32] | None = None

    def attest(self, first: int, root: Hash32, last: int, l1_head: SealedBlock) -> Attestation:
        """Say that L2 gets from its block ``first`` to the output ``root`` after block ``last``; ``l1_head`` is L1's
        block that counts.

        Raises ``AttestationRefused`` where it does not, and ``StateUnavailable`` where the states are not at hand.
        """
        if self.is_apart:
            raise AttestationRefused(
                "the attesters run apart from this node (--attest-apart): each signs what it finds on L1, by "
                "`megadev attest`"
            )
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
        self._check_derives(last, l1_head)
        self._execute(first, last)
        return attest(self._keys, self._statement(first, root, last, l1_head))

    def _check_derives(self, last: int, l1_head: SealedBlock) -> None:
        """Raises ``AttestationRefused`` where L2 up to block ``last`` does not follow from L1 up to ``l1_head``."""
        derived = self._derived_at(l1_head.number)
        if derived is not None and derived < last:
            raise AttestationRefused(
                f"L1 up to its block {l1_head.number} has batches of L2 only up to block {derived}: attesters sign "
                f"what derives from L1, and block {last} does not yet (megadev_batcher_flush posts it)"
            )

    def _statement(self, first: int, root: Hash32, last: int, l1_head: SealedBlock) -> Statement:
        values = PublicValues(
            l1_head=l1_head.hash,
            starting_root=output_after(self._l2.block(first)).root,
            root=root,
            l2_number=last,
            l2_chain_id=self._l2.spec.chain_id,
        )
        return Statement(
            program_id=program_id(self._l2.beginning.spec),
            values=values,
            config_hash=config_hash(self._config()),
            batch_data_hash=self._batch_data_up_to(l1_head),
            verifier=self._addresses().attestation_verifier,
            l1_chain_id=self._l1.spec.chain_id,
        )

    def hand_in(self, game: Game, signed: Signed) -> int:
        """Take what an attester that runs apart signed about ``game``; how many have by now.

        Raises ``AttestationRefused`` for what is not the attester's signature over that claim, as this node finds it on
        L1, and for who is none.
        """
        if not self.is_apart:
            raise AttestationRefused("the attesters of this node run in it: start it with --attest-apart")
        if not is_attester(self._l1.sequencer.head_state(), self._addresses(), signed.attester):
            raise AttestationRefused(f"{to_data(signed.attester)} is not an attester of the verifier on L1")
        statement = self._claimed(game)
        if not statement.is_signed(signed):
            raise AttestationRefused(
                f"not a signature of {to_data(signed.attester)} over what game {game.index} claims: another claim, "
                "L1, rollup configuration, batch data or program was signed"
            )
        found = self._handed_in.pop(statement, {})
        self._handed_in[statement] = found | {signed.attester: signed}
        for oldest in list(self._handed_in)[:-_KEPT]:
            del self._handed_in[oldest]
        return len(self._handed_in[statement])

    def _claimed(self, game: Game) -> Statement:
        """Read the claim of a game. Raises ``AttestationRefused`` where that is not of this program and L1."""
        if game.verifier != self._addresses().attestation_verifier:
            raise AttestationRefused(
                f"game {game.index} has a verifier of its own, {to_data(game.verifier)}: prove it so"
            )
        if game.program_id != program_id(self._l2.beginning.spec):
            raise AttestationRefused(f"game {game.index} asks for another program, {to_data(game.program_id)}")
        head = self._l1.store.by_hash(game.l1_head)
        if head is None:
            lost = to_data(game.l1_head)
            raise AttestationRefused(f"L1 has lost the block {lost} that game {game.index} is based on")
        if max(game.starting_number, game.l2_number) > self._l2.head.number:
            raise AttestationRefused(
                f"game {game.index} is about blocks {game.starting_number} to {game.l2_number}, which L2 does not have"
            )
        if output_after(self._l2.block(game.starting_number)).root != game.starting_root:
            raise AttestationRefused(f"game {game.index} builds on a root that L2 does not have")
        return self._statement(game.starting_number, game.root, game.l2_number, head)

    def attest_game(self, game: Game) -> Attestation:
        """Attest the claim of a game. Raises ``AttestationRefused`` if it has another verifier or program, or too few
        attesters that run apart have signed it.
        """
        statement = self._claimed(game)
        if self.is_apart:
            signed = self._handed_in.get(statement, {})
            needed = attestation_threshold(self._l1.sequencer.head_state(), self._addresses())
            if len(signed) < needed:
                raise AttestationRefused(
                    f"{len(signed)} of {needed} attesters have signed what game {game.index} claims: they run apart "
                    "from this node, by `megadev attest`"
                )
            return statement.attested_by(signed.values())
        head = self._l1.store.by_hash(game.l1_head)
        assert head is not None, "the claim was read"
        return self.attest(game.starting_number, game.root, game.l2_number, head)

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


_What: TypeAlias = tuple[Address, Hash32, Hash32, Hash32 | None]
"""A game, the L1 block that it is based on, its claim, and the hash of the L2 block that this is about."""


class Prover:
    """Proves claims beside what the chain does: what takes long is made ``aside``, and ``wake`` is called after."""

    def __init__(
        self,
        attester: Attester,
        block_hash: Callable[[int], Hash32 | None],
        aside: Aside,
        wake: Callable[[], object],
    ) -> None:
        self._attester = attester
        self._block_hash = block_hash
        self._aside = aside
        self._wake = wake
        self._busy = False
        self._made: dict[_What, bytes | None] = {}

    def __call__(self, game: Game) -> bytes | None:
        """The proof of what a game claims; None where no attester signs that, or it is not made yet."""
        if self._attester.is_apart:
            return prove_claim(self._attester, game)  # only counted
        what = game.address, game.l1_head, game.root, self._block_hash(game.l2_number)
        if what not in self._made and not self._busy:
            self._busy = True
            try:
                self._aside(lambda: prove_claim(self._attester, game), lambda proof: self._take(what, proof))
            except BaseException:
                self._busy = False
                raise
        return self._made.get(what)

    def give_up(self) -> None:
        """Give up what is being made."""
        self._busy = False

    def _take(self, what: _What, proof: bytes | None) -> None:
        self._busy = False
        if len(self._made) >= _KEPT:
            self._made.clear()
        self._made[what] = proof
        self._wake()


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
