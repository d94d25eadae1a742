"""A node with a store against a model without one, whatever is done to both, and whenever the store is stopped: cleanly,
or by taking its files as a crash at that moment would leave them. And: whichever bits of a store are flipped, and
wherever it is torn, what comes back is the beginning of what was there, and what is lost is said.
"""

from __future__ import annotations

import logging
import random
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from megadev import Devnet
from megadev.errors import ConfigError
from tests.stage.crashing import draw, open_node, take
from tests.stage.told import told

SEEDS = st.integers(0, 2**32)


class StoreMachine(RuleBasedStateMachine):
    """``kept`` is the node with the store, ``model`` the one without."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.store = self.folder / "0"
        self.store.mkdir()
        self.copies = 0

    @initialize(preset=st.sampled_from(("dev", "megaeth")), durability=st.sampled_from(("block", "interval")))
    def open(self, preset: str, durability: str) -> None:
        self.preset, self.durability = preset, durability
        self.model = open_node(preset, None, durability)
        self.kept = open_node(preset, self.store, durability)
        self.users = [account.address for account in self.model.accounts]
        self.portal: str = self.model.l1.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]

    @rule(seed=SEEDS)
    def step(self, seed: int) -> None:
        step = draw(random.Random(seed), self.users, self.portal)
        take(self.model, step)
        take(self.kept, step)

    @rule()
    def stop_and_start(self) -> None:
        self.kept.close()
        self._open()

    @precondition(lambda self: self.durability == "block")
    @rule()
    def crash(self) -> None:
        self.copies += 1
        image = self.folder / str(self.copies)
        shutil.copytree(self.store, image)
        self.kept.close()
        self.store = image
        self._open()

    def _open(self) -> None:
        self.kept = open_node(self.preset, self.store, self.durability)
        assert told(self.kept) == told(self.model)

    def teardown(self) -> None:
        if hasattr(self, "kept"):
            self.kept.close()
            self.model.close()
        shutil.rmtree(self.folder)


StoreMachine.TestCase.settings = settings(max_examples=4, stateful_step_count=15)
TestStoreMachine = StoreMachine.TestCase


def _hashes(net: Devnet) -> list[list[str]]:
    return [
        [chain.store.block_hash(number).hex() for number in range(chain.head.number + 1)] for chain in net.node.chains
    ]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[list[str]]]:
    """A store as a crash leaves it, part of it in SQLite's log and part not, and the hashes of its chains."""
    folder = tmp_path_factory.mktemp("stores")
    store = folder / "whole"
    store.mkdir()
    with open_node("dev", store, "block") as net:
        drawn = random.Random(7)
        users = [account.address for account in net.accounts]
        for count in range(60):
            if count == 40:
                with sqlite3.connect(store / "chain.sqlite") as connection:
                    connection.execute("PRAGMA wal_checkpoint")
            take(net, (count % 2, "eth_sendTransaction", [{"from": users[0], "to": users[1], "value": hex(count)}]))
            if count % 5 == 0:
                take(net, draw(drawn, users, users[2]))
        hashes = _hashes(net)
        shutil.copytree(store, folder / "crashed")
    return folder / "crashed", hashes


def _opened(store: Path, hashes: list[list[str]], log: logging.Handler) -> None:
    """Open a store that was damaged: it begins as the whole one does, and who has less says so."""
    lines: list[str] = []
    log.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    try:
        net = open_node("dev", store, "block")
    except ConfigError as error:
        assert any(
            word in str(error)
            for word in ("damaged", "cannot be opened", "not a store", "empty", "version", "move it away")
        )
        return
    with net:
        for index, (found, were) in enumerate(zip(_hashes(net), hashes, strict=True)):
            known = found[: len(were)]
            assert known == were[: len(known)]
            if len(found) < len(were):
                assert any(f"blocks of {('L2', 'L1')[index]} from {len(found)}" in line for line in lines), lines
        take(net, (0, "evm_mine", []))
        hashes = _hashes(net)
    with open_node("dev", store, "block") as net:
        assert _hashes(net)[0] == hashes[0], "and it goes on"


@pytest.fixture(scope="module")
def log() -> Any:
    handler = logging.Handler()
    logger = logging.getLogger("megadev.node")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


@given(
    name=st.sampled_from(("chain.sqlite", "chain.sqlite-wal", "lock")),
    place=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
@settings(max_examples=15)
def test_a_flipped_bit_is_found(
    image: tuple[Path, list[list[str]]], log: logging.Handler, name: str, place: float, bit: int
) -> None:
    whole, hashes = image
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        shutil.copytree(whole, store)
        content = bytearray((store / name).read_bytes())
        content[int(place * len(content))] ^= 1 << bit
        (store / name).write_bytes(content)
        _opened(store, hashes, log)


@given(name=st.sampled_from(("chain.sqlite", "chain.sqlite-wal", "lock")), place=st.floats(0, 1))
@settings(max_examples=10)
def test_a_torn_file_is_found(
    image: tuple[Path, list[list[str]]], log: logging.Handler, name: str, place: float
) -> None:
    whole, hashes = image
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        shutil.copytree(whole, store)
        content = (store / name).read_bytes()
        (store / name).write_bytes(content[: int(place * len(content))])
        _opened(store, hashes, log)
