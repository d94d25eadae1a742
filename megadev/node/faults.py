"""The table of faults: whatever can be wrong with the sequencer, with how L2 follows L1, with the batcher, the
proposer, the DA store and the replicas on purpose. One row each, which RPC (``megadev_fault_*``), the command line
(``megadev fault``), the setting ``fault``, dumps and the terminal read.

A row turns its fault on with *words*, as they are typed, and tells whether it is on with the same words. What is at
fault is held as values where it acts: ``sequencer/faults``, ``rollup/faults``, ``BatcherSettings``, ``StoreFaults``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.errors import InvalidParams, MethodUnavailable
from megadev.events import SequencerCondition
from megadev.node import operations
from megadev.primitives.hexcodec import to_data
from megadev.primitives.latency import parse_latency
from megadev.primitives.suggestions import did_you_mean
from megadev.rollup.batcher import BatcherSettings
from megadev.rollup.da.store import StoreFaults
from megadev.rollup.driver import Driver
from megadev.rollup.faults import BadBatch, RollupFaults
from megadev.sequencer import fault_control
from megadev.sequencer.faults import NO_FAULTS, NOBODY, Faults, Targets

if TYPE_CHECKING:
    from megadev.node.node import Node

Words: TypeAlias = tuple[str, ...]
"""What follows a fault's name."""


class Fault(msgspec.Struct, frozen=True):
    """One row. ``of``: who is at fault. ``takes``: the words that it may be given. ``does``, and ``seen``: what an
    ordinary client observes. ``words``: those that it is on with; None: it is off.

    ``turn_on`` and ``turn_off`` raise ``InvalidParams`` for words that cannot be used, and ``MethodUnavailable`` where
    the node has nothing that could be at fault.
    """

    name: str
    of: str
    takes: str
    does: str
    seen: str
    turn_on: Callable[[Node, Words], None]
    turn_off: Callable[[Node], None]
    words: Callable[[Node], Words | None]


def find(name: str) -> Fault:
    """The row with that name. Raises ``InvalidParams``."""
    row = FAULTS.get(name)
    if row is None:
        known = did_you_mean(name, FAULTS) or f"; there are {', '.join(FAULTS)}"
        raise InvalidParams(f"unknown fault {name!r}{known}")
    return row


def turn_on(node: Node, name: str, words: Iterable[str] = ()) -> None:
    """Have something be wrong from now on. Raises as rows do."""
    find(name).turn_on(node, tuple(words))


def turn_off(node: Node, name: str | None = None) -> None:
    """Mend that, or (None) all that is on."""
    if name is not None:
        find(name).turn_off(node)
        return
    for row in FAULTS.values():
        if row.words(node) is not None:
            row.turn_off(node)


def faults_on(node: Node) -> tuple[Words, ...]:
    """Returns the active faults: each one's name and words, in the order of the table."""
    found = ((row.name, row.words(node)) for row in FAULTS.values())
    return tuple((name, *words) for name, words in found if words is not None)


def apply(node: Node, faults: Iterable[Words]) -> None:
    """Have those be on as well that ``faults_on`` told of another moment; what this node cannot have wrong is left."""
    for name, *words in faults:
        with suppress(MethodUnavailable):
            turn_on(node, name, words)


def apply_settings(node: Node) -> None:
    """Have those be on that the settings name. Raises as rows do."""
    for line in node.config.fault or ():
        name, *words = line.split()
        turn_on(node, name, words)


# -- words ------------------------------------------------------------------------------------------------------------


def _refuse(name: str, problem: str) -> NoReturn:
    raise InvalidParams(f"fault {name}: {problem}")


def _no_words(name: str, words: Words) -> None:
    if words:
        _refuse(name, f"takes no arguments, not {' '.join(words)!r}")


def _hexes(name: str, words: Words, sizes: tuple[int, ...]) -> frozenset[bytes]:
    kinds = {20: "addresses (0x and 40 hex digits)", 32: "hashes (0x and 64 hex digits)"}
    found = set[bytes]()
    for word in words:
        try:
            value = bytes.fromhex(word[2:]) if word[:2] in ("0x", "0X") else b""
        except ValueError:
            value = b""
        if len(value) not in sizes:
            _refuse(name, f"takes {' or '.join(kinds[size] for size in sizes)}, not {word!r}")
        found.add(value)
    return frozenset(found)


