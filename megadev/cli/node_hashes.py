"""The hashes of derived blocks beside those that a node has."""

from __future__ import annotations

from typing import Any

from megadev.chain.documents import header_document
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.primitives.hexcodec import to_data
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.verifier import Differs, FollowedChain, Incomplete
from megadev.state.upstream.client import Upstream
from megadev.state.upstream.policy import RequestPolicy

AT_ONCE = 100
"""Blocks whose hashes are asked for at a time."""
LAG_SECONDS = 3.0
"""How long a node may take to follow L1 before what it says counts as different, where it is given time."""


class NodeHashes:
    """Compares what ``chain`` comes to hold with what the node at ``url`` says. ``is_patient``: it may lag."""

    def __init__(self, url: str, chain: FollowedChain, *, is_patient: bool = False) -> None:
        self._upstream = upstream_of(url)
        self._name = url
        self._chain = chain
        self._is_patient = is_patient
        self._waiting = [(block.number, block.hash) for block in chain.blocks()]
        self._clock = SystemClock()
        self._differs_since: int | None = None
        self.count = 0
        """How many are the same."""

    def add(self, block: L2Block) -> None:
        """``block`` was derived."""
        self._waiting.append((block.number, block.hash))

    def forget_above(self, number: int) -> None:
        """Forget blocks above the given one, which can no longer be derived."""
        self._waiting = [each for each in self._waiting if each[0] <= number]

    def compare(self, *, whole: bool) -> Differs | None:
        """Compare in order, all or as long as much waits; the first that differs. Raises ``Incomplete`` where the node
        does not answer.
        """
        while self._waiting and (whole or len(self._waiting) >= AT_ONCE):
            piece = self._waiting[:AT_ONCE]
            try:
                found = self._upstream.ask([("eth_getBlockByNumber", (hex(number), False)) for number, _ in piece])
            except MegadevError as problem:
                raise Incomplete(f"{self._name} cannot be asked: {problem}") from None
            for place, ((number, block_hash), block) in enumerate(zip(piece, found, strict=True)):
                if type(block) is dict and block.get("hash") == to_data(block_hash):
                    self.count += 1
                    continue
                del self._waiting[:place]
                if self._may_be_late():
                    return None
                self._waiting.pop(0)
                return self._difference(number, block if type(block) is dict else None)
            self._differs_since = None
            del self._waiting[: len(piece)]
        return None

    def _may_be_late(self) -> bool:
        """True if the node may be about to follow L1 as well."""
        now = self._clock.monotonic_ns()
        if self._differs_since is None:
            self._differs_since = now
        if self._is_patient and now - self._differs_since < LAG_SECONDS * 1e9:
            return True
        self._differs_since = None
        return False

    def _difference(self, number: int, said: dict[str, Any] | None) -> Differs:
        derived = self._chain.sealed(number)
        assert derived is not None, "it was derived"
        shown = to_data(derived.hash)
        if said is None:
            message = f"block {number}: {self._name} has none; derived is {shown}"
            return Differs(message, kind="block", block=number, said=None, derived=shown)
        ours = header_document(derived.header)
        fields = [name for name, value in ours.items() if name in said and said[name] != value]
        reason = self._reason(number)
        message = f"block {number}: {self._name} has {said.get('hash')}, derived is {shown}"
        if fields:
            message += f"; other fields: {', '.join(fields)}"
        if reason is not None:
            message += f"; the node says: {reason}"
        found = {"said": said.get("hash"), "derived": shown, "fields": fields, "reason": reason}
        return Differs(message, kind="block", block=number, **found)

    def _reason(self, number: int) -> str | None:
        """Returns the node's reason, if it is a megadev and knows that the block was changed by a cheat."""
        try:
            (found,) = self._upstream.ask([("megadev_getBatches", ("0x1",))])
            by_hand = found["underivable"]
            return str(by_hand["reason"]) if by_hand and int(by_hand["blockNumber"], 16) == number else None
        except (MegadevError, TypeError, KeyError, ValueError):
            return None


def upstream_of(url: str) -> Upstream:
    """A client of the node at ``url`` with short timeouts. Raises ``ConfigError`` for an invalid URL."""
    return Upstream((url,), RequestPolicy(timeout=30.0, retries=2, units_per_second=0))
