"""Having a sequencer stand still, crash, come back and break its promises (``faults`` says what all that is)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from megadev.chain.blocks import SealedBlock
from megadev.chain.mini_blocks import MiniBlock
from megadev.errors import (
    SequencerStopped,
)
from megadev.events import (
    PreconfirmationsLost,
    SequencerCondition,
    SequencerTurned,
)
from megadev.sequencer.block_builder import BlockBuilder, OpenBlock
from megadev.sequencer.faults import NO_FAULTS, Faults, promises
from megadev.sequencer.rebuild import built_again
from megadev.sequencer.reorganisation import rewind
from megadev.sequencer.sequencer import Sequencer


def misbehave(sequencer: Sequencer, faults: Faults | None) -> None:
    """Break promises from now on as ``faults`` says; its condition stays. None: behave. What a fault held up is
    included at once.
    """
    sequencer.settle()
    sequencer.set_faults(replace(faults or NO_FAULTS, condition=sequencer.condition))
    if sequencer.mode.executes_on_arrival:
        sequencer.include_ready()


def pause(sequencer: Sequencer) -> None:
    """Execute and seal nothing until ``resume``. Raises ``SequencerStopped`` after a crash."""
    sequencer.check_alive()
    sequencer.settle()
    _turn(sequencer, SequencerCondition.PAUSED)


def resume(sequencer: Sequencer) -> None:
    """Go on after a pause, with what waits. Raises ``SequencerStopped`` after a crash."""
    sequencer.check_alive()
    _turn(sequencer, SequencerCondition.RUNNING)
    _go_on(sequencer)


def crash(sequencer: Sequencer, *, survive: bool, blocks: int = 0) -> None:
    """Be gone. What is not sealed, and what waits, either survives until ``recover`` or is lost; in that case the
    last ``blocks`` sealed ones are lost as well, whose number the caller has checked.

    Raises ``SequencerStopped`` if it has crashed already.
    """
    sequencer.check_alive()
    sequencer.settle()
    builder = sequencer.hide_open()
    if survive:
        sequencer.written_ahead = builder
    else:
        _lose(sequencer, builder, sequencer.head.number - blocks)
    _turn(sequencer, SequencerCondition.CRASHED)


def recover(sequencer: Sequencer) -> None:
    """Come back after a crash, with what survived it: the open block is built again, as it was announced.

    Raises ``SequencerStopped`` if it has not crashed.
    """
    if sequencer.condition is not SequencerCondition.CRASHED:
        raise SequencerStopped(f"the sequencer has not crashed: it is {sequencer.condition.value}")
    _rebuild_open(sequencer)
    _turn(sequencer, SequencerCondition.RUNNING)
    _go_on(sequencer)


def overtake(sequencer: Sequencer) -> None:
    """Of a sequencer that crashed, what survived is lost: the chain goes on without it, as L1 says."""
    builder, sequencer.written_ahead = sequencer.written_ahead, None
    if builder is not None:
        sequencer.publish(
            _lost(sequencer, OpenBlock(builder), "L1 went on without it while the sequencer was down", builder.closed)
        )
        for tx in builder.transactions[len(builder.plan.start.transactions) :]:
            if not builder.is_the_protocols(tx):
                sequencer.take_back(tx)


def take_over(sequencer: Sequencer, seen: int) -> int:
    """Another sequencer goes on after a crash, from the first ``seen`` mini-blocks of the block that was open: those
    are kept as they were announced, and whatever else had been promised in it is told as lost; how many transactions
    those are. It has no faults.

    Raises ``SequencerStopped`` where none has crashed.
    """
    if not sequencer.is_down:
        raise SequencerStopped(f"no sequencer has crashed: it is {sequencer.condition.value}")
    builder, sequencer.written_ahead = sequencer.written_ahead, None
    sequencer.faults = None
    lost = 0
    if builder is not None:
        end = builder.cuts[seen - 1].end if seen else len(builder.plan.start.transactions)
        lost = len(builder.transactions) - end
        if end < len(builder.transactions) or seen < len(builder.cuts):
            sequencer.publish(_lost_after(sequencer, OpenBlock(builder), end, builder.closed[seen:]))
        if seen:
            sequencer.keep_open(built_again(builder, builder.transactions[:end], sequencer))
    sequencer.publish(SequencerTurned(SequencerCondition.RUNNING, sequencer.unsealed))
    return lost


def _lost_after(sequencer: Sequencer, block: OpenBlock, end: int, minis: Iterable[MiniBlock]) -> PreconfirmationsLost:
    """Returns the part of a block that a standby has not seen: its transactions from number ``end`` on, and these
    mini-blocks.
    """
    promised = tuple(promises(block, sequencer.spec.chain_id)[end:])
    reason = "the sequencer crashed before its standbys had seen it"
    return PreconfirmationsLost(block.number, block.transactions[end:], reason, tuple(minis), promised, block.state)


def go_on(sequencer: Sequencer) -> None:
    """Include what waits, after a takeover."""
    _go_on(sequencer)


def mend(sequencer: Sequencer) -> None:
    """Have no faults any more, of whatever kind, and include nothing yet: before the chain becomes another."""
    _rebuild_open(sequencer)
    _turn(sequencer, SequencerCondition.RUNNING)
    sequencer.faults = None


def restore_faults(sequencer: Sequencer, faults: Faults | None) -> None:
    """Have those of another moment, between two blocks."""
    condition = sequencer.condition
    sequencer.set_faults(faults or NO_FAULTS)
    if sequencer.condition is not condition:
        sequencer.publish(SequencerTurned(sequencer.condition, 0))


def _rebuild_open(sequencer: Sequencer) -> None:
    """Execute again what a crash has left of the open block."""
    builder, sequencer.written_ahead = sequencer.written_ahead, None
    if builder is not None:
        sequencer.keep_open(built_again(builder, builder.transactions, sequencer))


def _go_on(sequencer: Sequencer) -> None:
    if sequencer.open is not None and sequencer.open.has_uncut:
        sequencer.on_work()
    if sequencer.mode.executes_on_arrival:
        sequencer.include_ready()


def _turn(sequencer: Sequencer, condition: SequencerCondition) -> None:
    if condition is not sequencer.condition:
        sequencer.set_faults(replace(sequencer.faults or NO_FAULTS, condition=condition))
        sequencer.publish(SequencerTurned(condition, sequencer.unsealed))


def _lost(
    sequencer: Sequencer, block: OpenBlock | SealedBlock, reason: str, minis: Iterable[MiniBlock] = ()
) -> PreconfirmationsLost:
    promised = tuple(promises(block, sequencer.spec.chain_id))
    state = block.state if isinstance(block, OpenBlock) else block.world
    return PreconfirmationsLost(block.number, block.transactions, reason, tuple(minis), promised, state)


def _lose(sequencer: Sequencer, builder: BlockBuilder | None, number: int) -> None:
    """Report as lost what the open block and the blocks above ``number`` hold, and what waits; take them back."""
    reason = "the sequencer crashed and has lost it"
    if builder is not None:
        sequencer.publish(_lost(sequencer, OpenBlock(builder), reason, builder.closed))
    if number < sequencer.head.number:
        left = sequencer.store.by_number(number)
        irregular = None if left is None else sequencer.irregular_after(left)
        for block in sorted(rewind(sequencer, number, irregular), key=lambda block: block.number, reverse=True):
            if block.transactions:
                sequencer.publish(_lost(sequencer, block, reason))
    for tx in sequencer.pool.transactions():
        sequencer.give_up(tx, reason)
