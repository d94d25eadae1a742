"""megadev_sequencer_*: the sequencer broken on purpose, as applications must survive it in production.

Each answers with the sequencer's condition and faults as they are afterwards (``megadev_sequencer_status``).
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import msgspec
from msgspec.structs import replace

from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import SignedOrigin
from megadev.errors import InvalidParams
from megadev.node import operations, registry
from megadev.node.broken_promises import Equivocation
from megadev.primitives.hexcodec import to_data
from megadev.primitives.latency import Latency, parse_latency
from megadev.rpc.codec import AddressParam, BoolParam, Decode, HashParam, Uint64Param, WordParam
from megadev.rpc.dispatch import method
from megadev.rpc.formatters import format_mini_block, format_origin
from megadev.rpc.node import RpcNode
from megadev.rpc.promises import format_promise
from megadev.sequencer import fault_control
from megadev.sequencer.faults import NO_FAULTS, NOBODY, Faults, Targets
from megadev.sequencer.signers import Signer


def _decode_latency(value: Any) -> Latency:
    if type(value) is not str:
        raise InvalidParams(f"expected a time like 5ms or 5ms±2ms, got {value!r}")
    try:
        return parse_latency(value)
    except ValueError as problem:
        raise InvalidParams(str(problem)) from None


LatencyParam: TypeAlias = Annotated[Latency, Decode(_decode_latency)]


class CrashOptions(msgspec.Struct, frozen=True, rename="camel"):
    """``survive``: a restart restores the unsealed transactions; otherwise they are lost, with the last ``blocks``
    sealed blocks. ``reads`` false: reads are refused, too.
    """

    survive: BoolParam = True
    blocks: Uint64Param = 0
    reads: BoolParam = True


class RotateOptions(msgspec.Struct, frozen=True, rename="camel"):
    """``key``: a private key, a random one unless given. ``block``: the first it signs; the earliest possible."""

    key: WordParam | None = None
    block: Uint64Param | None = None


class LatencyOptions(msgspec.Struct, frozen=True, rename="camel"):
    """Delays of answers to sends, and of notifications; none by default."""

    answer: LatencyParam | None = None
    stream: LatencyParam | None = None
    seed: Uint64Param = 0


class WithholdOptions(msgspec.Struct, frozen=True, rename="camel"):
    """The transactions to leave out, by hash or address. ``delay``: only until the next block."""

    transactions: tuple[HashParam, ...] = ()
    addresses: tuple[AddressParam, ...] = ()
    delay: BoolParam = False


# -- standing still -----------------------------------------------------------------------------------------------


@method("megadev_sequencer_status")
def megadev_sequencer_status(node: RpcNode) -> JsonObject:
    """The sequencer's condition, waiting transactions, key, faults, and the amount of evidence against it."""
    chain, devnet = node.node.l2, node.node
    sequencer = chain.sequencer
    faults = sequencer.faults or NO_FAULTS
    link = devnet.link
    next_block = chain.head.number + 1
    newest = chain.signers.terms[0]
    return (
        {
            "condition": sequencer.condition.value,
            "blockNumber": hex(chain.head.number),
            "unsealed": hex(sequencer.unsealed),
            "waiting": hex(len(sequencer.pool)),
            "signer": to_data(chain.signers.at(next_block).address),
            "nextSigner": _format_signer(newest) if newest.first_block > next_block else None,
            "faults": {
                "reorder": faults.reorders,
                "withhold": None
                if not faults.withheld
                else _format_targets(faults.withheld) | {"delay": faults.delays},
                "censor": sorted(to_data(address) for address in faults.censored.addresses),
                "equivocate": faults.equivocates,
            },
            "latency": {
                "answer": None if link.answer is None else str(link.answer),
                "stream": None if link.stream is None else str(link.stream),
                "seed": hex(link.seed),
                "delayedAnswers": hex(link.delayed_answers),
                "delayedNotices": hex(link.delayed_notices),
            },
            "brokenPromises": hex(len(devnet.broken_promises.evidence.broken)),
            "equivocations": hex(len(devnet.broken_promises.evidence.equivocations)),
        }
        | _format_registry(node)
        | _format_standbys(node)
    )


@method("megadev_sequencer_pause")
def megadev_sequencer_pause(node: RpcNode) -> JsonObject:
    """Stand still: transactions are admitted and wait; nothing is executed or sealed."""
    fault_control.pause(node.node.l2.sequencer)
    return megadev_sequencer_status(node)


@method("megadev_sequencer_resume")
def megadev_sequencer_resume(node: RpcNode) -> JsonObject:
    """Go on after a pause."""
    fault_control.resume(node.node.l2.sequencer)
    return megadev_sequencer_status(node)


@method("megadev_sequencer_crash")
def megadev_sequencer_crash(node: RpcNode, options: CrashOptions = CrashOptions()) -> JsonObject:  # noqa: B008  (frozen)
    """Crash until a restart: sends are refused, and requests that wait for a receipt get an error."""
    operations.crash(node.node, survive=options.survive, blocks=options.blocks, reads=options.reads)
    return megadev_sequencer_status(node)


@method("megadev_sequencer_restart")
def megadev_sequencer_restart(node: RpcNode) -> JsonObject:
    """Come back after a crash, and execute again what survived it, in its order."""
    operations.restart(node.node)
    return megadev_sequencer_status(node)


@method("megadev_sequencer_rotateKey")
def megadev_sequencer_rotateKey(node: RpcNode, options: RotateOptions = RotateOptions()) -> JsonObject:  # noqa: B008
    """Sign with another key from a block to come on."""
    return _format_signer(operations.rotate_key(node.node, options.key, options.block))


