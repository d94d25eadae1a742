"""Queries about blocks up to a fork's first one, forwarded to upstream.

Upstream's answer is given as it came: it may say more than megadev knows of a chain's blocks. What it tells of blocks
after the forked one is not this chain's history and is null here. Where it does not have a method (Hardhat's node has
no eth_getBlockReceipts), the answer is made of what it tells by others. Calls, state, traces and whatever else must be
worked out are not passed on: they run here, over upstream's state (``node/chain``), with overrides and errors as
always.

Traces of what ran under rules that megadev does not have (older ones, or another chain's) are asked of upstream, where
it has such methods. Run here after all, a transaction that comes out with other gas than its receipt says is asked of
upstream too, and refused where that does not trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from megadev.chain.blocks import Tag
from megadev.errors import MegadevError, NotInBundle, RanOtherwise, UnknownBlock, UpstreamLacksMethod, UpstreamRefused
from megadev.node.chain import LocalChain
from megadev.node.fork import ForkHistory
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rpc.catalog import CATALOG, Asks
from megadev.rpc.dispatch import Method
from megadev.rpc.node import RpcNode

_NAMED: Mapping[str, tuple[Asks, int]] = {
    entry.name: (
        entry.asks,
        next(place for place, name in enumerate(entry.parameters) if "block" in name or "hash" in name),
    )
    for entry in CATALOG
    if entry.asks is not None
}
"""What a method asks upstream for, with the place of the parameter that names the block or transaction."""


class Asked(msgspec.Struct, frozen=True):
    """A question for upstream. ``block_hash``: a block that must be older than the chain for it to be asked at all."""

    history: ForkHistory
    method: str
    params: tuple[Any, ...]
    block_hash: Hash32 | None = None

    def answer(self) -> Any:
        """Upstream's answer, or null. Blocks. Raises ``StateUnavailable``, ``UpstreamRefused``."""
        if self.block_hash is not None:
            try:
                self.history.header(self.block_hash)
            except UnknownBlock:
                return None
        key = " ".join([self.method, *map(_word, self.params)])
        result = self.history.query(key, self.method, *self.params, keep=self._is_older)
        return result if self._is_older(result) else None

    def _is_older(self, result: Any) -> bool:
        if not isinstance(result, dict):
            return True
        number = result.get("blockNumber") if "blockHash" in result else result.get("number", "0x0")
        return number is not None and int(number, 16) <= self.history.last


def asked_upstream(node: RpcNode, called: Method, arguments: list[Any], params: list[Any]) -> Callable[[], Any] | None:
    """Returns the forwarded query, to be run on a thread that may wait; None if the local chain answers. ``params`` are
    the ``arguments`` as they came.
    """
    history = node.chain.history
    if not isinstance(history, ForkHistory):
        return None
    kind, place = _NAMED.get(called.name, (None, 0))
    if kind is Asks.BLOCK_TRACE or kind is Asks.TRANSACTION_TRACE:
        return _traced(node, history, called, arguments, params, by_transaction=kind is Asks.TRANSACTION_TRACE)
    asked = None if kind is None else _asked(node.chain, history, called.name, kind, place, arguments)
    return None if asked is None else lambda: _answered(asked, node, called, arguments)


def _answered(asked: Asked, node: RpcNode, called: Method, arguments: list[Any]) -> Any:
    """Upstream's answer; where it lacks the method, what can be told by others. Blocks. Raises as ``Asked.answer``."""
    try:
        return asked.answer()
    except UpstreamLacksMethod as lacking:
        return _worked_out(asked, node, called, arguments, lacking)
    except NotInBundle as lacking:  # which may be of a run whose upstream did not have the method
        try:
            return _worked_out(asked, node, called, arguments, lacking)
        except NotInBundle:
            raise lacking from None


def _worked_out(asked: Asked, node: RpcNode, called: Method, arguments: list[Any], lacking: MegadevError) -> Any:
    """The answer to ``called`` made of what upstream tells by other methods. Raises ``lacking`` where it cannot be."""
    if called.name != "eth_getBlockReceipts" and "Uncle" not in called.name:
        return called.function(node, *arguments)
    ref = asked.block_hash if asked.block_hash is not None else int(asked.params[0], 16)
    document = asked.history.document(ref, full=False)
    if called.name == "eth_getBlockReceipts":
        return asked.history.receipts(document)
    uncles = document.get("uncles") or ()
    if "Count" in called.name:
        return hex(len(uncles))
    if arguments[1] < len(uncles):
        raise lacking
    return None


