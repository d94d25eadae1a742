"""Laws of derivation: whatever is posted, in whatever order, nothing raises, and what becomes safe is what the sequencer
built or what follows from its silence; whoever derives anew, from any block, in whatever steps, finds the same.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from megadev.rollup.channel import Frame, compress, decode_frames, encode_frames
from megadev.rollup.derivation.config import Pace
from megadev.rollup.derivation.inbox import ordered_frames
from megadev.rollup.derivation.pipeline import Derived, Pipeline
from tests.units.rollup.batching import transactions
from tests.units.rollup.deriving import STRANGER, FakeL2, Posted, Rollup, deposit_log

MOVES = st.sampled_from(["l1", "deposit", "build", "post", "span", "noise", "flip", "again", "stranger", "derive"])


@given(st.lists(st.tuples(MOVES, st.integers(0, 2**32)), max_size=40), st.sampled_from(list(Pace)), st.data())
def test_only_the_sequencers_blocks_become_safe(moves: list[tuple[str, int]], pace: Pace, data: st.DataObject) -> None:
    rollup = Rollup(pace=pace, sequencing_window=10_000, channel_timeout=3, max_drift=None, max_channel_bytes=20_000)
    sent: list[bytes] = []
    for move, number in moves:
        match move:
            case "l1":
                rollup.l1.add(seconds=number % 30 + 1)
            case "deposit":
                rollup.l1.add(logs=[deposit_log(number)])
            case "build":
                if pace is Pace.FREE:
                    parent = rollup.sequencer.made[-1]
                    rollup.build_at(number % 5, min(parent.origin.number + 1, len(rollup.l1.blocks) - 1))
                else:
                    rollup.build(1 + number % 4, txs=data.draw(st.lists(transactions(), max_size=2)))
            case "post" | "span" if rollup.built:
                last = rollup.built[number % len(rollup.built) :][: 1 + number % 7]
                batches = [rollup.span(last)] if move == "span" and pace is Pace.STRICT else last
                pieces = [encode_frames([each]) for each in rollup.frames(batches, 40 + number % 500)]
                sent += pieces
                order = data.draw(st.permutations(range(len(pieces)))) if number % 3 == 0 else range(len(pieces))
                rollup.l1.add(*(pieces[index] for index in order))
            case "noise":
                noise = data.draw(st.binary(max_size=60))
                frame = Frame(bytes(16), number % 3, noise, bool(number & 1))
                content = compress([noise]) if number & 2 else noise
                rollup.l1.add(noise, encode_frames([frame]), encode_frames([Frame(bytes(16), 0, content, True)]))
            case "flip" if sent:
                flipped = bytearray(sent[number % len(sent)])
                flipped[number % len(flipped)] ^= 1 << number % 8
                # a payload that is another is another batcher's word; what is flipped here is around it
                if flipped[:23] != sent[number % len(sent)][:23]:
                    rollup.l1.add(bytes(flipped))
            case "again" if sent:
                rollup.l1.add(*(sent[(number + step * 7) % len(sent)] for step in range(3)))
            case "stranger" if sent:
                rollup.l1.add(Posted(sent[number % len(sent)], sender=STRANGER))
            case "derive":
                rollup.derive()
    rollup.derive()
    assert rollup.agrees()
    # at once and from the start, or from any block of it, it is the same
    anew = FakeL2(rollup.config)
    for _ in Pipeline(rollup.config, rollup.l1, anew).run():
        pass
    assert anew.made == rollup.l2.made
    start = data.draw(st.sampled_from(rollup.l2.made))
    rollup.pipeline.reset(start)
    rollup.derive()
    assert rollup.l2.made == anew.made


@given(st.lists(st.binary(max_size=80), max_size=10), st.lists(st.integers(1, 20), min_size=4, max_size=12))
def test_a_silent_or_babbling_sequencer_stops_no_deposit(noise: list[bytes], seconds: list[int]) -> None:
    for pace in Pace:
        rollup = Rollup(pace=pace, sequencing_window=2)
        for number, pause in enumerate(seconds):
            rollup.l1.add(*noise, logs=[deposit_log(number)], seconds=pause)
        steps = rollup.steps()
        assert all(step.is_forced for step in steps if isinstance(step, Derived))
        included = [
            tx.mint
            for attributes in rollup.l2.attributes[1:]
            if attributes is not None
            for tx in attributes.start.deposits
        ]
        assert included == list(range(len(seconds) - 2))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
def test_frames_in_order_are_kept_as_they_are_and_pruning_again_changes_nothing(
    drawn: list[tuple[int, int, bool]],
) -> None:
    frames = [Frame(bytes([channel]) * 16, number, b"", last) for channel, number, last in drawn]
    kept = ordered_frames(frames)
    assert ordered_frames(kept) == kept
    if frames:
        assert decode_frames(encode_frames(frames)) == frames
    whole = [Frame(bytes(16), number, b"", number == 3) for number in range(4)]
    assert ordered_frames(whole) == whole
