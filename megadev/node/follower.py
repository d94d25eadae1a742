"""A node that follows a chain which others build: what it begins with, and how far it has got, kept between two runs.

It builds no blocks: its chain grows by what is derived from L1 (``rollup/verifier``) or told by a sequencer.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from megadev.chain.genesis import genesis_block
from megadev.chain.genesis_file import read_genesis_file
from megadev.errors import ConfigError
from megadev.files import check_regular, write_whole
from megadev.node.genesis import ChainOrigin, genesis_world
from megadev.primitives.guarded_json import decode_json
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32
from megadev.rollup.derivation.batch_queue import L2Block
from megadev.rollup.derivation.config import RollupConfig, to_json
from megadev.rollup.derivation.pipeline import SafeHead

HEADS_NAME = "derived.json"
"""Beside the store: which L2 block was derived at which L1 block."""


def beginning_of(document: object, where: str) -> ChainOrigin:
    """The start of a chain with this ``genesis.json``. Raises ``ConfigError`` naming ``where``."""
    spec, genesis = read_genesis_file(document, where)
    return ChainOrigin(spec, genesis, genesis_block(genesis, genesis_world(genesis), spec), None)


class L1Ref(msgspec.Struct, frozen=True):
    """A block of an L1 that is elsewhere."""

    number: int
    hash: Hash32
    parent_hash: Hash32
    timestamp: int


class L1Heads(msgspec.Struct, frozen=True):
    """The blocks of L1 that count: the newest that was read, its head, the safe and the finalized one."""

    current: L1Ref
    head: L1Ref
    safe: L1Ref
    finalized: L1Ref


class DerivedRollup(msgspec.Struct, frozen=True):
    """The rollup that a node derives from an L1 which is elsewhere, as far as it has got. On any thread.

    ``block`` gives a derived block by its number, ``safe_at`` what was derived once L1 had got to a block. ``l1``: what
    L1 said last; None: nothing yet.
    """

    config: RollupConfig
    block: Callable[[int], L2Block | None]
    safe_at: Callable[[int], SafeHead]
    l1: Callable[[], L1Heads | None]


class _Heads(msgspec.Struct, frozen=True):
    rollup: bytes
    heads: tuple[SafeHead, ...]


class DerivedHeads:
    """The file in ``folder`` that records how far ``config`` was derived."""

    def __init__(self, folder: Path, config: RollupConfig) -> None:
        self._path = folder / HEADS_NAME
        self._rollup = keccak(msgspec.json.encode(to_json(config), order="sorted"))
        self._kept: tuple[SafeHead, ...] = ()

    def load(self) -> tuple[SafeHead, ...]:
        """Returns the blocks of the last run, oldest first. Raises ``ConfigError`` where they are another rollup's."""
        check_regular(self._path)
        try:
            found = decode_json(self._path.read_bytes(), _Heads)
        except FileNotFoundError:
            return ()
        except OSError as problem:
            raise ConfigError(f"{self._path}: {problem.strerror or problem}") from None
        except (msgspec.DecodeError, ValueError) as problem:
            raise ConfigError(f"{self._path}: not what was written here: {problem}; delete the directory") from None
        if found.rollup != self._rollup:
            raise ConfigError(f"{self._path.parent}: holds what was derived of another rollup: name another directory")
        self._kept = found.heads
        return found.heads

    def save(self, heads: tuple[SafeHead, ...]) -> None:
        """Keep them. Raises ``ConfigError`` where that cannot be written."""
        if heads == self._kept:
            return
        try:
            write_whole(self._path, msgspec.json.encode(_Heads(self._rollup, heads)))
        except OSError as problem:
            raise ConfigError(f"{self._path}: cannot be written: {problem.strerror or problem}") from None
        self._kept = heads
