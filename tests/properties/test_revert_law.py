"""Revert restores everything: after any mix of cheats, transactions, time jumps, mode switches and reorganisations on either
chain, going back to a snapshot gives the same answers to every question and the same state, to the last account and slot,
on both.
"""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.devnet import Endpoint
from megadev.rpc.client import RpcError

ETHER = 10**18
START = 1_700_000_000
WHO = st.integers(0, 3)
WHERE = st.sampled_from((0, 0, 1))
"""L2, or L1."""
STRANGER = "0x" + "5a" * 20
WRITER = "0x5f355f55600160405260206040a000"  # sstore(0, calldata word), log0 of one word
QUESTIONS: tuple[tuple[Any, ...], ...] = (
    ("eth_blockNumber",),
    ("eth_chainId",),
    ("eth_getBlockByNumber", "latest", True),
    ("eth_getBlockByNumber", "pending", True),
    ("eth_getBlockByNumber", "safe", False),
    ("eth_getBlockReceipts", "latest"),
    ("eth_getLogs", {"fromBlock": "0x0"}),
    ("eth_feeHistory", 5, "latest", [50]),
    ("eth_gasPrice",),
    ("eth_baseFee",),
    ("eth_blobBaseFee",),
    ("eth_coinbase",),
    ("eth_accounts",),
    ("txpool_content",),
    ("eth_pendingTransactions",),
    ("anvil_nodeInfo",),
    ("anvil_getAutomine",),
    ("anvil_getIntervalMining",),
)


class RevertMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.clock = ManualClock(START)
        self.net = Devnet(accounts=4, balance=10, clock=self.clock)
        self.net.node.call_when_timer_needed(lambda: None)  # the mode is under test here, not the timer
        self.who = [account.address for account in self.net.accounts] + [STRANGER]
        self.snapshots: list[tuple[str, dict[str, Any], list[Any]]] = []
        self.count = itertools.count(1)
        self.net.rpc("anvil_mine", 3)
        self.take()

    def teardown(self) -> None:
        """Every story ends at its beginning."""
        if hasattr(self, "net"):
            while self.snapshots:
                self.go_back(len(self.snapshots) - 1)
            self.net.close()

    # -- everything that there is to see --------------------------------------------------------------------------

    def seen(self) -> dict[str, Any]:
        """Every answer that a caller can get, and everything that the node remembers."""
        accounts = self.net.node.accounts
        return {
            "L2": self.seen_on(self.net.l2),
            "L1": self.seen_on(self.net.l1),
            "whom": (accounts.impersonated, accounts.auto_impersonate, accounts.signatures),
            "logging": self.net.node.logging,
        }

    def seen_on(self, endpoint: Endpoint) -> dict[str, Any]:
        chain, rpc = endpoint.chain, endpoint.rpc
        answers = {str(question): rpc(*question) for question in QUESTIONS}
        sequencer, time = chain.sequencer, chain.time
        world = chain.head.world
        state = chain.sequencer.head_state()
        return answers | {
            "nonces": [rpc("eth_getTransactionCount", address, "pending") for address in self.who],
            "balances": [rpc("eth_getBalance", address) for address in self.who],
            "code and slots": [(rpc("eth_getCode", one), state.storage(bytes.fromhex(one[2:]), 0)) for one in self.who],
            "hashes": [block.hash for block in chain.store.blocks(0, chain.head.number)],
            "found": [
                chain.store.transaction(tx.hash) == (block, index)
                for block in chain.store.blocks(0, chain.head.number)
                for index, tx in enumerate(block.transactions)
            ],
            "root": world.state_root,
            "accounts": dict(world.accounts()),
            "storage": {address: dict(world.storage_of(address)) for address, _ in world.accounts()},
            "irregular": sequencer.irregular,
            "arrivals": [tx.hash for tx in chain.pool.transactions()],
            "settings": (sequencer.blocks, sequencer.mode, sequencer.spec, chain.mining.block_time),
            # the offset is not there: it makes up for the time that passed, so that the chain's time is what it was
            "time": (
                time.now(),
                time.latest_block,
                time.settings.next_exact,
                time.settings.interval,
                time.settings.lead,
            ),
        }

    def ask(self, where: int, *call: Any) -> None:
        """Do it, or be refused: both leave something to go back from."""
        try:
            self.net.endpoints[where].rpc(*call)
        except RpcError as refusal:
            assert refusal.code != -32603, refusal

    # -- what may happen in between -------------------------------------------------------------------------------

    @rule(
        where=WHERE,
        sender=WHO,
        to=st.integers(0, 4),
        value=st.integers(0, 3 * ETHER),
        ahead=st.sampled_from((0, 0, 0, 1)),
    )
    def pay(self, where: int, sender: int, to: int, value: int, ahead: int) -> None:
        nonce = int(self.net.endpoints[where].rpc("eth_getTransactionCount", self.who[sender], "pending"), 16) + ahead
        request = {"from": self.who[sender], "to": self.who[to], "value": hex(value), "nonce": hex(nonce)}
        self.ask(where, "eth_sendTransaction", request | {"gas": "0x11170", "data": f"0x{next(self.count):064x}"})

    @rule(where=WHERE, as_whom=st.sampled_from((STRANGER, "0x" + "00" * 20)))
    def pay_as_somebody(self, where: int, as_whom: str) -> None:
        self.ask(where, "eth_sendTransaction", {"from": as_whom, "to": self.who[0], "gas": "0x5208"})

    @rule(where=WHERE, count=st.integers(1, 4), interval=st.sampled_from((None, 1, 3600)))
    def mine(self, where: int, count: int, interval: int | None) -> None:
        self.ask(where, "anvil_mine", count, interval)

    @rule(where=WHERE, who=st.integers(0, 4), number=st.integers(0, 20))
    def cheat(self, where: int, who: int, number: int) -> None:
        address = self.who[who]
        self.ask(where, "anvil_setBalance", address, hex(number * ETHER))
        self.ask(where, "anvil_setStorageAt", address, "0x0", f"0x{number:064x}")
        if number % 3 == 0:
            self.ask(where, "anvil_setNonce", address, number)
        if address == STRANGER:
            self.ask(where, "anvil_setCode", address, WRITER if number % 2 else "0x")

    @rule(where=WHERE, seconds=st.integers(0, 10_000), how=st.integers(0, 6))
    def travel(self, where: int, seconds: int, how: int) -> None:
        if how == 0:
            self.clock.advance(seconds)
            return
        later = self.net.endpoints[where].chain.time.now() + seconds
        self.ask(
            where,
            *[
                ("evm_increaseTime", seconds),
                ("evm_increaseTime", seconds, True),
                ("evm_setTime", later - 5_000),
                ("evm_setNextBlockTimestamp", later),
                ("anvil_setBlockTimestampInterval", seconds),
                ("anvil_removeBlockTimestampInterval",),
            ][how - 1],
        )

    @rule(
        where=WHERE,
        what=st.sampled_from(
            (
                ("evm_setAutomine", True),
                ("evm_setAutomine", False),
                ("evm_setIntervalMining", 7),
                ("evm_setIntervalMining", 0.5),
                ("evm_setIntervalMining", 0),
                ("anvil_setCoinbase", STRANGER),
                ("anvil_setNextBlockBaseFeePerGas", hex(3 * 10**9)),
                ("anvil_setNextBlockPrevRandao", "0x" + "77" * 32),
                ("evm_setBlockGasLimit", 25_000_000),
                ("anvil_impersonateAccount", STRANGER),
                ("anvil_stopImpersonatingAccount", STRANGER),
                ("anvil_autoImpersonateAccount", True),
                ("anvil_setLoggingEnabled", False),
                ("anvil_dropAllTransactions",),
                ("anvil_setChainId", 1234),
                ("anvil_impersonateSignature", "0x" + "11" * 64 + "1b", STRANGER),
            )
        ),
    )
    def switch(self, where: int, what: tuple[Any, ...]) -> None:
        self.ask(where, *what)

    @rule(where=WHERE, depth=st.integers(1, 3))
    def roll_back(self, where: int, depth: int) -> None:
        self.ask(where, "anvil_rollback", depth)

    @rule(where=WHERE, depth=st.integers(1, 3), value=st.integers(0, 5))
    def reorganise(self, where: int, depth: int, value: int) -> None:
        pair = [{"from": self.who[0], "to": self.who[1], "value": hex(value), "gas": "0x5208"}, 0]
        self.ask(where, "anvil_reorg", depth, [pair] if value else [])

    # -- the law --------------------------------------------------------------------------------------------------

    @rule()
    def remember(self) -> None:
        self.take()

    def take(self) -> None:
        seen = self.seen()
        self.snapshots.append((self.net.rpc("evm_snapshot"), seen, [self.net.rpc("anvil_metadata")["snapshots"]]))

    @precondition(lambda self: bool(getattr(self, "snapshots", None)))
    @rule(which=st.integers(0, 10))
    def revert(self, which: int) -> None:
        self.go_back(which % len(self.snapshots))

    def go_back(self, which: int) -> None:
        snapshot_id, before, (others,) = self.snapshots[which]
        assert self.net.rpc("evm_revert", snapshot_id) is True
        after = self.seen()
        for chain in ("L1", "L2"):
            for what, expected in before[chain].items():
                assert after[chain][what] == expected, (chain, what)
        assert after == before
        for gone, _, _ in self.snapshots[which:]:
            assert self.net.rpc("evm_revert", gone) is False
        del self.snapshots[which:], others[snapshot_id]
        assert self.net.rpc("anvil_metadata")["snapshots"] == others

    @invariant()
    def the_chain_hangs_together(self) -> None:
        if not hasattr(self, "net"):
            return
        for chain in self.net.node.chains:
            blocks = chain.store.blocks(0, chain.head.number)
            for parent, block in itertools.pairwise(blocks):
                assert block.header.parent_hash == parent.hash
                assert block.header.timestamp > parent.header.timestamp
            assert blocks[-1].world.state_root == blocks[-1].header.state_root


TestRevertLaw = RevertMachine.TestCase
TestRevertLaw.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
