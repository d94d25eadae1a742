"""The law of batches over a real node: whatever users, cheats, snapshots, rotations and reorganisations do to it, in any
order, L1 alone makes every block of L2 again that is safe, or the node has named the first block that it does not make.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev.primitives.abi import encode_call
from megadev.rollup.batcher import BatchFormat
from megadev.rollup.channel import Compression
from megadev.rollup.da import DaKind
from megadev.rpc.client import RpcError
from tests.journeys.test_batches import PRESETS, Rollup

WHO = st.integers(0, 2)
REFUSALS = ("Rollback depth", "Reorg depth", "lower than", "sequencer")
"""What may be said to a request that cannot be followed now."""


class BatchMachine(RuleBasedStateMachine):
    """A rollup with some users and an owner, and a tester who does as he likes."""

    @initialize(preset=st.sampled_from(list(PRESETS)), window=st.sampled_from((8, 3_600)))
    def start(self, preset: str, window: int) -> None:
        self.rollup = Rollup(preset, channel_seconds=10**6, sequencing_window=window, channel_timeout=6)
        self.l1, self.l2 = self.rollup.l1, self.rollup.l2
        self.people = [self.rollup.alice, self.rollup.bob, self.rollup.carol]
        self.snapshots: list[str] = []
        self.lost_alone = False
        """L2 went back behind what was safe by itself: L1 goes on saying what is gone."""

    def ask(self, call: str, *params: Any, on_l1: bool = False) -> Any:
        try:
            return (self.l1 if on_l1 else self.l2).rpc(call, *params)
        except RpcError as refusal:
            assert any(words in str(refusal) for words in REFUSALS), (call, refusal)
            return None

    # -- users, on both chains --------------------------------------------------------------------------------------

    @rule(who=WHO, count=st.integers(1, 3))
    def pay(self, who: int, count: int) -> None:
        for _ in range(count):
            self.rollup.send_from(self.people[who])

    @rule(size=st.integers(0, 200), seed=st.binary(min_size=32, max_size=32))
    def deploy(self, size: int, seed: bytes) -> None:
        code = b"\x00" + (seed * 7)[:size]
        self.rollup.send_from(
            self.rollup.alice, to=None, data="0x60" + f"{len(code) % 256:02x}" + "5f5f3900", value="0x0"
        )

    @rule(value=st.integers(0, 5), count=st.integers(1, 3))
    def deposit(self, value: int, count: int) -> None:
        for _ in range(count):
            self.rollup.deposit(value)

    @rule(count=st.integers(1, 10), on_l1=st.booleans())
    def mine(self, count: int, on_l1: bool) -> None:
        self.ask("anvil_mine", hex(count), on_l1=on_l1)

    @rule(seconds=st.integers(1, 5_000))
    def travel(self, seconds: int) -> None:
        self.ask("evm_increaseTime", seconds)

    # -- the batcher --------------------------------------------------------------------------------------------------

    @rule(
        da=st.sampled_from(list(DaKind)),
        format=st.sampled_from(list(BatchFormat)),
        compression=st.sampled_from(list(Compression)),
    )
    def flush(self, da: DaKind, format: BatchFormat, compression: Compression) -> None:
        self.rollup.flush(da=da.value, format=format.value, compression=compression.value)

    @rule(who=WHO)
    def rotate(self, who: int) -> None:
        owner = self.rollup.node.roles.owner
        data = encode_call("setBatcherHash(bytes32)", bytes.fromhex(self.people[who][2:]).rjust(32, b"\0"))
        self.from_owner(owner.address, data)

    @rule(base=st.integers(0, 10**6), blob=st.integers(0, 10**6))
    def set_scalars(self, base: int, blob: int) -> None:
        owner = self.rollup.node.roles.owner
        self.from_owner(owner.address, encode_call("setGasConfigEcotone(uint32,uint32)", base, blob))

    def from_owner(self, owner: str, data: bytes) -> None:
        self.l1.rpc("anvil_impersonateAccount", owner)
        at = self.rollup.system_config.address
        self.l1.rpc("eth_sendTransaction", {"from": owner, "to": at, "data": "0x" + data.hex()})

    # -- the tester ---------------------------------------------------------------------------------------------------

    @rule(balance=st.integers(0, 9), now=st.integers(0, 4))
    def cheat(self, balance: int, now: int) -> None:
        if now == 0:  # seldom: from the first on there is little left to be compared
            self.ask("anvil_setBalance", "0x" + "77" * 20, hex(balance))

    @rule(depth=st.integers(1, 4), how=st.sampled_from(("anvil_rollback", "anvil_reorg")))
    def reorganise_l1(self, depth: int, how: str) -> None:
        height = int(self.ask("eth_blockNumber", on_l1=True), 16)
        self.ask(how, min(depth, height), on_l1=True)

    @rule(depth=st.integers(1, 3), how=st.sampled_from(("anvil_rollback", "anvil_reorg")), now=st.integers(0, 3))
    def reorganise_l2(self, depth: int, how: str, now: int) -> None:
        if now:
            return
        safe, head = self.rollup.head("safe"), self.rollup.head()
        if head - min(depth, head) < safe:
            self.lost_alone = True
        self.ask(how, min(depth, head))

    @rule(on_l1=st.booleans(), now=st.integers(0, 5))
    def start_over(self, on_l1: bool, now: int) -> None:
        if now:
            return
        (self.l1 if on_l1 else self.l2).rpc("anvil_reset")
        self.snapshots.clear()
        self.lost_alone = self.lost_alone or not on_l1

    @rule()
    def snapshot(self) -> None:
        taken = self.ask("evm_snapshot")
        if taken is not None:
            self.snapshots.append(taken)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.snapshots) - 1))
        assert self.l2.rpc("evm_revert", self.snapshots[index]) is True
        del self.snapshots[index:]

    # -- what always holds --------------------------------------------------------------------------------------------

    @invariant()
    def heads_are_in_order(self) -> None:
        if hasattr(self, "rollup"):
            unsafe, safe, finalized = self.rollup.heads()
            assert unsafe >= safe >= finalized >= 0
            assert self.rollup.node.held_up_by is None
            assert self.l2.rpc("megadev_getBatches")["stalled"] is None

    @invariant()
    def l1_alone_makes_what_is_safe_or_the_exception_is_named(self) -> None:
        if not hasattr(self, "rollup") or self.lost_alone:
            return
        named = self.l2.rpc("megadev_getBatches")["underivable"]
        last = self.rollup.head("safe")
        if named is not None:
            last = min(last, int(named["blockNumber"], 16) - 1)
        chain, ours = self.rollup.derive(), self.rollup.node.l2.store
        for number in range(last + 1):
            derived = chain.store.by_number(number)
            assert derived is not None and derived.hash == ours.resolve(number).hash, (number, named)

    def teardown(self) -> None:
        if hasattr(self, "rollup"):
            self.rollup.l2.rpc("megadev_batcher_flush")
            assert self.rollup.head("safe") == self.rollup.head()
            self.l1_alone_makes_what_is_safe_or_the_exception_is_named()
            self.rollup.close()


TestBatches = BatchMachine.TestCase
TestBatches.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
