"""megadev_sequencer_submitEvidence: what the node knows of promises that its sequencer broke, shown to L1's
``PreconfirmationSlasher``, which takes the sequencer's bond for it.

Two mini-blocks with one number speak for themselves. A promise that L2 did not keep, or a mini-block that it does not
hold, is shown against a claim about L2
that was proven and is final; where there is none yet, it is made and proven, and the evidence waits for its finality
delay. The claim's proof is a signed re-execution, not a zero-knowledge proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.chain.preconfirmations import SignedOrigin
from megadev.errors import AttestationRefused
from megadev.node.broken_promises import BrokenPromise, Equivocation, VoidMiniBlock
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import ZERO_HASH, Address
from megadev.rollup.driver import Driver
from megadev.rollup.games import Game, GameStatus, anchor_number, finality_delay
from megadev.rollup.slashing import (
    Word,
    block_proofs,
    bond_of,
    broken_mini_block_call,
    broken_promise_call,
    is_slashed,
    mini_blocks_call,
    shown_block,
)
from megadev.rollup.withdrawals import output_after
from megadev.rpc.codec import AddressParam, BoolParam
from megadev.rpc.dispatch import method
from megadev.rpc.l1_acts import act_on_l1
from megadev.rpc.node import RpcNode, bridge
from megadev.rpc.proving import games_of, is_true, prove_range


class SubmitOptions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The submitter of evidence (default: the first account), and whether the finality delay of a claim passes
    at once.
    """

    sender: AddressParam | None = msgspec.field(default=None, name="from")
    skip_window: BoolParam = False


class _Sender(NamedTuple):
    """The submitter of evidence."""

    node: RpcNode
    l1: LocalChain
    l2: LocalChain
    driver: Driver
    options: SubmitOptions

    def send(self, data: bytes) -> None:
        """Call the slasher. Raises what an estimate does."""
        act_on_l1(self.node, self.l1, self.options.sender, self.driver.addresses.preconfirmation_slasher, data)

    def bond(self, sequencer: Address) -> int:
        return bond_of(self.l1.sequencer.head_state(), self.driver.addresses, sequencer)


@method("megadev_sequencer_submitEvidence")
def megadev_sequencer_submitEvidence(node: RpcNode, options: SubmitOptions = SubmitOptions()) -> JsonObject:  # noqa: B008
    """Show L1 all evidence there is, as far as a bond is left to take; what became of each piece. What waits, waits for
    this to be asked again.
    """
    l1, l2, driver = bridge(node)
    sender = _Sender(node, l1, l2, driver, options)
    evidence = node.node.broken_promises.evidence
    outcomes = [
        *(_submit_equivocation(sender, found) for found in evidence.equivocations),
        *(_submit_broken(sender, found) for found in evidence.broken.values()),
        *(_submit_void(sender, found) for found in evidence.mini_blocks),
    ]
    state, at = l1.sequencer.head_state(), driver.addresses
    signers = dict.fromkeys([found.signer for found in evidence.equivocations])
    signers |= dict.fromkeys([found.promised.signer for found in evidence.broken.values()])
    signers |= dict.fromkeys([void.signer for void in evidence.mini_blocks])
    signers |= {l2.signers.at(l2.head.number + 1).address: None}
    return {
        "slasher": to_data(at.preconfirmation_slasher),
        "evidence": outcomes,
        "sequencers": [
            {
                "signer": to_data(signer),
                "bond": hex(bond_of(state, at, signer)),
                "isSlashed": is_slashed(state, at, signer),
            }
            for signer in signers
        ],
    }


def _submit_equivocation(sender: _Sender, found: Equivocation) -> JsonObject:
    first, second = found.mini_blocks
    told = {"kind": "equivocation", "signer": to_data(found.signer), "miniBlockNumber": hex(first.number)}
    taken = sender.bond(found.signer)
    if not taken:
        return told | _NOTHING_LEFT
    if found.origins is None:
        return told | _NO_ORIGIN
    waits = _wait_for_origins(sender, found.origins)
    if waits is not None:
        return told | waits
    words = [Word.on_mini_block(*each) for each in zip(found.signatures, found.origins, strict=True)]
    sender.send(mini_blocks_call(first, words[0], second, words[1]))
    return told | _slashed(sender, found.signer, taken)


def _submit_broken(sender: _Sender, broken: BrokenPromise) -> JsonObject:
    promised, signer = broken.promised.promise, broken.promised.signer
    told = {
        "kind": "broken promise",
        "signer": to_data(signer),
        "transactionHash": to_data(promised.transaction_hash),
        "blockNumber": hex(promised.block_number),
    }
    return told | _submit_against_block(
        sender,
        signer,
        promised.block_number,
        broken.promised.origin,
        lambda block, origin: broken_promise_call(promised, Word(broken.promised.signature, origin), block),
        "nothing: L2 came to keep it after all",
    )


