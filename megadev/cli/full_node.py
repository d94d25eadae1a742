"""A full node that trusts nobody: L1 asked over JSON-RPC, and the chain that is made of what it says; kept in a
directory and served where that is wanted. ``rollup/verifier`` derives and compares; this brings it what it works on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from megadev.chain.fees import blob_base_fee_of
from megadev.cli.node_hashes import NodeHashes, upstream_of
from megadev.clock import SystemClock
from megadev.config.settings import DevnetConfig
from megadev.devnet import Devnet
from megadev.errors import ConfigError, MegadevError
from megadev.node.follower import DerivedHeads, DerivedRollup, L1Heads, L1Ref, beginning_of
from megadev.primitives.hexcodec import to_data
from megadev.primitives.types import Hash32
from megadev.rollup.claims import CheckedClaims, Claim, ClaimsOnL1
from megadev.rollup.da.client import BlobClient, StoreClient
from megadev.rollup.derivation.config import config_of_json
from megadev.rollup.derivation.l1_source import L1Unavailable
from megadev.rollup.derivation.pipeline import Derived, L1Read, Reorganised, SafeHead
from megadev.rollup.derivation.remote_l1 import RemoteL1
from megadev.rollup.verifier import Contradiction, Differs, FollowedChain, Incomplete, Verifier
from megadev.rpc.methods.megadev_batches import DATA
from megadev.state.upstream.client import Upstream

SAVE_SECONDS = 5.0
"""How often it is written down how far deriving has got."""

Hear = Callable[[list[Differs]], None]
"""Hears of what was found to differ at one moment, most telling first; it may raise one of them."""


class FullNode:
    """The rollup that ``rollup`` (what a rollup.json says) describes, made from the L1 at ``l1``. ``genesis`` is L2's,
    where the former does not hold it; ``beacon`` and ``da`` are where blobs and other data are, None: at L1's URL.
    ``where`` names the file in messages. Raises ``ConfigError`` for what does not fit together.
    """

    def __init__(
        self, rollup: Any, genesis: Any, where: str, *, l1: str, beacon: str | None = None, da: str | None = None
    ) -> None:
        ours = rollup.get("megadev") if isinstance(rollup, dict) else None
        embedded = None
        if isinstance(ours, dict):
            embedded = ours.get("genesis")
            rollup = rollup | {"megadev": {name: value for name, value in ours.items() if name != "genesis"}}
        self.config = config_of_json(rollup)
        if genesis is None and embedded is None:
            raise ConfigError(
                f"{where}: L2's genesis is missing: export with `megadev chain --rollup`, or name --genesis"
            )
        self.beginning = beginning_of(embedded if genesis is None else genesis, where)
        made, said = self.beginning.block.hash, self.config.l2_genesis.hash
        if made != said:
            raise ConfigError(f"{where}: L2 begins with block {to_data(said)}, and its genesis makes {to_data(made)}")
        self.claims = CheckedClaims()
        self.compared: int | None = None
        """How many blocks have the hashes of the node named; None: none is."""
        self.on_progress: Callable[[int, int], object] = lambda read, head: None
        """Hears up to which L1 block of how many L1 was read."""
        self._upstream: Upstream = upstream_of(l1)
        self._blobs = BlobClient(beacon or l1)
        self._data = StoreClient(da or l1.rstrip("/") + DATA)
        self.on_l1 = ClaimsOnL1(self._upstream.ask, self.config.system_config_address)
        self.on_right: Callable[[list[Claim]], object] = lambda claims: None
        """Hears of claims on L1 that are right, when they are found to be; it may raise ``L1Unavailable``."""
        self._heads: DerivedHeads | None = None
        self._told_of: Contradiction | None = None
        self._finalized = self._head = self.config.l1_genesis.number
        self._l1_heads: L1Heads | None = None
        self._clock = SystemClock()

    @contextmanager
    def opened(self, directory: Path | None) -> Iterator[Devnet]:
        """The node that holds the chain, with what ``directory`` has of it. Raises ``ConfigError``, and ``Incomplete``
        where L1 cannot be asked.
        """
        heads: tuple[SafeHead, ...] = ()
        if directory is not None:
            try:
                directory.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise ConfigError(f"--dir: {directory}: {problem.strerror or problem}") from None
            self._heads = DerivedHeads(directory, self.config)
            heads = self._heads.load()
        try:
            self._check_l1()
            settings = DevnetConfig(
                no_l1=True, no_mining=True, accounts=0, state=directory, chain_id=self.beginning.spec.chain_id
            )
            with Devnet(settings, beginning=self.beginning) as net:
                l2, config = net.node.l2, self.config
                chain = FollowedChain(l2.sequencer, config, net.call)
                source = RemoteL1(
                    self._upstream.ask,
                    self._blobs.get,
                    lambda excess: blob_base_fee_of(excess, config.l1_blob_fee_fraction),
                )
                self.source = source
                self.verifier = Verifier(config, source, chain, self._data, heads)
                l2.heads = self._safe_and_finalized
                net.node.derived = DerivedRollup(
                    config, chain.block, self.verifier.pipeline.history.at, lambda: self._l1_heads
                )
                l2.trails_by_slots = False
                try:
                    yield net
                finally:
                    self._save()
        finally:
            self._upstream.close()

    def go(
        self,
        *,
        until: int | None,
        follow: bool,
        poll: float,
        against: str | None,
        stop: threading.Event,
        on_differences: Hear,
    ) -> None:
        """Derive what L1 says until that is all, or L2 block ``until`` is reached, or ``stop`` is set; with ``follow``
        look for more every ``poll`` seconds. Raises ``Incomplete``.
        """
        verifier = self.verifier
        hashes = None if against is None else NodeHashes(against, verifier.chain, is_patient=follow)
        self._recover(hashes, follow)
        with suppress(L1Unavailable):
            self._see_l1()
        saved_at = self._clock.monotonic_ns()
        while not stop.is_set():
            newest = verifier.pipeline.safe.number
            if until is not None and newest >= until:
                with suppress(L1Unavailable):
                    self._look(hashes, on_differences)
                return
            step = verifier.step()
            if isinstance(step, Derived):
                if hashes is not None:
                    hashes.add(step.block)
                    self._compare(hashes, on_differences)
                continue
            if isinstance(step, L1Read):
                self.on_progress(step.l1.number, self._l1_head(step.l1.number))
                if self._clock.monotonic_ns() - saved_at > SAVE_SECONDS * 1e9:
                    self._save()
                    saved_at = self._clock.monotonic_ns()
                continue
            if isinstance(step, Reorganised):
                self._recover(hashes, follow)
                continue
            stalled = step.reason if step.is_stalled else None
            try:
                self._look(hashes, on_differences)
                self._see_l1()
            except L1Unavailable as problem:
                stalled = str(problem)
            if not follow:
                if stalled is not None:
                    raise Incomplete(f"derivation stops behind block {newest}: {stalled}")
                if until is not None:
                    raise Incomplete(f"L1 has L2 only up to block {newest}, not up to {until}")
                return
            stop.wait(poll)

    def l1_number_of(self, block_hash: Hash32) -> int | None:
        """The number of a block of L1's chain; None where that does not hold it. Raises ``L1Unavailable``."""
        try:
            (found,) = self._upstream.ask([("eth_getBlockByHash", (to_data(block_hash), False))])
            number = None if found is None else int(found["number"], 16)
        except (MegadevError, TypeError, KeyError, ValueError) as problem:
            raise L1Unavailable(f"cannot reach L1: {problem}") from None
        return number if number is not None and self.source.block_hash(number) == block_hash else None

    # -- parts ----------------------------------------------------------------------------------------------------

    def _safe_and_finalized(self) -> tuple[int, int]:
        """The numbers of those blocks. On any thread."""
        pipeline = self.verifier.pipeline
        safe = pipeline.safe.number
        return safe, min(pipeline.history.at(self._finalized).safe.number, safe)

    def _recover(self, hashes: NodeHashes | None, follow: bool) -> None:
        """Go back to what still follows from L1. Raises ``Incomplete``, unless that can wait."""
        try:
            safe = self.verifier.recover()
        except L1Unavailable as problem:
            if not follow:
                raise Incomplete(str(problem)) from None
            return
        self.claims.start_over()
        if hashes is not None:
            hashes.forget_above(safe.number)

    def _compare(self, hashes: NodeHashes, on_differences: Hear) -> None:
        """Compare where much waits for that."""
        difference = hashes.compare(whole=False)
        self.compared = hashes.count
        if difference is not None:
            on_differences([difference])

    def _look(self, hashes: NodeHashes | None, on_differences: Hear) -> None:
        """Compare all that there is by now. Raises ``L1Unavailable``."""
        verifier, found = self.verifier, []
        if hashes is not None:
            difference = hashes.compare(whole=True)
            self.compared = hashes.count
            if difference is not None:
                found.append(difference)
        contradiction = verifier.contradiction
        if contradiction is not None and contradiction != self._told_of:
            self._told_of = contradiction
            found.append(_contradicted(contradiction))
        before = len(self.claims.wrong)
        try:
            self.on_right(self.claims.look(self.on_l1, verifier.root_after))
        finally:
            wrong = self.claims.wrong[before:]
            found += [_wrong_root(claim, verifier.root_after(claim.number) or b"") for claim in wrong]
            if found:
                on_differences(found)

    def _save(self) -> None:
        if self._heads is not None:
            self._heads.save(self.verifier.pipeline.history.heads)

    def _check_l1(self) -> None:
        """Checks that the L1 is the rollup's."""
        config = self.config
        try:
            chain_id, first = self._upstream.ask(
                [("eth_chainId", ()), ("eth_getBlockByNumber", (hex(config.l1_genesis.number), False))]
            )
        except MegadevError as problem:
            raise Incomplete(f"--l1: cannot reach L1: {problem}") from None
        if chain_id != hex(config.l1_chain_id):
            raise ConfigError(f"--l1: its chain id is {chain_id}, the rollup's L1 has {hex(config.l1_chain_id)}")
        if type(first) is not dict or first.get("hash") != to_data(config.l1_genesis.hash):
            raise ConfigError(
                f"--l1: its block {config.l1_genesis.number} is not the rollup's {to_data(config.l1_genesis.hash)}: "
                "this is another L1, or one that began anew; export rollup.json again"
            )

    def _see_l1(self) -> None:
        """Take notice of L1's heads. Raises ``L1Unavailable``."""
        read = self.verifier.pipeline.l1_block or self.config.l1_genesis
        tags = (hex(read.number), "latest", "safe", "finalized")
        try:
            found = self._upstream.ask([("eth_getBlockByNumber", (tag, False)) for tag in tags])
            refs = list(map(_l1_ref, found))
        except (MegadevError, TypeError, KeyError, ValueError, AttributeError) as problem:
            raise L1Unavailable(f"cannot reach L1: {problem}") from None
        self._l1_heads = L1Heads(*refs)
        self._finalized = refs[3].number

    def _l1_head(self, read: int) -> int:
        """The number of L1's newest block, as far as that is known."""
        if read >= self._head:
            self._head = read
            with suppress(L1Unavailable):
                self._head = max(self._l1_number("latest"), read)
        return self._head

    def _l1_number(self, tag: str) -> int:
        try:
            (found,) = self._upstream.ask([("eth_getBlockByNumber", (tag, False))])
            return int(found["number"], 16)
        except (MegadevError, TypeError, KeyError, ValueError) as problem:
            raise L1Unavailable(f"cannot reach L1: {problem}") from None


