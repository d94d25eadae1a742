"""Laws of the bridge, whatever is done in whatever order: no ether appears or vanishes across both chains, each deposit is
on L2 once and under the hash that its log predicts, and a revert restores both chains and everything between them.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev.chain.transactions import DEPOSIT
from tests.bridging import Bridge
from tests.units.rollup.chains import Withdrawal

WITHDRAWN = "0x" + "56" * 20
PEOPLE = st.integers(0, 3)
AMOUNTS = st.integers(0, 10**18)


class BridgeMachine(RuleBasedStateMachine):
    """What users and time may do on either chain."""

    @initialize(leads=st.booleans())
    def start(self, leads: bool) -> None:
        # in the megaeth preset with L1 attributes in each block, and blocks on request
        mega = {"preset": "megaeth", "mini_block_time": None, "block_time": None, "l1_fee": False}
        self.bridge = Bridge(**(mega if leads else {}))
        self.snapshots: list[tuple[str, str, int]] = []
        self.sent: list[Withdrawal] = []

    def teardown(self) -> None:
        if hasattr(self, "bridge"):
            self.bridge.close()

    @rule(who=PEOPLE, to=PEOPLE, mint=AMOUNTS, value=AMOUNTS, gas=st.integers(21_000, 60_000))
    def deposit(self, who: int, to: int, mint: int, value: int, gas: int) -> None:
        """More may be moved than is minted, and than the sender has."""
        people = self.people
        function = self.bridge.portal.functions.depositTransaction(people[to], value * 10**5, gas, False, b"")
        self.transact(function, people[who], mint)

    @rule(who=PEOPLE, value=AMOUNTS)
    def withdraw(self, who: int, value: int) -> None:
        self.transact(self.bridge.passer.functions.initiateWithdrawal(WITHDRAWN, 100_000, b""), self.people[who], value)

    @rule()
    def bring_one_on(self) -> None:
        """Take the next step of the first withdrawal that has one."""
        for each in self.status["withdrawals"]:
            found = self.bridge.l2.rpc("megadev_getWithdrawal", each["withdrawalHash"])
            if found["call"] is not None:
                request = {"from": self.bridge.alice, "gasPrice": "0x0", **found["call"]}
                self.bridge.l1.rpc("eth_sendTransaction", request)
                return

    @rule()
    def skip_windows(self) -> None:
        self.bridge.l2.rpc("megadev_skipWithdrawalWindows")

    @rule(seconds=st.integers(0, 10))
    def let_time_pass(self, seconds: int) -> None:
        self.bridge.l1.rpc("evm_increaseTime", seconds)

    @rule(on_l1=st.booleans())
    def mine(self, on_l1: bool) -> None:
        (self.bridge.l1 if on_l1 else self.bridge.l2).rpc("evm_mine")

    @rule(on_l1=st.booleans(), automine=st.booleans())
    def set_mining(self, on_l1: bool, automine: bool) -> None:
        (self.bridge.l1 if on_l1 else self.bridge.l2).rpc("evm_setAutomine", automine)

    @rule(on_l1=st.booleans(), depth=st.integers(0, 2))
    def roll_back(self, on_l1: bool, depth: int) -> None:
        net = self.bridge.l1 if on_l1 else self.bridge.l2
        height = int(net.rpc("eth_blockNumber"), 16) - on_l1  # from L1's second block on gas is free
        # what was finalized or claimed about blocks that are gone is on L1 for good, as on any chain
        if not self.has_left_l2:
            net.rpc("anvil_rollback", min(depth, height))

    @rule()
    def snapshot(self) -> None:
        before = self.everything
        self.snapshots.append((self.bridge.l1.rpc("evm_snapshot"), before, len(self.snapshots)))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.snapshots) - 1))
        snapshot, before, _ = self.snapshots[index]
        del self.snapshots[index:]
        assert self.bridge.l2.rpc("evm_revert", snapshot) is True
        assert self.everything == before

    @invariant()
    def ether_is_conserved(self) -> None:
        """The portal holds what L2's accounts own, less what has left and with what has not arrived."""
        node = self.bridge.net.node
        node.settle()
        assert node.l1 is not None
        status = self.status
        on_l2 = sum(account.balance for _, account in node.l2.head.world.accounts())
        left = sum(int(each["value"], 16) for each in status["withdrawals"] if each["status"] == "finalized")
        on_its_way = sum(int(each["mint"], 16) for each in status["deposits"] if each["status"] == "waiting")
        portal = node.l1.head.world.account(bytes.fromhex(self.bridge.portal.address[2:]))
        assert portal is not None
        assert portal.balance == on_l2 - left + on_its_way

    @invariant()
    def each_deposit_is_on_l2_once(self) -> None:
        node = self.bridge.net.node
        blocks = node.l2.store.blocks(0, node.l2.head.number)
        included = [
            "0x" + tx.hash.hex()
            for block in blocks
            for tx in block.transactions
            if tx.type == DEPOSIT and tx.to != bytes.fromhex(self.bridge.l1_block.address[2:])
        ]
        arrived = [each["l2TransactionHash"] for each in self.status["deposits"] if each["status"] != "waiting"]
        assert included == arrived

    @property
    def has_left_l2(self) -> bool:
        return any(each["status"] != "waiting-to-prove" for each in self.status["withdrawals"])

    @property
    def status(self) -> Any:
        return self.bridge.l2.rpc("megadev_getBridgeStatus")

    @property
    def everything(self) -> str:
        status = self.status
        for message in (*status["deposits"], *status["withdrawals"]):
            del message["age"]
            message.pop("readyIn", None)
        heads = [net.rpc("eth_getBlockByNumber", "latest", True) for net in (self.bridge.l1, self.bridge.l2)]
        pools = [net.rpc("txpool_content") for net in (self.bridge.l1, self.bridge.l2)]
        return json.dumps([heads, pools, status], sort_keys=True)

    @property
    def people(self) -> list[str]:
        return [self.bridge.alice, self.bridge.bob, self.bridge.carol, self.bridge.role]

    def transact(self, function: Any, sender: str, value: int) -> None:
        function.transact({"from": sender, "value": value, "gas": 1_000_000, "gasPrice": 0})


TestBridge = BridgeMachine.TestCase
TestBridge.settings = settings(max_examples=8, stateful_step_count=15)
