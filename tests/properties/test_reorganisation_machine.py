"""Whatever the sequencer's condition, and whatever is reorganised on either chain: no request fails because of what
another could not do, no transaction is lost without a word, and the way out always works.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev.chain.transactions import DEPOSIT
from megadev.errors import SequencerStopped
from megadev.events import Event, PreconfirmationsLost, TransactionDropped
from megadev.rpc.client import RpcError
from tests.bridging import Bridge

STRANGER = "0x" + "57" * 20
REFUSALS = ("the sequencer", "without the state", "without its state", "exceed current chain height", "cannot lose")
"""How a request may be refused for what it asks itself."""
SETTINGS: dict[str, dict[str, Any]] = {
    "dev": {},
    "dev, when asked": {"no_mining": True},
    "megaeth": {"preset": "megaeth", "mini_block_time": None, "block_time": None, "l1_fee": False},
    "megaeth, continuous": {"preset": "megaeth", "no_mining": True, "l1_fee": False},
    "dev, posting": {"batch": True, "sequencing_window": 6, "channel_seconds": 10**6},
}
PRICE = hex(10**11)
WHO = st.integers(0, 2)
ON_L1 = st.booleans()


class ReorganisationMachine(RuleBasedStateMachine):
    @initialize(kind=st.sampled_from(sorted(SETTINGS)))
    def start(self, kind: str) -> None:
        self.bridge = Bridge(free=False, **SETTINGS[kind])
        self.node = self.bridge.net.node
        self.snapshots: list[str] = []
        self.sent: dict[str, str] = {}
        """Transactions of users on L2, with the snapshots that were there when they were sent."""
        self.dumps: list[str] = []
        self.node.l2.bus.subscribe(self.notice)

    def teardown(self) -> None:
        if hasattr(self, "bridge"):
            self.bridge.close()

    def notice(self, event: Event) -> None:
        if isinstance(event, TransactionDropped):
            self.sent.pop("0x" + event.tx.hash.hex(), None)
        elif isinstance(event, PreconfirmationsLost):
            for tx in event.transactions:
                self.sent.pop("0x" + tx.hash.hex(), None)

    def ask(self, *call: Any, on_l1: bool = False) -> Any:
        """The answer; None where it was refused for what it asks itself."""
        try:
            return (self.bridge.l1 if on_l1 else self.bridge.l2).rpc(*call)
        except RpcError as refusal:
            assert any(words in str(refusal) for words in REFUSALS), (call, refusal)
            return None

    # -- users ------------------------------------------------------------------------------------------------------

    @rule(who=WHO, value=st.integers(1, 3))
    def pay(self, who: int, value: int) -> None:
        request = {"from": self.people[who], "to": STRANGER, "value": hex(value), "gasPrice": PRICE, "gas": "0x10000"}
        tx_hash = self.ask("eth_sendTransaction", request)
        if tx_hash is not None:
            self.sent[tx_hash] = tx_hash

    @rule(who=WHO)
    def deposit(self, who: int) -> None:
        function = self.bridge.portal.functions.depositTransaction(STRANGER, 3, 100_000, False, b"")
        data = function._encode_transaction_data()
        request = {"from": self.people[who], "to": self.bridge.portal.address, "value": "0x3", "data": data}
        assert self.ask("eth_sendTransaction", {**request, "gas": "0x100000", "gasPrice": PRICE}, on_l1=True)

    @rule(who=WHO)
    def withdraw(self, who: int) -> None:
        data = self.bridge.passer.functions.initiateWithdrawal(STRANGER, 100_000, b"")._encode_transaction_data()
        request = {"from": self.people[who], "to": self.bridge.passer.address, "value": "0x1", "data": data}
        tx_hash = self.ask("eth_sendTransaction", {**request, "gas": "0x100000", "gasPrice": PRICE})
        if tx_hash is not None:
            self.sent[tx_hash] = tx_hash

    @rule(on_l1=ON_L1, count=st.integers(1, 3))
    def mine(self, on_l1: bool, count: int) -> None:
        self.ask("anvil_mine", count, on_l1=on_l1)

    @rule(on_l1=ON_L1, balance=st.integers(0, 9))
    def cheat(self, on_l1: bool, balance: int) -> None:
        self.ask("anvil_setBalance", "0x" + "77" * 20, hex(balance), on_l1=on_l1)

    @rule(on_l1=ON_L1, automine=st.booleans())
    def set_mining(self, on_l1: bool, automine: bool) -> None:
        self.ask("evm_setAutomine", automine, on_l1=on_l1)

    # -- the sequencer's condition ------------------------------------------------------------------------------------

    @rule(what=st.sampled_from(("pause", "resume", "restart")))
    def control(self, what: str) -> None:
        self.ask(f"megadev_sequencer_{what}")

    @rule(survive=st.booleans(), blocks=st.sampled_from((0, 0, 1, 2)))
    def crash(self, survive: bool, blocks: int) -> None:
        self.ask("megadev_sequencer_crash", {"survive": survive, "blocks": 0 if survive else blocks})

    @precondition(lambda self: self.posts)
    @rule(name=st.sampled_from(("freeze-origin", "omit-deposit", "withhold-batches", "bad-batch", "bad-root")))
    def misbehave(self, name: str) -> None:
        self.ask("megadev_fault_set", name)

    @precondition(lambda self: self.posts)
    @rule(is_honest=st.booleans())
    def post(self, is_honest: bool) -> None:
        if is_honest:
            for name in ("freeze-origin", "omit-deposit", "withhold-batches", "bad-batch", "bad-root"):
                self.ask("megadev_fault_clear", name)
        self.ask("megadev_batcher_flush")

    # -- reorganisations ----------------------------------------------------------------------------------------------

    @rule(depth=st.integers(1, 4), how=st.sampled_from(("anvil_rollback", "anvil_reorg")))
    def reorganise_l1(self, depth: int, how: str) -> None:
        height = int(self.ask("eth_blockNumber", on_l1=True), 16)
        self.ask(how, min(depth, height), on_l1=True)

    @rule(depth=st.integers(1, 3), how=st.sampled_from(("anvil_rollback", "anvil_reorg")))
    def reorganise_l2(self, depth: int, how: str) -> None:
        before = self.on_chain() | self.in_open()  # which is sealed first
        self.ask(how, depth)
        for gone in before - self.on_chain() - self.in_open() - self.waiting():
            self.sent.pop(gone, None)  # as in Anvil, they are gone

    @rule(on_l1=ON_L1)
    def start_over(self, on_l1: bool) -> None:
        (self.bridge.l1 if on_l1 else self.bridge.l2).rpc("anvil_reset")
        assert self.node.l2.sequencer.is_running, "a reset is a way out"
        self.snapshots.clear()
        if not on_l1:
            self.sent.clear()

    @rule()
    def snapshot(self) -> None:
        taken = self.ask("evm_snapshot")
        if taken is not None:
            self.snapshots.append(taken)

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), on_l1=ON_L1)
    def revert(self, data: st.DataObject, on_l1: bool) -> None:
        index = data.draw(st.integers(0, len(self.snapshots) - 1))
        assert (self.bridge.l1 if on_l1 else self.bridge.l2).rpc("evm_revert", self.snapshots[index]) is True
        del self.snapshots[index:]
        self.sent = {tx_hash: tx_hash for tx_hash in self.on_chain() | self.waiting()}

    @rule(history=st.booleans())
    def dump(self, history: bool) -> None:
        self.dumps.append(self.bridge.l2.rpc("anvil_dumpState", history))

    @precondition(lambda self: self.dumps)
    @rule(data=st.data())
    def load(self, data: st.DataObject) -> None:
        if self.ask("anvil_loadState", data.draw(st.sampled_from(self.dumps))) is not None:
            self.snapshots = [
                each for each in self.snapshots if int(each, 16) in self.node.snapshots.taken(self.node.l2)
            ]
            self.sent = {tx_hash: tx_hash for tx_hash in self.on_chain() | self.waiting()}

    @rule()
    def get_well(self) -> None:
        """Most of the time it runs."""
        self.ask("megadev_sequencer_restart")
        self.ask("megadev_sequencer_resume")
        assert self.node.l2.sequencer.is_running

    @property
    def posts(self) -> bool:
        """Whether L2 is derived from L1 too."""
        return hasattr(self, "bridge") and self.node.driver is not None and self.node.driver.consolidator is not None

    # -- what always holds --------------------------------------------------------------------------------------------

    @property
    def people(self) -> list[str]:
        return [self.bridge.alice, self.bridge.bob, self.bridge.carol]

    def on_chain(self) -> set[str]:
        store = self.node.l2.store
        return {
            "0x" + tx.hash.hex()
            for block in store.blocks(store.genesis.number, store.head.number)
            for tx in block.transactions
            if tx.type != DEPOSIT
        }

    def waiting(self) -> set[str]:
        return {"0x" + tx.hash.hex() for tx in self.node.l2.pool.transactions()}

    def in_open(self) -> set[str]:
        builder = self.node.l2.sequencer.open or self.node.l2.sequencer.written_ahead
        return set() if builder is None else {"0x" + tx.hash.hex() for tx in builder.transactions}

    @invariant()
    def every_question_is_answered(self) -> None:
        if hasattr(self, "bridge"):
            for net in (self.bridge.l1, self.bridge.l2):
                net.rpc("eth_getBlockByNumber", "latest", True)
                net.rpc("eth_getBlockByNumber", "pending", True)
            self.bridge.l2.rpc("megadev_getBridgeStatus")
            assert self.node.held_up_by is None

    @invariant()
    def l2_stands_on_l1_while_its_sequencer_runs(self) -> None:
        if hasattr(self, "bridge") and (self.node.l2.sequencer.is_running or self.is_derived):
            assert self.node.driver is not None and self.node.l1 is not None
            self.node.settle()
            head = self.node.l2.head
            origin = self.node.driver.origin_of(head)
            assert origin is not None
            on_l1 = not any(origin.hash) or self.node.l1.store.by_hash(origin.hash) is not None
            assert on_l1 or head.number <= self.node.driver.progress.adopted

    @property
    def is_derived(self) -> bool:
        """Whether L2 goes on without its sequencer."""
        return self.posts and self.node.l2.sequencer.is_down

    @invariant()
    def what_was_derived_stands_on_both_chains(self) -> None:
        """Batches, origin and blocks go back together."""
        if self.posts and (self.node.l2.sequencer.is_running or self.is_derived):
            self.node.settle()
            driver, l1 = self.node.driver, self.node.l1
            assert driver is not None and driver.consolidator is not None and l1 is not None
            derived, read = driver.consolidator.derived, driver.consolidator.read
            assert self.node.l2.store.by_hash(derived.hash) is not None
            assert read is None or l1.store.by_hash(read.hash) is not None
            safe, finalized = driver.heads()
            assert finalized <= safe <= self.node.l2.head.number

    @invariant()
    def no_transaction_is_lost(self) -> None:
        if hasattr(self, "bridge"):
            assert set(self.sent) <= self.on_chain() | self.waiting() | self.in_open()

    @invariant()
    def what_stands_still_is_not_moved(self) -> None:
        if hasattr(self, "bridge") and not self.node.l2.sequencer.is_running and not self.is_derived:
            before = self.node.l2.head
            self.node.settle()
            with suppress(SequencerStopped):
                self.node.l2.sequencer.mine()
            assert self.node.l2.head is before


TestReorganisations = ReorganisationMachine.TestCase
TestReorganisations.settings = settings(
    max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
