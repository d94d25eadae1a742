"""What the native tier remembers of a state is never another state's: on a random walk over blocks, open blocks,
cheats, overrides, past blocks and reorganisations, every transaction gives what the interpreter gives, which remembers
nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from megadev.chain.spec import ChainSpec, Hardfork, dev_spec, fork_named, megaeth_spec
from megadev.evm.engine import BlockEnv, MegaEnv, TxEnv
from megadev.evm.engines import open_engine
from megadev.evm.engines.native.known_state import STEPS
from megadev.evm.engines.native.tier import Tier
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address
from megadev.state.account import Account
from megadev.state.diff import Cause, StateDiff
from megadev.state.overlay import Overlay
from megadev.state.reader import StateReader
from megadev.state.world import World, WorldView
from tests.conformance.engine_suite.cases import BLOCK, CHAIN_ID, CONTRACT, GWEI, OTHER, SENDER, THIRD
from tests.conformance.engine_suite.fuzz import Writer
from tests.conformance.engine_suite.worlds import asm

REX6 = fork_named("rex6")
SPECS = {
    "Osaka": (dev_spec(CHAIN_ID, Hardfork.OSAKA), BLOCK),
    "REX6": (megaeth_spec(CHAIN_ID, REX6.hardfork, model=REX6.model), replace(BLOCK, mega=MegaEnv())),
}
FACTORY, MADE = b"\xfa" * 20, keccak(b"\xff" + b"\xfa" * 20 + bytes(32) + keccak(b"\x60\x01\x60\x05\x55"))[12:]
_PEOPLE = (CONTRACT, OTHER, THIRD, MADE)
_ROUND_TRIP = asm(
    # every slot that programs write, what is known of accounts, and a call of each, so that most of it is read anew
    *(part for slot in range(5) for part in (slot, "SLOAD", 9, "SSTORE")),
    0,
    *(
        part
        for who in (*_PEOPLE, SENDER, BLOCK.coinbase)
        for part in (who, "BALANCE", who, "EXTCODEHASH", who, "EXTCODESIZE", "ADD", "ADD", "ADD")
    ),
    10, "SSTORE",
    *(part for who in _PEOPLE for part in (0, 0, 0, 0, 1, who, 60_000, "CALL", "POP")),
    0x6001600555, 0, "MSTORE", 0, 5, 27, 0, "CREATE2", 8, "SSTORE",
)  # fmt: skip


class Watched:
    """A reader of which nothing may be remembered."""

    must_be_asked = True

    def __init__(self, base: StateReader) -> None:
        self.account, self.storage, self.code = base.account, base.storage, base.code
        self.block_hash = base.block_hash


class Walk:
    """One chain, and whoever asks for its states, in any order."""

    def __init__(self, seed: int, spec: ChainSpec, block: BlockEnv) -> None:
        self.chance = random.Random(seed)
        self.spec, self.block = spec, block
        self.interpreter, self.native = (open_engine(name, spec) for name in ("interpreter", "compiled"))
        machine: type = self.native.machine  # type: ignore[attr-defined]
        self.native.machine = type("Remembering", (machine,), {"__slots__": (), "tier": Tier()})  # type: ignore[attr-defined]
        genesis = StateDiff(Cause.GENESIS, {SENDER: Account(0, 10**30, EMPTY_CODE_HASH)})
        self._give_code(genesis, FACTORY, _ROUND_TRIP)
        for address in (CONTRACT, OTHER, THIRD):
            self._give_code(genesis, address, self._program())
            genesis.storage[address] = {slot: self.chance.getrandbits(64) for slot in range(4)}
        self.worlds = [World().apply(genesis)]
        self.open = self._next_block()

    def _program(self) -> bytes:
        return Writer(self.chance, self.spec.hardfork).program()

    def _give_code(self, diff: StateDiff, address: Address, code: bytes) -> None:
        diff.codes[keccak(code)] = code
        diff.accounts[address] = Account(1, self.chance.randrange(100), keccak(code))

    def _next_block(self) -> Overlay:
        return Overlay(WorldView(self.worlds[-1]))

    def _change(self) -> StateDiff:
        """As cheats, overrides and deployments make it."""
        chance, diff = self.chance, StateDiff(Cause.CHEAT)
        for _ in range(chance.randrange(1, 3)):
            address = chance.choice((*_PEOPLE, FACTORY))
            what = chance.randrange(6)
            if what == 0:
                self._give_code(diff, address, self._program() if address != FACTORY else _ROUND_TRIP)
            elif what == 1:
                diff.accounts[address] = Account(1, chance.randrange(100), EMPTY_CODE_HASH)
            elif what == 2 and address != FACTORY:
                diff.accounts[address] = None
            elif what == 3:
                diff.cleared.add(address)
            elif what == 4:
                self._give_code(diff, address, b"\xef\x01\x00" + chance.choice(_PEOPLE))
            if what > 2 and chance.random() < 0.8 and diff.accounts.get(address, address) is not None:
                diff.storage[address] = {chance.randrange(6): chance.choice((0, 1, chance.getrandbits(200)))}
        return diff

    def readers(self) -> tuple[Callable[[], StateReader], ...]:
        head, past = self.worlds[-1], self.chance.choice(self.worlds)
        return (
            lambda: self.open,
            lambda: self.open,
            lambda: self.open,
            lambda: WorldView(head),
            lambda: head,
            lambda: WorldView(past),
            lambda: self.open.fork(),
            lambda: Overlay(WorldView(head), self._change()),
            lambda: Overlay(self.open, self._change()),
            lambda: self.open.with_hint(lambda _: ((), ())),
            lambda: Watched(self.open),
        )

    def run(self, reader: StateReader) -> StateDiff:
        chance = self.chance
        to = chance.choice((FACTORY, FACTORY, CONTRACT, OTHER, THIRD, None))
        data = self._program() if to is None else b""
        sender = reader.account(SENDER)
        assert sender is not None
        gas = 5_000_000 if to is None else chance.choice((200_000, 400_000, 2_000_000))
        slots = ((CONTRACT, (0, 3)), (OTHER, (1,))) if chance.random() < 0.3 else ()
        tx = TxEnv(SENDER, to, sender.nonce, chance.randrange(3), data, gas, 2 * GWEI, 2 * GWEI, access_list=slots)
        expected = self.interpreter.execute(self.block, tx, reader)
        assert self.native.execute(self.block, tx, reader) == expected
        return expected.diff

    def step(self) -> None:
        chance = self.chance
        reader = chance.choice(self.readers())()
        diff = self.run(reader)
        if reader is self.open and chance.random() < 0.7:
            self.open.apply(diff)
        kind = chance.random()
        if kind < 0.3:
            self.worlds.append(self.worlds[-1].apply(self.open.diff))
            self.open = self._next_block()
        elif kind < 0.4:
            self.open.apply(self._change())
        elif kind < 0.45:
            self.worlds.append(self.worlds[-1].apply(self._change()))
            self.open = self._next_block()
        elif kind < 0.5:
            # gone, and there again
            address = chance.choice((CONTRACT, OTHER, THIRD))
            again = StateDiff(Cause.CHEAT)
            self._give_code(again, address, asm(0, "SLOAD", 1, "SLOAD", "ADD", 2, "SSTORE"))
            gone = StateDiff(Cause.CHEAT, {address: None})
            if chance.random() < 0.5:
                self.open.apply(gone)
                self.open.apply(again)
            else:
                self.worlds.append(self.worlds[-1].apply(gone).apply(again))
                self.open = self._next_block()
        elif kind < 0.53:
            self.open = self.open.fork()
        elif kind < 0.55:
            del self.worlds[chance.randrange(1, len(self.worlds) + 1) :]
            self.open = self._next_block()
        elif kind < 0.58:
            self.worlds[-1].forget_how_it_was_made()
        elif kind < 0.6:
            for _ in range(STEPS + 1):
                self.worlds.append(self.worlds[-1].apply(StateDiff(Cause.CHEAT)))
            self.open = self._next_block()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rules", SPECS)
def test_no_state_is_taken_for_another(rules: str, seed: int) -> None:
    walk = Walk(seed, *SPECS[rules])
    for _ in range(150):
        walk.step()