def _l1_ref(shown: Any) -> L1Ref:
    number, timestamp = (int(shown[name], 16) for name in ("number", "timestamp"))
    block_hash, parent = (bytes.fromhex(shown[name].removeprefix("0x")) for name in ("hash", "parentHash"))
    return L1Ref(number, block_hash, parent, timestamp)


def _contradicted(found: Contradiction) -> Differs:
    said, number = found.said, found.number
    message = f"block {number}:"
    if said is not None:
        message += f" the sequencer's is {to_data(said)}{'…' if len(said) < 32 else ''},"
    message += f" derived is {to_data(found.derived)} (L1 block {found.l1.number}): {found.reason}"
    if found.first < number:
        message += f"; the first block that differs is one of {found.first} to {number}"
    return Differs(
        message,
        kind="batches",
        first=found.first,
        block=number,
        said=None if said is None else to_data(said),
        derived=to_data(found.derived),
        l1Block=found.l1.number,
    )


def _wrong_root(claim: Claim, derived: bytes) -> Differs:
    return Differs(
        f"output root on L1: game {claim.index} ({to_data(claim.game)}) claims {to_data(claim.root)} after L2 block "
        f"{claim.number}, derived is {to_data(derived)}",
        kind="outputRoot",
        index=claim.index,
        game=to_data(claim.game),
        block=claim.number,
        said=to_data(claim.root),
        derived=to_data(derived),
    )