def _sorted(values: Iterable[bytes]) -> Words:
    return tuple(to_data(value) for value in sorted(values))


# -- of the sequencer -------------------------------------------------------------------------------------------------


def _faults(node: Node) -> Faults:
    return node.l2.sequencer.faults or NO_FAULTS


def _misbehave(node: Node, **changes: object) -> None:
    fault_control.misbehave(node.l2.sequencer, replace(_faults(node), **changes))


def _switch(
    name: str, of: str, does: str, seen: str, set_to: Callable[[Node, bool], None], is_on: Callable[[Node], bool]
) -> Fault:
    """A row that takes no words."""

    def on(node: Node, words: Words) -> None:
        _no_words(name, words)
        set_to(node, True)

    return Fault(
        name, of, "", does, seen, on, lambda node: set_to(node, False), lambda node: () if is_on(node) else None
    )


def _censor(node: Node, words: Words) -> None:
    addresses = _hexes("censor", words, (20,))
    if not addresses:
        _refuse("censor", "addresses are missing")
    _misbehave(node, censored=Targets(addresses=addresses))


def _censored(node: Node) -> Words | None:
    targets = _faults(node).censored
    return _sorted(targets.addresses) if targets else None


def _withhold(node: Node, words: Words) -> None:
    delays = "delay" in words
    found = _hexes("withhold", tuple(word for word in words if word != "delay"), (20, 32))
    if not found:
        _refuse("withhold", "transaction hashes or addresses are missing")
    hashes = frozenset(each for each in found if len(each) == 32)
    _misbehave(node, withheld=Targets(hashes, found - hashes), delays=delays)


def _withheld(node: Node) -> Words | None:
    faults = _faults(node)
    if not faults.withheld:
        return None
    delay = ("delay",) if faults.delays else ()
    return _sorted(faults.withheld.transactions) + _sorted(faults.withheld.addresses) + delay


def _pause(node: Node, is_on: bool) -> None:
    sequencer = node.l2.sequencer
    if is_on:
        fault_control.pause(sequencer)
    elif sequencer.condition is SequencerCondition.PAUSED:
        fault_control.resume(sequencer)


def _is_paused(node: Node) -> bool:
    return node.l2.sequencer.condition is SequencerCondition.PAUSED


def _go_down(node: Node, words: Words) -> None:
    if node.l2.sequencer.condition is SequencerCondition.CRASHED:
        return
    left = list(words)
    reads = "no-reads" not in left
    if not reads:
        left.remove("no-reads")
    loses, blocks = left[:1] == ["lose"], 0
    left = left[1:] if loses else left
    if loses and left and left[0].isdecimal():
        blocks = int(left.pop(0))
    if left:
        _refuse("down", f"takes [lose [BLOCKS]] [no-reads], not {' '.join(words)!r}")
    operations.crash(node, survive=not loses, blocks=blocks, reads=reads)


def _come_back(node: Node) -> None:
    if node.l2.sequencer.condition is SequencerCondition.CRASHED:
        operations.restart(node)


def _down(node: Node) -> Words | None:
    if node.l2.sequencer.condition is not SequencerCondition.CRASHED:
        return None
    return ("no-reads",) if node.link.is_cut else ()


# -- of the rollup ----------------------------------------------------------------------------------------------------


def _driver(node: Node, name: str) -> Driver:
    if node.driver is None:
        raise MethodUnavailable(f"fault {name}: this node has no L1; start it without --no-l1")
    return node.driver


def _change_rollup(node: Node, name: str, **changes: object) -> None:
    driver = _driver(node, name)
    faults = msgspec.structs.replace(driver.progress.faults, **changes)
    driver.progress = msgspec.structs.replace(driver.progress, faults=faults)
    node.wake()
    if node.l2.sequencer.mode.executes_on_arrival:
        node.l2.sequencer.include_ready()  # what waited because of it


def _rollup(node: Node) -> RollupFaults:
    return RollupFaults() if node.driver is None else node.driver.progress.faults


def _omit(node: Node, words: Words) -> None:
    _change_rollup(node, "omit-deposit", omitted=_hexes("omit-deposit", words, (20, 32)))


def _omitted(node: Node) -> Words | None:
    omitted = _rollup(node).omitted
    return None if omitted is None else _sorted(omitted)