def _submit_void(sender: _Sender, void: VoidMiniBlock) -> JsonObject:
    mini_block, signer = void.mini_block, void.signer
    told = {
        "kind": "broken mini-block",
        "signer": to_data(signer),
        "miniBlockNumber": hex(mini_block.number),
        "blockNumber": hex(mini_block.block_number),
    }
    return told | _submit_against_block(
        sender,
        signer,
        mini_block.block_number,
        void.origin,
        lambda block, origin: broken_mini_block_call(mini_block, Word.on_mini_block(void.signature, origin), block),
        "nothing: L2 came to hold it after all",
    )


def _submit_against_block(
    sender: _Sender,
    signer: Address,
    number: int,
    origin: SignedOrigin | None,
    call_for: Callable[[SealedBlock, SignedOrigin], bytes | None],
    kept: str,
) -> JsonObject:
    """Show what ``signer`` signed beside L2's block ``number``, once L1 knows that, where what was signed depends on
    the L1 block ``origin``. ``call_for`` gives the call; None: the block holds what was signed, and ``kept`` says so.
    """
    taken = sender.bond(signer)
    if not taken:
        return _NOTHING_LEFT
    if origin is None:
        return _NO_ORIGIN
    lost = _wait_for_origins(sender, (origin,))
    if lost is not None:
        return lost
    waits = _wait_for_block(sender, number)
    if waits is not None:
        return {"status": "waiting", "next": waits}
    call = call_for(sender.l2.block(number), origin)
    if call is None:
        return {"status": "kept", "next": kept}
    sender.send(call)
    return _slashed(sender, signer, taken)


_NO_ORIGIN = {"status": "void", "next": "nothing: its L2 block followed no block of this L1"}


def _wait_for_origins(sender: _Sender, origins: Iterable[SignedOrigin]) -> JsonObject | None:
    """Returns the obstacle to evidence that depends on these L1 blocks; None: nothing."""
    l1 = sender.l1
    for origin in origins:
        block = l1.store.by_number(origin.number)
        if block is None or block.hash != origin.hash:
            gone = f"L1 lost its block {origin.number} in a reorganisation, on which that depended"
            return {"status": "void", "next": f"nothing: {gone}"}
        if origin.number == l1.head.number:
            if not l1.sequencer.mode.is_instant:
                return {"status": "waiting", "next": "it waits for an L1 block: mine one on L1"}
            l1.sequencer.mine()  # a contract knows only the blocks before its own
    return None


_NOTHING_LEFT = {"status": "nothing left", "next": "nothing: there is no bond left to take"}


def _slashed(sender: _Sender, signer: Address, taken: int) -> JsonObject:
    """Returns the bond after the call; the call waits where L1's blocks do."""
    if sender.bond(signer):
        return {"status": "waiting", "next": "it waits for an L1 block: mine one on L1"}
    return {"status": "slashed", "taken": hex(taken), "next": "nothing: half of the bond went to who showed it"}


def _wait_for_block(sender: _Sender, number: int) -> str | None:
    """Have L1's slasher know L2's block that was promised; what has to come first, None where it knows."""
    node, l1, l2, driver, options = sender
    at = driver.addresses
    if number > l2.head.number:
        return f"L2 has to get to block {number}, which was promised: its head is block {l2.head.number}"
    known = shown_block(l1.sequencer.head_state(), at, number)
    if known != ZERO_HASH:
        return None
    game = _proven_game(sender, number)
    if game is None:
        first = anchor_number(l1.sequencer.head_state(), at)
        last = number if number > first else l2.head.number
        if last <= first:
            return "L2 has to build another block, for a claim about it to be proven"
        try:
            prove_range(node, first, last, None)
        except AttestationRefused as problem:
            if last == l2.head.number:
                return str(problem)
            prove_range(node, first, l2.head.number, None)
        driver.advance()
        game = _proven_game(sender, number)
        if game is None:
            return "the claim about that block waits for an L1 block: mine one on L1"
    final_at = game.resolved_at + finality_delay(l1.sequencer.head_state(), at) + 1
    if options.skip_window and l1.time.now() < final_at:
        l1.time.increase(final_at - l1.time.now())
    if l1.time.now() < final_at:
        return f"the claim about that block is final in {final_at - l1.time.now()} s"
    blocks = l2.store.blocks(number, game.l2_number)
    for call in block_proofs(game.index, output_after(l2.block(game.l2_number)), blocks):
        sender.send(call)
    if shown_block(l1.sequencer.head_state(), at, number) == ZERO_HASH:
        return "it waits for an L1 block: mine one on L1"
    return None


def _proven_game(sender: _Sender, number: int) -> Game | None:
    """The claim that was proven and won about the earliest block from ``number`` on."""
    _, l1, l2, driver, _ = sender
    found = [
        game
        for game in games_of(l1, driver)
        if game.prover is not None
        and game.status is GameStatus.DEFENDER_WINS
        and game.counts
        and game.l2_number >= number
        and is_true(l2, game)
    ]
    return min(found, key=lambda game: game.l2_number, default=None)
