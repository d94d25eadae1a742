"""Derivation by its rules: what counts, what is dropped (and no more than that), what is derived where nothing comes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import brotli
import msgspec
import pytest

from megadev.chain.blobs import sidecar_of
from megadev.chain.transactions import DEPOSIT
from megadev.errors import ConfigError
from megadev.primitives import rlp
from megadev.rollup.batches import MAX_ELEMENTS, SingularBatch, encode_batch, encode_uvarint
from megadev.rollup.channel import Compression, Frame, encode_frames
from megadev.rollup.da.blobs import encode_blob
from megadev.rollup.da.commitments import encode_commitment
from megadev.rollup.da.store import Store, StoreFaults
from megadev.rollup.derivation.config import Pace, config_of_json, to_json
from megadev.rollup.derivation.inbox import ordered_frames
from megadev.rollup.derivation.l1_origin import L1Origin
from megadev.rollup.derivation.pipeline import Derived, L1Read, Pipeline, Reorganised, SafeHistory, Waiting
from tests.units.rollup.deriving import (
    BATCHER,
    BLOCK_TIME,
    GENESIS_TIME,
    INBOX,
    L2_CHAIN_ID,
    REFUSED,
    STRANGER,
    Posted,
    Rollup,
    batcher_log,
    config_for,
    config_log,
    deposit_log,
)

TX = rlp.encode([0, 1, 21_000, bytes(20), 0, b"", 27, 1, 1])
"""A transaction: nobody executes it here."""
replace = msgspec.structs.replace


# --- what an honest batcher posts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize("method", list(Compression))
@pytest.mark.parametrize("count", [1, 2, 7])
def test_posted_blocks_become_safe(spans: bool, method: Compression, count: int) -> None:
    rollup = Rollup()
    rollup.l1.add(logs=[deposit_log(5)])
    rollup.l1.add()
    made = [*rollup.build(9, txs=[TX]), *rollup.catch_up()]
    pieces = rollup.pieces([rollup.span(made)] if spans else made, count, method)
    rollup.l1.add(*pieces[:3])
    rollup.l1.add(*pieces[3:])
    assert len(rollup.derive()) == rollup.safe == len(made)
    assert rollup.agrees()


def test_a_block_begins_with_l1s_deposits() -> None:
    rollup = Rollup()
    rollup.l1.add(logs=[deposit_log(5), deposit_log(6), replace(deposit_log(), address=STRANGER)])
    made = rollup.catch_up()
    rollup.post(*made, *rollup.build(txs=[TX]))
    rollup.derive()
    starts = [attributes.start for attributes in rollup.l2.attributes[1:] if attributes is not None]
    assert [len(start.deposits) for start in starts] == [0] * (len(made) - 1) + [2, 0]
    assert [tx.mint for tx in starts[-2].deposits] == [5, 6]
    assert all(start.attributes is not None and start.attributes.type == DEPOSIT for start in starts)
    assert [block.origin.sequence_number for block in rollup.l2.made[1:]] == [*range(len(made) - 1), 0, 1]
    last = rollup.l2.attributes[-1]
    assert last is not None
    assert last.transactions == (TX,)


def test_blocks_without_attributes_update_l1block_when_the_origin_advances() -> None:
    rollup = Rollup(leads_with_l1_attributes=False)
    rollup.l1.add(logs=[deposit_log(5)])
    rollup.post(*rollup.build(3), *rollup.catch_up(), *rollup.build())
    rollup.derive()
    starts = [attributes.start for attributes in rollup.l2.attributes[1:] if attributes is not None]
    assert all(start.attributes is None for start in starts)
    told = [number for number, start in enumerate(starts, 1) if start.system_call is not None]
    changed = [block.number for block in rollup.l2.made[1:] if rollup.l2.made[block.number - 1].origin != block.origin]
    assert told == changed
    assert told[0] == 1
    assert len(told) == 2
    assert rollup.agrees()


def test_a_channel_goes_over_several_blocks_and_transactions() -> None:
    rollup = Rollup()
    *pieces, last = rollup.pieces(rollup.build(6, txs=[TX]), 4)
    for each in pieces:
        rollup.l1.add(each)
        assert rollup.derive() == []
    rollup.l1.add(last)
    assert len(rollup.derive()) == 6
    assert rollup.agrees()


def test_a_channel_that_stays_open_for_too_long_is_given_up() -> None:
    for late, derived in ((5, 2), (6, 0)):
        rollup = Rollup(channel_timeout=5)
        first, last = rollup.pieces(rollup.build(2, txs=[TX]), 2)
        rollup.l1.add(first)
        rollup.l1.add_many(late - 1)
        rollup.l1.add(last)
        assert len(rollup.derive()) == derived


def test_a_channel_that_grows_too_large_is_given_up() -> None:
    rollup = Rollup(max_channel_bytes=1_000)
    made = rollup.build(2)
    huge = [Frame(b"\x01" * 16, number, bytes(400), False) for number in range(3)]
    rollup.l1.add(encode_frames(huge), encode_frames([Frame(b"\x01" * 16, 3, b"", True)]))
    rollup.post(*made)
    assert len(rollup.derive()) == 2


def test_many_empty_frames_are_limited() -> None:
    rollup = Rollup(max_channel_bytes=2_000)
    made = rollup.build(1)
    (frame,) = rollup.frames(made)
    padded = [Frame(frame.channel_id, number, b"", False) for number in range(20)]
    rollup.l1.add(encode_frames([*padded, Frame(frame.channel_id, 20, frame.data, True)]))
    assert rollup.derive() == []


def test_only_the_batchers_transactions_to_the_inbox_count() -> None:
    rollup = Rollup()
    data = encode_frames(rollup.frames(rollup.build(2)))
    rollup.l1.add(Posted(data, sender=STRANGER), Posted(data, to=STRANGER), Posted(data, to=None), Posted(data, INBOX))
    assert rollup.derive() == []
    rollup.l1.add(Posted(data, type=0))
    assert len(rollup.derive()) == 2


def test_a_strangers_frames_do_not_disturb_a_channel() -> None:
    rollup = Rollup()
    first, last = rollup.pieces(rollup.build(4, txs=[TX]), 2)
    noise = Posted(encode_frames([Frame(b"\x09" * 16, 0, b"noise", True)]), sender=STRANGER)
    rollup.l1.add(first, noise)
    rollup.l1.add(noise, last, noise)
    assert len(rollup.derive()) == 4


def test_the_batcher_is_the_one_named_on_l1() -> None:
    rollup = Rollup()
    one, two, three, four = rollup.build(4)

    def data(batch: SingularBatch) -> bytes:
        return encode_frames(rollup.frames([batch]))

    rollup.l1.add(data(one))
    rollup.l1.add(data(two), Posted(data(two), sender=STRANGER), logs=[batcher_log(STRANGER)])
    assert len(rollup.derive()) == 2
    rollup.l1.add(data(three))
    assert rollup.derive() == []
    rollup.l1.add(Posted(data(three), sender=STRANGER), logs=[replace(batcher_log(BATCHER), address=STRANGER)])
    assert len(rollup.derive()) == 1
    # whoever starts anew finds out the same
    again = Pipeline(
        rollup.config, rollup.l1, rollup.l2, history=SafeHistory(rollup.config, rollup.pipeline.history.heads)
    )
    rollup.l1.add(data(four), logs=[config_log(2, 5)])
    assert list(again.run())[-1] == L1Read(again.l1_block, rollup.l2.made[3])  # type: ignore[arg-type]
    rollup.l1.add(Posted(data(four), sender=STRANGER))
    assert len(rollup.derive()) == 1


def test_l1_settings_apply_from_their_origin_on() -> None:
    rollup = Rollup()
    updates = [
        config_log(2, 77_000_000),
        config_log(1, 0, 1 << 248 | 9 << 32 | 8),
        config_log(5, 3 << 64 | 4),
        config_log(3, 1),
        config_log(9, 1),
    ]
    rollup.l1.add(logs=updates)
    made = rollup.catch_up()
    rollup.post(*made)
    rollup.derive()
    before, after = rollup.l2.attributes[-2:]
    assert before is not None
    assert after is not None
    assert (before.gas_limit, after.gas_limit) == (30_000_000, 77_000_000)
    assert after.start.attributes is not None
    data = after.start.attributes.data
    assert (int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")) == (8, 9)
    assert data[-12:] == (3).to_bytes(4, "big") + (4).to_bytes(8, "big")


@pytest.mark.parametrize(
    "log",
    [
        config_log(0, 2**160),
        config_log(0, 1, 2),
        config_log(2, 2**64),
        config_log(1, 0, 5),
        replace(batcher_log(STRANGER), data=b""),
        replace(batcher_log(STRANGER), data=bytes(31)),
        replace(batcher_log(STRANGER), data=b"\xff" * 96),
        replace(batcher_log(STRANGER), topics=()),
        replace(batcher_log(STRANGER), topics=(batcher_log(STRANGER).topics[0], b"\x01" * 32, bytes(32))),
    ],
)
def test_a_config_update_that_is_malformed_changes_nothing(log: Any) -> None:
    system = config_for(Rollup().l1).system_config
    assert system.after(log) == system


# --- frames -----------------------------------------------------------------------------------------------------------


def frame(channel: int, number: int, last: bool = False) -> Frame:
    return Frame(bytes([channel]) * 16, number, b"", last)


@pytest.mark.parametrize(
    ("what", "frames", "kept"),
    [
        ("in order", [(1, 0), (1, 1), (1, 2, True)], [0, 1, 2]),
        ("doubled", [(1, 0), (1, 0), (1, 1), (1, 1, True)], [0, 2]),
        ("out of order", [(1, 0), (1, 2), (1, 1, True)], [0, 2]),
        ("a gap", [(1, 0), (1, 2, True)], [0]),
        ("behind the last", [(1, 0, True), (1, 1), (1, 0)], [0]),
        ("another begins", [(1, 0), (1, 1), (2, 0, True)], [2]),
        ("another begins after the last", [(1, 0), (1, 1, True), (2, 0)], [0, 1, 2]),
        ("another goes on", [(1, 0), (2, 1), (1, 1, True)], [0, 2]),
        ("interleaved", [(1, 0), (2, 0), (1, 1, True), (2, 1, True)], [1, 3]),
        ("begins in the middle", [(1, 3), (1, 4)], [0, 1]),
        ("the middle of one and another", [(1, 3), (2, 0), (2, 1)], [1, 2]),
    ],
)
def test_frames_that_cannot_follow_each_other_are_dropped(what: str, frames: list[Any], kept: list[int]) -> None:
    made = [frame(*each) for each in frames]
    assert ordered_frames(made) == [made[index] for index in kept]


@pytest.mark.parametrize(
    ("what", "order", "derived"),
    [
        ("in order", [0, 1, 2], 4),
        ("doubled", [0, 0, 1, 1, 2, 2], 4),
        ("out of order", [0, 2, 1, 2], 4),
        ("the last first", [2, 0, 1], 0),
        ("reversed", [2, 1, 0], 0),
        ("a gap", [0, 2], 0),
        ("begun again", [0, 1, 0, 1, 2], 4),
        ("once more from the middle", [0, 1, 2, 1, 2], 4),
        ("without its end", [0, 1], 0),
    ],
)
@pytest.mark.parametrize("together", [False, True])
def test_frames_in_any_order(what: str, order: list[int], derived: int, together: bool) -> None:
    rollup = Rollup()
    pieces = rollup.pieces(rollup.build(4, txs=[TX]), 3)
    posted = [pieces[index] for index in order]
    if together:
        rollup.l1.add(*posted)
    else:
        for each in posted:
            rollup.l1.add(each)
    assert len(rollup.derive()) == derived
    assert rollup.agrees()


def test_a_first_frame_discards_the_channel_that_is_open() -> None:
    rollup = Rollup()
    made = rollup.build(4, txs=[TX])
    first, last = rollup.pieces(made, 2)
    (other,) = rollup.pieces(made[:1], 1)
    rollup.l1.add(first)
    rollup.l1.add(other)
    rollup.l1.add(last)
    assert len(rollup.derive()) == 1


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x01", b"\x02abc", b"\x00" + b"\xff" * 60, b"\x7e", b"\x01\x00" + bytes(32)]
)
def test_noise_of_the_batcher_is_ignored(data: bytes) -> None:
    rollup = Rollup()
    first, last = rollup.pieces(rollup.build(2, txs=[TX]), 2)
    rollup.l1.add(data, first, data)
    rollup.l1.add(data, last, data)
    assert len(rollup.derive()) == 2


def test_one_malformed_frame_invalidates_only_its_transaction() -> None:
    rollup = Rollup()
    made = rollup.build(2)
    good = [encode_frames(rollup.frames([each])) for each in made]
    rollup.l1.add(good[0] + b"\x00", good[0], good[1])
    assert len(rollup.derive()) == 2


# --- channels ---------------------------------------------------------------------------------------------------------


def test_batches_before_a_fault_in_a_channel_are_valid() -> None:
    rollup = Rollup()
    one, two, three = rollup.build(3)
    rollup.post(one, b"\x05 no batch", two)
    assert len(rollup.derive()) == 1
    rollup.post(two, b"", three)
    assert len(rollup.derive()) == 1
    rollup.post(encode_batch(three, L2_CHAIN_ID) + b"\x80", three)
    assert rollup.derive() == []


@pytest.mark.parametrize(
    "bomb",
    [
        zlib.compress(b"\xbb" + (90_000_000).to_bytes(4, "big") + bytes(30_000_000), 1),
        b"\x01" + brotli.compress(b"\xbb" + (90_000_000).to_bytes(4, "big") + bytes(30_000_000), quality=1),
        zlib.compress(b"\x80" * 10_000_000, 1),
        zlib.compress(
            rlp.encode(b"\x01" + b"\x00" + b"\x00" + bytes(40) + encode_uvarint(MAX_ELEMENTS) + bytes(11_250_001)), 1
        ),
        zlib.compress(rlp.encode(b"\x00" + rlp.encode([bytes(32), 0, bytes(32), 2, [b"\x01"] * 1_000_000])), 1),
        b"\x78\x9c",
        b"\x01",
        b"",
    ],
)
def test_compression_bombs_and_noise_derive_no_blocks(bomb: bytes) -> None:
    rollup = Rollup()
    made = rollup.build(1)
    pieces = [bomb[at : at + 100_000] for at in range(0, len(bomb), 100_000)] or [b""]
    frames = [Frame(b"\x09" * 16, i, piece, i == len(pieces) - 1) for i, piece in enumerate(pieces)]
    rollup.l1.add(*(encode_frames([each]) for each in frames))
    rollup.post(*made)
    assert len(rollup.derive()) == 1


# --- singular batches -------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """What is done to the second of three batches, and how many of the three are derived."""

    what: str
    change: dict[str, Any]
    derived: int = 1


@pytest.mark.parametrize(
    "case",
    [
        Case("as it should be", {}, 3),
        Case("of the future", {"timestamp": GENESIS_TIME + 3 * BLOCK_TIME}),
        Case("between two times", {"timestamp": GENESIS_TIME + 2 * BLOCK_TIME + 1}),
        Case("another parent", {"parent_hash": bytes(32)}),
        Case("an origin too far ahead", {"epoch_number": 2}),
        Case("an origin that L1 has not", {"epoch_number": 99}),
        Case("an origin's wrong hash", {"epoch_hash": bytes(32)}),
        Case("an origin later than the block", {"epoch_number": 1}),
        Case("an empty transaction", {"transactions": (TX, b"")}),
        Case("a deposit", {"transactions": (b"\x7e\xc0",)}),
        Case("a blob transaction", {"transactions": (b"\x03\xc0",)}),
        Case("a type of the future", {"transactions": (b"\x05\xc0",)}),
        Case("a type 0 written out", {"transactions": (b"\x00\xc0",)}),
        Case("a string for a transaction", {"transactions": (b"\x80",)}),
        Case("all types there are", {"transactions": (b"\xc0", b"\x01\xc0", b"\x02\xc0", b"\x04\xc0")}, 2),
    ],
    ids=lambda case: case.what,
)
def test_a_batch_at_its_place(case: Case) -> None:
    rollup = Rollup()
    one, two, three = rollup.build(3)
    rollup.l1.add_many(2)
    if case.change.get("epoch_number") in (1, 2):
        case.change["epoch_hash"] = rollup.l1.blocks[case.change["epoch_number"]].hash
    rollup.post(one, replace(two, **case.change), three)
    assert len(rollup.derive()) == case.derived
    if case.derived == 1:
        # the rest of that channel is gone, and the next one goes on where it was
        rollup.post(two, three)
        assert len(rollup.derive()) == 2
        assert rollup.agrees()


def test_past_batches_are_skipped_and_their_channel_continues() -> None:
    rollup = Rollup()
    one, two, three = rollup.build(3)
    rollup.post(one, two)
    rollup.post(one, replace(two, parent_hash=bytes(32)), two, three)
    assert len(rollup.derive()) == 3
    assert rollup.agrees()


def test_the_origin_does_not_go_back() -> None:
    rollup = Rollup()
    rollup.l1.add()
    made = rollup.catch_up()
    (after,) = rollup.build()
    rollup.post(*made, replace(after, epoch_number=0, epoch_hash=rollup.l1.blocks[0].hash))
    assert len(rollup.derive()) == len(made)


def test_a_batch_that_comes_after_its_window_is_dropped() -> None:
    for late, derived in ((10, 1), (11, 0)):
        rollup = Rollup(sequencing_window=10)
        (batch,) = rollup.build()
        rollup.l1.add_many(late - 1)
        rollup.post(batch)
        blocks = [step for step in rollup.steps() if isinstance(step, Derived) and not step.is_forced]
        assert len(blocks) == derived


@pytest.mark.parametrize(("drift", "txs", "derived"), [(5, (TX,), 2), (6, (TX,), 3), (5, (), 3)])
def test_a_block_too_late_for_its_origin_holds_no_transactions(
    drift: int, txs: tuple[bytes, ...], derived: int
) -> None:
    rollup = Rollup(max_drift=drift)
    made = [*rollup.build(2), *rollup.build(txs=txs)]
    rollup.l1.add()
    rollup.post(*made)  # at 2, 4 and 6 seconds
    assert len(rollup.derive()) == derived


def test_a_late_block_without_transactions_must_take_an_origin_that_it_could_have() -> None:
    rollup = Rollup(max_drift=3)
    rollup.l1.add(seconds=4)
    stays = rollup.build(2, origin=0)
    rollup.post(*stays)
    assert len(rollup.derive()) == 1  # the second is at 4 seconds, as L1's next block is


def test_a_block_that_cannot_be_built_is_built_without_its_transactions_and_ends_its_channel() -> None:
    rollup = Rollup()
    one, two, three = rollup.build(3)
    rollup.post(one, replace(two, transactions=(TX, REFUSED)), three)
    steps = [step for step in rollup.steps() if isinstance(step, Derived)]
    assert [step.is_emptied for step in steps] == [False, True]
    last = rollup.l2.attributes[-1]
    assert last is not None
    assert last.transactions == ()
    rollup.post(replace(three, parent_hash=rollup.pipeline.safe.hash))
    assert len(rollup.derive()) == 1


# --- span batches -----------------------------------------------------------------------------------------------------


def test_a_span_may_overlap_with_derived_blocks() -> None:
    rollup = Rollup()
    rollup.l1.add()
    made = [*rollup.build(2), *rollup.catch_up()]
    rollup.post(*made[:3])
    rollup.derive()
    rollup.post(rollup.span(made))
    assert len(rollup.derive()) == len(made) - 3
    rollup.post(rollup.span(made[1:]))
    assert rollup.derive() == []
    assert rollup.agrees()


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("a gap", {"relative_timestamp": 4}),
        ("a time between two", {"relative_timestamp": 3}),
        ("another parent", {"parent_check": bytes(20)}),
        ("another origin", {"origin_check": bytes(20)}),
        ("origins that go back too far", {"origin_bits": b"\xfe"}),
    ],
)
def test_an_inconsistent_span_ends_its_channel(what: str, change: dict[str, Any]) -> None:
    rollup = Rollup()
    rollup.l1.add()
    made = rollup.build(8, origin=0)
    span = rollup.span(made)
    rollup.post(replace(span, **change), *made)
    assert rollup.derive() == []
    rollup.post(span)
    assert len(rollup.derive()) == 8


def test_a_span_with_a_future_origin_is_skipped_and_its_channel_continues() -> None:
    rollup = Rollup()
    made = rollup.build(3)
    rollup.post(replace(rollup.span(made), origin_number=2, origin_bits=b"\x06"), *made)
    assert len(rollup.derive()) == 3


def test_blocks_of_a_span_before_the_one_that_is_invalid_are_valid() -> None:
    rollup = Rollup(max_drift=5)
    made = [*rollup.build(2), *rollup.build(2, txs=[TX])]
    # the third, at 6 seconds, has a transaction and is too late for its origin
    rollup.post(rollup.span(made), *made[2:])
    assert len(rollup.derive()) == 2


def test_a_span_ends_at_an_invalid_block() -> None:
    rollup = Rollup()
    rollup.sequencer.refuses = False
    made = [*rollup.build(), *rollup.build(txs=[REFUSED]), *rollup.build(2)]
    rollup.post(rollup.span(made), *made[2:])
    steps = [step for step in rollup.steps() if isinstance(step, Derived)]
    assert [(step.block.number, step.is_emptied) for step in steps] == [(1, False), (2, True)]


# --- where nothing comes ----------------------------------------------------------------------------------------------


def test_blocks_without_transactions_are_derived_once_the_window_has_passed() -> None:
    rollup = Rollup(sequencing_window=10)
    rollup.l1.add(logs=[deposit_log(5)])
    rollup.l1.add_many(8)
    assert rollup.derive() == []
    rollup.l1.add()
    forced = [step for step in rollup.steps() if isinstance(step, Derived)]
    assert all(step.is_forced for step in forced)
    # they fill the twelve seconds up to L1's next block
    assert [block.timestamp for block in rollup.l2.made[1:]] == [GENESIS_TIME + 2 * i for i in range(1, 6)]
    rollup.l1.add()
    rollup.derive()
    assert [block.origin.number for block in rollup.l2.made[1:]] == [0] * 5 + [1] * 6
    attributes = rollup.l2.attributes[6]
    assert attributes is not None
    assert [tx.mint for tx in attributes.start.deposits] == [5]


def test_a_sequencer_that_returns_within_the_window_continues() -> None:
    rollup = Rollup(sequencing_window=10)
    rollup.l1.add_many(11)
    assert len(rollup.derive()) == 11
    # it has to begin where derivation has got to
    rollup.sequencer.made = list(rollup.l2.made)
    rollup.post(*rollup.build(4, txs=[TX]))
    rollup.derive()
    assert [attributes.transactions for attributes in rollup.l2.attributes[12:16] if attributes] == [(TX,)] * 4
    assert rollup.l2.made[:16] == rollup.sequencer.made


def test_an_l1_block_with_no_time_for_it_has_a_block_all_the_same() -> None:
    rollup = Rollup(sequencing_window=3)
    for _ in range(8):
        rollup.l1.add(seconds=1)
    rollup.derive()
    assert [block.origin.number for block in rollup.l2.made[1:]] == [1, 2, 3, 4, 5]


# --- a devnet's pace --------------------------------------------------------------------------------------------------


def free(**changes: Any) -> Rollup:
    return Rollup(pace=Pace.FREE, max_drift=None, **changes)


def test_free_blocks_may_have_any_time_and_skip_l1_blocks_without_deposits() -> None:
    rollup = free()
    rollup.l1.add_many(3)
    rollup.l1.add(logs=[deposit_log(5)])
    rollup.l1.add()
    made = [rollup.build_at(*each) for each in ((0, 0), (1, 0), (500, 2), (0, 4), (3, 5))]
    rollup.post(*made)
    assert len(rollup.derive()) == 5
    assert rollup.agrees()
    counts = [len(attributes.start.deposits) for attributes in rollup.l2.attributes[1:] if attributes]
    assert counts == [0, 0, 0, 1, 0]


def test_free_blocks_take_the_deposits_of_all_l1_blocks_they_advance_over() -> None:
    rollup = free()
    rollup.l1.add(logs=[deposit_log(5), deposit_log(6)])
    rollup.l1.add()
    rollup.l1.add(logs=[deposit_log(7)])
    rollup.post(rollup.build_at(1, 3))
    assert len(rollup.derive()) == 1
    assert rollup.agrees()
    (attributes,) = filter(None, rollup.l2.attributes[1:])
    assert [tx.mint for tx in attributes.start.deposits] == [5, 6, 7]


@pytest.mark.parametrize(("gas_limit", "count"), [(300_000, 1), (299_999, 0)])
def test_free_blocks_advance_no_further_than_their_gas_allows(gas_limit: int, count: int) -> None:
    """Each of the deposits may use 100,000; those of one L1 block may exceed it."""
    rollup = free(gas_limit=gas_limit)
    rollup.l1.add(logs=[deposit_log(value) for value in range(2)])
    rollup.l1.add(logs=[deposit_log(2)])
    batch = rollup.build_at(1, 2)
    rollup.post(batch)
    assert len(rollup.derive()) == count
    alone = free(gas_limit=100_000)
    alone.l1.add(logs=[deposit_log(value) for value in range(2)])
    alone.l1.add()
    alone.post(alone.build_at(1, 2))
    assert len(alone.derive()) == 1


def test_free_batches_count_by_their_parent() -> None:
    rollup = free()
    one, two = rollup.build_at(5, 0), rollup.build_at(5, 0)
    rollup.post(two)
    rollup.post(one, one, replace(two, timestamp=one.timestamp - 1))
    assert len(rollup.derive()) == 1
    rollup.post(one, replace(two, parent_hash=bytes(32)))
    assert rollup.derive() == []
    rollup.post(two)
    assert len(rollup.derive()) == 1


def test_a_free_span_batch_holds_evenly_spaced_blocks() -> None:
    rollup = free()
    rollup.l1.add()
    first = rollup.build_at(77, 0)
    row = [rollup.build_at(BLOCK_TIME, origin) for origin in (0, 1, 1)]
    rollup.post(first, rollup.span(row))
    assert len(rollup.derive()) == 4
    more = [rollup.build_at(BLOCK_TIME, 1)]
    rollup.post(rollup.span([*row, *more]))
    assert len(rollup.derive()) == 1
    rollup.post(rollup.span(row))
    assert rollup.derive() == []
    assert rollup.agrees()


def test_free_forced_blocks_are_one_for_each_l1_block() -> None:
    rollup = free(sequencing_window=4)
    rollup.l1.add(logs=[deposit_log(5)])
    rollup.l1.add_many(6)
    rollup.derive()
    assert [(block.origin.number, block.timestamp - GENESIS_TIME) for block in rollup.l2.made[1:]] == [
        (1, 12),
        (2, 24),
        (3, 36),
    ]


# --- data that is elsewhere -------------------------------------------------------------------------------------------


def test_frames_are_read_from_blobs_and_calldata_beside_them_is_not() -> None:
    rollup = Rollup()
    blobs = [encode_blob(each) for each in rollup.pieces(rollup.build(6, txs=[TX]), 3)]
    hashes = tuple(bytes([1, index]) * 16 for index in range(len(blobs)))
    rollup.l1.kept_blobs = dict(zip(hashes, blobs, strict=True))
    rollup.l1.add(Posted(b"\x00 not looked at", type=3, blob_versioned_hashes=hashes))
    assert len(rollup.derive()) == 6


def test_a_malformed_blob_is_ignored_and_others_are_valid() -> None:
    rollup = Rollup()
    one, two = (encode_blob(encode_frames(rollup.frames([each]))) for each in rollup.build(2))
    tailed = one[:-1] + b"\x01"
    rollup.l1.kept_blobs = {b"\x01" * 32: one, b"\x02" * 32: tailed, b"\x03" * 32: two}
    rollup.l1.add(Posted(type=3, blob_versioned_hashes=(b"\x02" * 32, b"\x01" * 32, b"\x02" * 32, b"\x03" * 32)))
    assert len(rollup.derive()) == 2


def test_a_blob_that_is_not_kept_stalls_at_its_block() -> None:
    rollup = Rollup()
    (one,) = rollup.build()
    rollup.l1.add(Posted(type=3, blob_versioned_hashes=(b"\x01" * 32,)))
    rollup.l1.add()
    rollup.derive()
    assert rollup.pipeline.step() == Waiting(f"blob 0x{'01' * 32} is no longer available", is_stalled=True)
    assert rollup.pipeline.l1_block is not None
    assert rollup.pipeline.l1_block.number == 0
    rollup.l1.kept_blobs[b"\x01" * 32] = encode_blob(encode_frames(rollup.frames([one])))
    assert len(rollup.derive()) == 1


def test_data_in_a_store_is_found_by_its_certificate() -> None:
    store = Store(b"\x01" * 32)
    rollup = Rollup(store, da_stores=(store.address,))
    one, two, three = rollup.build(3)
    certificates = [store.put(encode_frames(rollup.frames([each]))) for each in (one, two, three)]
    commitments = [b"\x01" + encode_commitment(each) for each in certificates]
    rollup.l1.add(commitments[0])
    assert len(rollup.derive()) == 1
    rollup.l1.add(commitments[1])
    for faults in (StoreFaults(withheld=frozenset()), StoreFaults(corrupts=True)):
        store.faults = faults
        assert rollup.derive() == []
        step = rollup.pipeline.step()
        assert isinstance(step, Waiting)
        assert step.is_stalled
        assert certificates[1].hash.hex() in step.reason
    store.faults = StoreFaults()
    assert len(rollup.derive()) == 1
    # another store's word does not count, nor does one where no store is known
    other = Store(b"\x02" * 32)
    foreign = other.put(encode_frames(rollup.frames([three])))
    rollup.l1.add(b"\x01" + encode_commitment(foreign), b"\x01\x00" + certificates[2].hash, b"\x01\x01\x00\x02junk")
    assert rollup.derive() == []
    rollup.l1.add(commitments[2])
    assert len(rollup.derive()) == 1
    assert rollup.agrees()


def test_without_an_external_store_a_commitment_is_ignored() -> None:
    store = Store(b"\x01" * 32)
    rollup = Rollup(store)
    rollup.l1.add(b"\x01" + encode_commitment(store.put(encode_frames(rollup.frames(rollup.build())))))
    assert rollup.derive() == []


def test_a_bare_keccak_commitment_counts_where_any_store_does() -> None:
    store = Store(b"\x01" * 32)
    rollup = Rollup(store, da_stores=())
    certificate = store.put(encode_frames(rollup.frames(rollup.build())))
    rollup.l1.add(b"\x01\x00" + certificate.hash)
    assert len(rollup.derive()) == 1


@pytest.mark.slow
def test_real_blobs_are_known_by_their_hashes() -> None:
    rollup = Rollup()
    blob = encode_blob(encode_frames(rollup.frames(rollup.build(3))))
    from megadev.chain.blobs import versioned_hash

    blob_hash = versioned_hash(sidecar_of([blob], 0).commitments[0])
    rollup.l1.kept_blobs[blob_hash] = blob
    rollup.l1.add(Posted(type=3, blob_versioned_hashes=(blob_hash,)))
    assert len(rollup.derive()) == 3


# --- going back -------------------------------------------------------------------------------------------------------


def test_an_l1_reorganisation_removes_derived_blocks() -> None:
    rollup = Rollup()
    one, two, three, four = rollup.build(4)
    rollup.post(one, two)
    rollup.post(three)
    rollup.post(four)
    assert len(rollup.derive()) == 4
    rollup.l1.blocks[2:] = []
    rollup.l1.salt = b"another"
    rollup.post(three)
    rollup.l1.add_many(2)
    assert rollup.pipeline.step() == Reorganised(3)
    assert rollup.pipeline.step() == Reorganised(3)
    assert rollup.pipeline.recover().number == 2
    assert [block.number for block in rollup.derive()] == [3]


def test_an_l1_that_becomes_shorter_is_noticed() -> None:
    rollup = Rollup()
    rollup.post(*rollup.build(2))
    rollup.l1.add()
    rollup.derive()
    del rollup.l1.blocks[1:]
    assert rollup.pipeline.step() == Reorganised(2)
    assert rollup.pipeline.recover().number == 0
    assert isinstance(rollup.pipeline.step(), L1Read)
    assert isinstance(rollup.pipeline.step(), Waiting)


def test_a_removed_origin_is_noticed_at_the_start() -> None:
    rollup = Rollup()
    rollup.l1.add_many(2)
    rollup.post(*rollup.catch_up())
    rollup.derive()
    safe = rollup.pipeline.safe
    assert safe.origin.number == 2
    del rollup.l1.blocks[2:]
    rollup.pipeline.reset(safe)
    rollup.steps()
    assert rollup.pipeline.step() == Reorganised(2)
    rollup.l1.salt = b"another"
    rollup.l1.add_many(2)
    assert rollup.pipeline.step() == Reorganised(2)


@pytest.mark.parametrize("spans", [False, True])
def test_derivation_can_resume_from_any_block(spans: bool) -> None:
    rollup = Rollup(channel_timeout=2)
    for number in range(6):
        rollup.l1.add(logs=[deposit_log(number)])
        posted = len(rollup.built) if number else 0
        rollup.build(2, txs=[TX])
        rollup.catch_up()
        made = rollup.built[posted:]
        one, two, three = rollup.pieces([rollup.span(made)] if spans else made, 3)
        rollup.l1.add(one, two)
        rollup.l1.add(three)
    rollup.derive()
    whole = list(rollup.l2.made)
    assert rollup.agrees()
    for block in whole:
        rollup.pipeline.reset(block)
        rollup.derive()
        assert rollup.l2.made == whole


def test_what_did_not_count_does_not_when_it_is_read_again() -> None:
    rollup = Rollup()
    one, two = rollup.build(2)
    rollup.post(two)  # before its parent
    rollup.post(one)
    assert [block.number for block in rollup.derive()] == [1]
    rollup.pipeline.reset(rollup.pipeline.safe)
    assert not rollup.derive()
    rollup.post(two)
    assert [block.number for block in rollup.derive()] == [2]


def test_the_safe_head_at_each_l1_block_is_remembered() -> None:
    rollup = Rollup()
    one, two, three = rollup.build(3)
    rollup.post(one)
    rollup.l1.add_many(3)
    rollup.post(two, three)
    rollup.derive()
    history = rollup.pipeline.history
    assert [history.at(number).safe.number for number in range(7)] == [0, 1, 1, 1, 1, 3, 3]
    again = SafeHistory(rollup.config, history.heads)
    assert again.newest == history.newest


# --- its configuration ------------------------------------------------------------------------------------------------


def test_the_configuration_round_trips_through_json() -> None:
    store = Store(b"\x01" * 32)
    for changes in ({}, {"pace": Pace.FREE, "max_drift": None, "da_stores": (store.address,), "extra_data": b"\x01"}):
        config = config_for(Rollup().l1, **changes)
        assert config_of_json(to_json(config)) == config


def test_a_configuration_without_our_part_is_an_op_stacks() -> None:
    config = config_for(Rollup().l1, coinbase=b"\x11" * 20)
    document = to_json(config)
    del document["megadev"]
    assert config_of_json(document).pace is Pace.STRICT
    del document["genesis"]["l1"]["hash"]
    with pytest.raises(ConfigError, match="hash is missing"):
        config_of_json(document)
    with pytest.raises(ConfigError):
        config_of_json({"genesis": 5})


def test_the_first_block_has_l2s_starting_l1_origin() -> None:
    rollup = Rollup()
    rollup.post(*rollup.build(3))
    rollup.derive()
    assert rollup.l2.made[1].origin == L1Origin(0, rollup.l1.blocks[0].hash, 0)
