"""Blocks of a node that are run from their witnesses alone, one after the other: each one's parent is the one that came
out before it, and of the first one's parent only the state root is trusted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from megadev.chain.blocks import SystemCall, decode_block, decode_header, encode_header
from megadev.chain.genesis_file import read_genesis_file
from megadev.cli.client import CallFailed, call
from megadev.cli.node_hashes import upstream_of
from megadev.errors import ConfigError, MegadevError
from megadev.evm.engines import open_engine
from megadev.inspect.stateless import StatelessBlock, WitnessRefused, run_stateless
from megadev.inspect.witness import Witness
from megadev.node.follower import beginning_of
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32
from megadev.rollup.verifier import Differs, Incomplete

AT_ONCE = 10
"""Blocks that are asked for at a time."""
ENGINE = "interpreter"
"""What runs them: most run once, which is not worth compiling for."""


class WitnessedBlocks:
    """The blocks of the node at ``url``, under the rules that ``genesis`` (a genesis.json) says, or the node itself
    where none is given. Raises ``ConfigError``, and ``Incomplete`` where the node cannot be asked.
    """

    def __init__(self, url: str, genesis: Any, where: str) -> None:
        self._upstream = upstream_of(url)
        self._url = url
        self.trusted: Hash32 | None = None
        """The state root that is trusted: that after the parent of the first block."""
        self.count = self.transactions = self.nodes = self.size = 0
        """Blocks that came out as they are, with so many transactions, from so many trie nodes, in bytes of witness."""
        self.newest: tuple[int, Hash32] | None = None
        """The number and hash of the last of them."""
        self._genesis: Hash32 | None = None
        if genesis is None:
            (document,) = self._upstream.outcomes([("megadev_genesis", ())])
            if isinstance(document, Exception):
                raise Incomplete(f"{url}: {self._words('megadev_genesis', (), document)}")
            self.spec, first = read_genesis_file(document, url)
        else:
            beginning = beginning_of(genesis, where)
            self.spec, first, self._genesis = beginning.spec, beginning.genesis, beginning.block.hash
        self.first = first.number + 1
        """The number of the first block that can be run."""

    def close(self) -> None:
        self._upstream.close()

    def run(
        self,
        first: int | None,
        until: int | None,
        stop: threading.Event,
        on_progress: Callable[[int, int], object],
        on_differences: Callable[[list[Differs]], None],
    ) -> None:
        """Run blocks ``first`` to ``until``, by default all there are. Raises ``Incomplete``."""
        (head,) = self._ask(("eth_blockNumber", ()))
        newest = int(head, 16)
        number = max(self.first if first is None else first, self.first)
        last = newest if until is None else min(until, newest)
        before: Hash32 | None = self._genesis if number == self.first else None
        begun = number
        while number <= last and not stop.is_set():
            numbers = range(number, min(number + AT_ONCE, last + 1))
            calls = [
                (method, (hex(each),)) for each in numbers for method in ("debug_getRawBlock", "debug_executionWitness")
            ]
            answers = self._upstream.outcomes(calls)
            for place, each in enumerate(numbers):
                raw, witness = answers[2 * place : 2 * place + 2]
                for method, answer in (("debug_getRawBlock", raw), ("debug_executionWitness", witness)):
                    if isinstance(answer, Exception):
                        raise Incomplete(f"block {each}: {self._words(method, (hex(each),), answer)}")
                try:
                    before = self._run_one(each, raw, witness, before)
                except WitnessRefused as problem:
                    before = None
                    on_differences([_refused(each, problem)])
                on_progress(each - begun + 1, last - begun + 1)
            number = numbers.stop
        if until is not None and until > newest and not stop.is_set():
            raise Incomplete(f"{self._url} has blocks up to {newest}, not up to {until}")

    def _run_one(self, number: int, raw: Any, shown: Any, before: Hash32 | None) -> Hash32:
        """The hash of the block, which follows the one with the hash ``before``, where that is known."""
        try:
            header, transactions = decode_block(bytes.fromhex(raw.removeprefix("0x")))
            witness = Witness(*(_items(shown[name]) for name in ("state", "codes", "keys", "headers")))
            call = shown.get("systemCall")
            system = None if call is None else SystemCall(*(_bytes(call[name]) for name in ("from", "to", "input")))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise WitnessRefused(
                f"block {number}: {self._url} returned an invalid block or witness: {problem!r}"
            ) from None
        if header.number != number or (before is not None and header.parent_hash != before):
            raise WitnessRefused(f"block {number}: it does not follow the block before it")
        block = StatelessBlock(header, keccak(encode_header(header)), transactions, system)
        made = run_stateless(block, witness, self.spec, partial(open_engine, ENGINE))
        if self.trusted is None:
            self.trusted = decode_header(witness.headers[-1]).state_root
        self.count += 1
        self.transactions += len(transactions)
        self.nodes += len(witness.state)
        self.size += sum(map(len, (*witness.state, *witness.codes, *witness.headers)))
        self.newest = number, made.hash
        return made.hash

    def _words(self, method: str, params: tuple[str, ...], refused: Exception) -> str:
        """Returns the node's own reason for not answering."""
        try:
            call(self._url, method, list(params))
        except CallFailed as said:
            return str(said)
        return str(refused)

    def _ask(self, *calls: tuple[str, tuple[Any, ...]]) -> list[Any]:
        try:
            return self._upstream.ask(calls)
        except ConfigError:
            raise
        except MegadevError as problem:
            raise Incomplete(f"{self._url} cannot be asked: {problem}") from None


def _refused(number: int, problem: WitnessRefused) -> Differs:
    return Differs(
        str(problem),
        kind="witness",
        block=number,
        missing=None if problem.missing is None else to_data(problem.missing),
        unused=[to_data(each) for each in problem.unused],
    )


def _items(shown: Any) -> tuple[bytes, ...]:
    if type(shown) is not list:
        raise ValueError("a part of the witness is not a list")
    return tuple(map(_bytes, shown))


def _bytes(text: Any) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
