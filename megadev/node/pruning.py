"""Which old states a node keeps (``--keep-blocks``, ``--prune-history``), and what the bridge needs of the others.

Of L2's old states the message passer's storage stays, so that a withdrawal can be proven however old the claim is by
which it is; after the blocks that a claim on L1 is about, also the proof of its account, which is what eth_getProof
answers wallets' libraries with. On L1 nothing of the kind is needed: what derivation wants of old L1 blocks their logs
tell, and deposits, batches and games are asked for in the newest state.
"""

from __future__ import annotations

from collections.abc import Callable

from megadev.config.settings import DevnetConfig
from megadev.events import BlockSealed, Event
from megadev.node.chain import LocalChain
from megadev.primitives.types import Address
from megadev.rollup.games import read_game
from megadev.rollup.predeploys import MESSAGE_PASSER, L1Addresses
from megadev.sequencer.aging import StateLimit
from megadev.state.reader import StateReader
from megadev.state.unavailable import NOT_KEPT, PRUNED
from megadev.state.world import WorldView


class ClaimedBlocks:
    """The numbers of the L2 blocks that claims on L1 are about, as far as they were seen to be made."""

    def __init__(self, addresses: Callable[[], L1Addresses]) -> None:
        self._addresses = addresses
        self.numbers: set[int] = set()

    def event(self, event: Event) -> None:
        """Take notice of an event of L1."""
        if type(event) is not BlockSealed:
            return
        at = self._addresses()
        for receipt in event.block.receipts:
            for log in receipt.logs:
                if log.address == at.dispute_game_factory and len(log.topics) > 1:
                    self._note(WorldView(event.block.world), at, log.topics[1][12:])

    def _note(self, l1: StateReader, at: L1Addresses, address: Address) -> None:
        game = read_game(l1, at, address)
        if game is not None:
            self.numbers.add(game.l2_number)


def limit_states(
    config: DevnetConfig, l2: LocalChain, l1: LocalChain | None, addresses: Callable[[], L1Addresses]
) -> None:
    """Have both chains drop the states that the settings say."""
    count, why = config.prune_history, PRUNED
    if config.keep_blocks is not None:
        count, why = config.keep_blocks, NOT_KEPT
    if count is None:
        return
    if l1 is None:
        l2.sequencer.keep_states = StateLimit(count, why)
        return
    claimed = ClaimedBlocks(addresses)
    l1.bus.subscribe(claimed.event)
    l2.sequencer.keep_states = StateLimit(count, why, MESSAGE_PASSER, claimed.numbers)
    l1.sequencer.keep_states = StateLimit(count, why)
