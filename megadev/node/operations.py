"""Operations on the sequencer other than pausing it: crash, restart, change of its key."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from megadev.errors import InvalidParams, SequencerStopped
from megadev.events import SequencerCondition
from megadev.node import registry
from megadev.sequencer import fault_control
from megadev.sequencer.reorganisation import check_buildable
from megadev.sequencer.signers import Signer

if TYPE_CHECKING:
    from megadev.node.node import Node


def crash(node: Node, *, survive: bool, blocks: int, reads: bool) -> None:
    """Let the sequencer crash, with or without what it has not sealed. Without, the last ``blocks`` sealed ones are
    lost too, as with a standby that lags behind. ``reads`` False: its gateway goes with it.

    Raises ``InvalidParams`` where the chain has fewer blocks above its first, or where blocks are to be lost and what
    is newer is to survive, ``StateUnavailable`` where the chain was loaded without the state that would be left, and
    ``SequencerStopped`` if it has crashed already; then nothing has changed.
    """
    sequencer, store = node.l2.sequencer, node.l2.store
    if sequencer.condition is SequencerCondition.CRASHED:
        raise SequencerStopped("the sequencer has already crashed: restart it with megadev_sequencer_restart")
    height = node.l2.head.number - store.genesis.number
    if blocks > height:
        raise InvalidParams(f"cannot lose {blocks} blocks: the chain has {height} after its first block")
    if blocks and survive:
        raise InvalidParams("sealed blocks can be lost only together with unsealed transactions: set survive to false")
    if blocks:
        check_buildable(node.l2.store, node.l2.head.number - blocks)
        node.snapshots.keep_blocks_above(node.l2, node.l2.head.number - blocks)
    fault_control.crash(sequencer, survive=survive, blocks=blocks)
    node.link.is_cut = not reads
    if node.standbys is not None:
        node.standbys.crashed()


def restart(node: Node) -> None:
    """Restart the sequencer after a crash; after a takeover it becomes a standby. Raises ``SequencerStopped`` if it has
    not crashed.
    """
    standbys = node.standbys
    is_missed = standbys is not None and len(standbys.up) < len(standbys.keys)
    if node.l2.sequencer.is_down or not is_missed:
        fault_control.recover(node.l2.sequencer)
        node.link.is_cut = False
    if standbys is not None:
        standbys.came_back()


def rotate_key(node: Node, key: bytes | None = None, first_block: int | None = None) -> Signer:
    """Sign with another key, a random one unless given, from the first block on that is not begun, or from a later one.

    On a chain with a sequencer registry the change is scheduled there, with the proof it asks for.

    Raises ``InvalidParams`` for a block that is begun, a key outside [1, n), or where the registry refuses.
    """
    chain = node.l2
    earliest = chain.head.number + (2 if chain.sequencer.unsealed else 1)
    first = earliest if first_block is None else first_block
    if first < earliest:
        raise InvalidParams(f"block {first} has already begun: the key can change at block {earliest} at the earliest")
    drawn = secrets.token_bytes(32) if key is None else key
    try:
        signers = chain.signers.rotated(drawn, first)
    except ValueError as problem:
        raise InvalidParams(f"key: {problem}") from None
    if registry.has_registry(chain):
        registry.schedule(chain, drawn, first, node.roles.owner)
    chain.rotated_signers = signers
    return signers.at(first)