def _change_batching(node: Node, name: str, **changes: object) -> None:
    driver = _driver(node, name)
    if driver.batcher is None:
        raise MethodUnavailable(f"fault {name}: no batches are posted here; start the node with --batch")
    driver.progress = msgspec.structs.replace(
        driver.progress, batching=msgspec.structs.replace(driver.progress.batching, **changes)
    )
    driver.batcher.try_again()
    node.wake()


def _batching(node: Node) -> BatcherSettings:
    return BatcherSettings() if node.driver is None else node.driver.progress.batching


def _spoil(node: Node, words: Words) -> None:
    kinds = [kind.value for kind in BadBatch]
    if len(words) > 1 or any(word not in kinds for word in words):
        _refuse("bad-batch", f"takes one of {', '.join(kinds)}, not {' '.join(words)!r}")
    _change_batching(node, "bad-batch", spoils=BadBatch(words[0] if words else BadBatch.PARENT))


def _spoilt(node: Node) -> Words | None:
    spoils = _batching(node).spoils
    return None if spoils is None else (spoils.value,)


# -- of the DA store --------------------------------------------------------------------------------------------------


def set_store_faults(node: Node, faults: StoreFaults) -> None:
    """Have the node's store be at fault so; derivation looks again."""
    node.da_store.faults = faults
    if node.driver is not None and node.driver.consolidator is not None:
        node.driver.consolidator.look_again()
        node.wake()


def _change_store(node: Node, **changes: object) -> None:
    set_store_faults(node, msgspec.structs.replace(node.da_store.faults, **changes))


def _withhold_data(node: Node, words: Words) -> None:
    _change_store(node, withheld=_hexes("withhold-da", words, (32,)))


def _withheld_data(node: Node) -> Words | None:
    withheld = node.da_store.faults.withheld
    return None if withheld is None else _sorted(withheld)


def _corrupts(node: Node) -> bool:
    return node.da_store.faults.corrupts


def _delay_data(node: Node, words: Words) -> None:
    if len(words) != 1 or not words[0].isdecimal():
        _refuse("delay-da", f"takes a number of seconds, not {' '.join(words)!r}")
    _change_store(node, delay=int(words[0]))


def _delayed_data(node: Node) -> Words | None:
    delay = node.da_store.faults.delay
    return (str(int(delay)),) if delay else None


# -- of the replicas --------------------------------------------------------------------------------------------------


def _lag(node: Node, words: Words) -> None:
    if len(words) != 1:
        _refuse("replicas-lag", f"takes a duration like 50ms, or 50ms±20ms, not {' '.join(words)!r}")
    try:
        lag = parse_latency(words[0])
    except ValueError as problem:
        _refuse("replicas-lag", str(problem))
    node.read_behind(lag if lag.seconds else None)


def _lags(node: Node) -> Words | None:
    return None if node.replica_lag is None else (str(node.replica_lag),)


# -- the table --------------------------------------------------------------------------------------------------------