@method("megadev_sequencer_setLatency")
def megadev_sequencer_setLatency(node: RpcNode, options: LatencyOptions) -> JsonObject:
    """Delay answers to sends, and notifications."""
    node.node.link.set(options.answer, options.stream, options.seed)
    return megadev_sequencer_status(node)


# -- breaking promises --------------------------------------------------------------------------------------------


@method("megadev_sequencer_reorder")
def megadev_sequencer_reorder(node: RpcNode) -> JsonObject:
    """Seal the next block that holds transactions of two senders with the later one's first."""
    return _misbehave(node, replace(_faults(node), reorders=True))


@method("megadev_sequencer_withhold")
def megadev_sequencer_withhold(node: RpcNode, options: WithholdOptions) -> JsonObject:
    """Preconfirm transactions and leave them out of the block, once."""
    targets = Targets(frozenset(options.transactions), frozenset(options.addresses))
    if not targets:
        raise InvalidParams("nothing to withhold: give transactions, addresses or both")
    return _misbehave(node, replace(_faults(node), withheld=targets, delays=options.delay))


@method("megadev_sequencer_censor")
def megadev_sequencer_censor(node: RpcNode, addresses: tuple[AddressParam, ...]) -> JsonObject:
    """Never include transactions from or to the given addresses; an empty list clears the fault."""
    targets = Targets(addresses=frozenset(addresses)) if addresses else NOBODY
    return _misbehave(node, replace(_faults(node), censored=targets))


@method("megadev_sequencer_equivocate")
def megadev_sequencer_equivocate(node: RpcNode) -> JsonObject:
    """Sign and publish two different mini-blocks with the next number."""
    return _misbehave(node, replace(_faults(node), equivocates=True))


@method("megadev_sequencer_behave")
def megadev_sequencer_behave(node: RpcNode) -> JsonObject:
    """Break no promises any more; what was censored is included."""
    return _misbehave(node, None)


@method("megadev_sequencer_evidence")
def megadev_sequencer_evidence(node: RpcNode) -> JsonObject:
    """Every promise that was broken, all that was signed twice, and the newest mini-blocks that were announced and do
    not stand, with the signatures.
    """
    evidence = node.node.broken_promises.evidence
    return {
        "brokenPromises": [
            format_promise(broken.promised) | {"reason": broken.reason} for broken in evidence.broken.values()
        ],
        "equivocations": list(map(_format_equivocation, evidence.equivocations)),
        "voidMiniBlocks": [
            _format_mini_block(void.mini_block, void.signature, void.origin)
            | {"signer": to_data(void.signer), "reason": void.reason}
            for void in evidence.mini_blocks
        ],
    }


def _faults(node: RpcNode) -> Faults:
    return node.node.l2.sequencer.faults or NO_FAULTS


def _misbehave(node: RpcNode, faults: Faults | None) -> JsonObject:
    fault_control.misbehave(node.node.l2.sequencer, faults)
    return megadev_sequencer_status(node)


def _format_signer(signer: Signer) -> JsonObject:
    return {"signer": to_data(signer.address), "fromBlock": hex(signer.first_block)}


def _format_registry(node: RpcNode) -> JsonObject:
    chain = node.node.l2
    if not registry.has_registry(chain):
        return {}
    state = chain.sequencer.head_state()
    change = registry.scheduled(state)
    following = None if change is None else {"signer": to_data(change[0]), "fromBlock": hex(change[1])}
    return {"registry": {"signer": to_data(registry.registered(state)), "nextSigner": following}}


def _format_standbys(node: RpcNode) -> JsonObject:
    standbys = node.node.standbys
    if standbys is None:
        return {}
    quorum, members = node.node.quorum, enumerate(standbys.addresses)
    last = standbys.last
    return {
        "standby": {
            "active": standbys.active,
            "order": list(standbys.up),
            "members": [{"signer": to_data(address), "up": number in standbys.up} for number, address in members],
            "takeover": str(Latency(standbys.seconds)),
            "turn": None if node.node.config.turn is None else hex(node.node.config.turn),
            "quorum": None
            if quorum is None
            else {
                "needed": quorum.needed,
                "of": len(standbys.keys),
                "latency": str(quorum.latency),
                "signed": hex(quorum.signed),
            },
            "lastTakeover": None
            if last is None
            else {
                "member": last.member,
                "fromBlock": hex(last.first_block),
                "lost": hex(last.lost),
                "milliseconds": last.elapsed / 1e6,
            },
        }
    }


def _format_targets(targets: Targets) -> JsonObject:
    return {
        "transactions": sorted(to_data(tx_hash) for tx_hash in targets.transactions),
        "addresses": sorted(to_data(address) for address in targets.addresses),
    }


def _format_mini_block(
    mini_block: MiniBlock, signature: tuple[int, int, int], origin: SignedOrigin | None
) -> JsonObject:
    shown = format_mini_block(mini_block, signature)
    return shown if origin is None else shown | {"l1Origin": format_origin(origin)}


def _format_equivocation(found: Equivocation) -> JsonObject:
    return {
        "signer": to_data(found.signer),
        "miniBlocks": [
            _format_mini_block(mini_block, signature, origin)
            for mini_block, signature, origin in zip(
                found.mini_blocks, found.signatures, found.origins or (None, None), strict=True
            )
        ],
        "preconfirmations": list(map(format_promise, found.promises)),
    }