def _traced(
    node: RpcNode,
    history: ForkHistory,
    called: Method,
    arguments: list[Any],
    params: list[Any],
    *,
    by_transaction: bool,
) -> Callable[[], Any] | None:
    """A trace of what was executed upstream: run again here where its rules are known, asked of upstream where they
    are not, if it answers such questions. None where it is of this chain.
    """
    chain, what = node.chain, arguments[0]
    number = None
    if by_transaction:
        if _is_here(chain, what):
            return None
    elif not isinstance(what, bytes):
        number = _number(chain, history, what)
        if number is None:
            return None
    elif (here := chain.store.by_hash(what)) is not None and here.number != history.last:
        return None

    def answer() -> Any:
        found = history.block_number_of(what) if by_transaction else what if number is None else number
        if found is None:
            return called.function(node, *arguments)
        try:
            header = history.header(found).header
        except UnknownBlock:
            return called.function(node, *arguments)
        other = None
        if history.can_run_again(header):
            try:
                return called.function(node, *arguments)
            except RanOtherwise as problem:
                other = problem
        asked = [params[0] if by_transaction or number is None else hex(number), *params[1:]]
        key = f"{called.name} {msgspec.json.encode(asked, order='sorted').decode()}"
        try:
            told = history.query(key, called.name, *asked)
        except (UpstreamRefused, NotInBundle) as refused:
            if other is not None:
                raise other from None
            if not isinstance(refused, UpstreamLacksMethod | NotInBundle):
                raise
        else:
            if not _is_of_another_tracer(told, asked):
                return told
            if other is not None:
                raise other
        return called.function(node, *arguments)

    return answer


def _is_of_another_tracer(told: Any, asked: list[Any]) -> bool:
    """True if a node (Ganache is one) knows no tracer but its own, and answers with that whatever it is asked for."""
    wanted = asked[-1].get("tracer") if isinstance(asked[-1], dict) else None
    return wanted is not None and isinstance(told, dict) and "structLogs" in told


def _is_here(chain: LocalChain, tx_hash: Hash32) -> bool:
    """True if the local chain, or its txpool, has that transaction."""
    if chain.pool.get(tx_hash) is not None or chain.store.transaction(tx_hash) is not None:
        return True
    open_block = chain.sequencer.tip.open
    return open_block is not None and open_block.holds(tx_hash)


def _asked(
    chain: LocalChain, history: ForkHistory, name: str, kind: Asks, place: int, arguments: list[Any]
) -> Asked | None:
    if kind is Asks.TRANSACTION:
        tx_hash = arguments[place]
        return None if _is_here(chain, tx_hash) else Asked(history, name, (to_data(tx_hash),))
    ref = arguments[place]
    if isinstance(ref, bytes):
        here = chain.store.by_hash(ref)
        if here is not None and here.number != history.last:
            return None
        return Asked(history, name, _params(arguments, place, to_data(ref)), ref)
    number = _number(chain, history, ref)
    if number is None or (name == "eth_feeHistory" and number == history.last):  # which tells of the block after, too
        return None
    return Asked(history, name, _params(arguments, place, hex(number)))


def _number(chain: LocalChain, history: ForkHistory, ref: Tag | int) -> int | None:
    if isinstance(ref, int):
        return ref if ref <= history.last else None
    if ref is Tag.EARLIEST:
        return 0
    if ref is Tag.PENDING or (chain.open_block is not None and ref is Tag.LATEST):
        return None
    number = chain.block(ref).number
    return number if number <= history.last else None


def _params(arguments: list[Any], place: int, block: str) -> tuple[Any, ...]:
    """Decoded parameters as JSON again: besides the block there are numbers, flags and percentiles only."""
    return tuple(block if index == place else _json(value) for index, value in enumerate(arguments))


def _json(value: Any) -> Any:
    if type(value) is int:
        return hex(value)
    return list(value) if type(value) is tuple else value


def _word(value: Any) -> str:
    return ",".join(map(str, value)) if type(value) is list else str(value).lower()