SEQUENCER, BATCHER, PROPOSER, STORE, REPLICAS = "sequencer", "batcher", "proposer", "DA store", "replicas"
_ROWS = (
    Fault(
        "censor",
        SEQUENCER,
        "ADDRESS…",
        "Never include transactions from or to these addresses.",
        "Their transactions stay in the txpool; a deposit through the portal is included with the next L1 origin.",
        _censor,
        lambda node: _misbehave(node, censored=NOBODY),
        _censored,
    ),
    Fault(
        "withhold",
        SEQUENCER,
        "HASH|ADDRESS… [delay]",
        "Preconfirm transactions, then leave them out of the next block that has one; with delay, only until "
        "the block after it.",
        "The receipt disappears, nonces drop, lostPreconfirmations reports it.",
        _withhold,
        lambda node: _misbehave(node, withheld=NOBODY, delays=False),
        _withheld,
    ),
    _switch(
        "reorder",
        SEQUENCER,
        "Swap two senders' transactions in the next block that has both.",
        "Receipts have a different index than preconfirmed; lostPreconfirmations reports it.",
        lambda node, on: _misbehave(node, reorders=on),
        lambda node: _faults(node).reorders,
    ),
    _switch(
        "equivocate",
        SEQUENCER,
        "Sign and publish two mini-blocks with the next number.",
        "miniBlocks sends two with the same number, both signed; megadev_sequencer_evidence has both.",
        lambda node, on: _misbehave(node, equivocates=on),
        lambda node: _faults(node).equivocates,
    ),
    _switch(
        "pause",
        SEQUENCER,
        "Admit transactions and execute none; seal nothing.",
        "Receipts stay null, synchronous sends time out.",
        _pause,
        _is_paused,
    ),
    Fault(
        "down",
        SEQUENCER,
        "[lose [BLOCKS]] [no-reads]",
        "Stop as after a crash: with lose, unsealed transactions and that number of sealed blocks are lost; "
        "with no-reads, the gateway stops too.",
        "Sends are refused. Deposits still get in once the sequencing window has passed, withdrawals among them.",
        _go_down,
        _come_back,
        _down,
    ),
    _switch(
        "withhold-witness",
        SEQUENCER,
        "Refuse to serve witnesses of blocks.",
        "debug_executionWitness fails: stateless verifiers cannot verify.",
        lambda node, on: _misbehave(node, keeps_witnesses=on),
        lambda node: _faults(node).keeps_witnesses,
    ),
    _switch(
        "freeze-origin",
        SEQUENCER,
        "Keep the current L1 origin.",
        "Deposits wait. Blocks later than max-drift hold no transactions; once the sequencing window has passed, "
        "derivation replaces them.",
        lambda node, on: _change_rollup(node, "freeze-origin", freezes_origin=on),
        lambda node: _rollup(node).freezes_origin,
    ),
    Fault(
        "omit-deposit",
        SEQUENCER,
        "[HASH|ADDRESS…]",
        "Omit all deposits, or those with this hash on L2, sender or recipient.",
        "The deposit has no receipt on L2; once the batch is on L1, derivation replaces the block by one that has it.",
        _omit,
        lambda node: _change_rollup(node, "omit-deposit", omitted=None),
        _omitted,
    ),
    _switch(
        "withhold-batches",
        BATCHER,
        "Post nothing.",
        "latest grows, safe does not; once the sequencing window has passed, blocks with deposits alone replace "
        "the unsafe ones.",
        lambda node, on: _change_batching(node, "withhold-batches", is_stopped=on),
        lambda node: _batching(node).is_stopped,
    ),
    Fault(
        "bad-batch",
        BATCHER,
        "[" + "|".join(kind.value for kind in BadBatch) + "]",
        "Post channels whose first batch is invalid.",
        "Derivation drops them: safe does not grow, as if nothing had been posted.",
        _spoil,
        lambda node: _change_batching(node, "bad-batch", spoils=None),
        _spoilt,
    ),
    _switch(
        "bad-root",
        PROPOSER,
        "Claim wrong output roots.",
        "A game's rootClaim differs from optimism_outputAtBlock; proofs against it revert, and it can be challenged.",
        lambda node, on: _change_rollup(node, "bad-root", claims_wrong_roots=on),
        lambda node: _rollup(node).claims_wrong_roots,
    ),
    Fault(
        "withhold-da",
        STORE,
        "[HASH…]",
        "Serve no data, or none with these keccak-256 hashes.",
        "safe stops at the L1 block whose data is missing, and megadev_getBatches gives the reason.",
        _withhold_data,
        lambda node: _change_store(node, withheld=None),
        _withheld_data,
    ),
    _switch(
        "corrupt-da",
        STORE,
        "Serve other bytes than were stored.",
        "The same: bytes that do not match the hash are ignored.",
        lambda node, on: _change_store(node, corrupts=on),
        _corrupts,
    ),
    Fault(
        "delay-da",
        STORE,
        "SECONDS",
        "Serve data only after this delay.",
        "safe lags by that delay.",
        _delay_data,
        lambda node: _change_store(node, delay=0),
        _delayed_data,
    ),
    Fault(
        "replicas-lag",
        REPLICAS,
        "DURATION",
        "Answer reads of L2 like replicas that lag by this time: 50ms, or 50ms±20ms.",
        "A receipt is null for a moment after the answer to eth_sendRawTransactionSync.",
        _lag,
        lambda node: node.read_behind(None),
        _lags,
    ),
)
FAULTS: dict[str, Fault] = {row.name: row for row in _ROWS}
"""All of them, by name."""
