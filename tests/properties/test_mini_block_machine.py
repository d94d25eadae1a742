"""Every transaction is in exactly one mini-block and exactly one block, and mini-blocks are numbered without gaps: whatever
is sent, sealed, cheated, switched, reverted or reorganised in continuous mode, and whenever the timers fire.
"""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev import Devnet
from megadev.chain.mini_blocks import UNSEALED_HASH, MiniBlock, mini_blocks
from megadev.clock import ManualClock
from megadev.events import BlockSealed, BlocksRemoved, Event, MiniBlockSealed, TransactionPreconfirmed
from megadev.node.reopening import block_start
from megadev.rpc.client import RpcError
from tests.manual_loop import ManualLoop

START = 1_700_000_000
WHO = st.integers(0, 3)
STRANGER = "0x" + "5a" * 20
WRITER = "0x5f355f55600160405260206040a000"  # sstore(0, calldata word), log0 of one word


class MiniBlockMachine(RuleBasedStateMachine):
    @initialize(gas_limit=st.sampled_from((None, 250_000)))
    def start(self, gas_limit: int | None) -> None:
        self.clock = ManualClock(START)
        self.loop = ManualLoop(self.clock)
        self.net = Devnet(
            preset="megaeth",
            no_l1=True,
            accounts=4,
            balance=10,
            gas_limit=gas_limit,
            clock=self.clock,
            loop=self.loop,  # type: ignore[arg-type]
        )
        self.who = [account.address for account in self.net.accounts] + [STRANGER]
        self.net.rpc("anvil_setCode", STRANGER, WRITER)
        self.net.rpc("evm_mine")
        self.announced: list[MiniBlock] = []
        """Mini-blocks that were told of and not taken back."""
        self.sealed: list[Any] = [*self.net.l2.chain.store.blocks(0, 1)]
        """Blocks, likewise."""
        self.executed: list[tuple[bytes, int]] = []
        """Transactions (hash, block) that were preconfirmed, and not taken back."""
        self.balance = 0
        """What the stranger owns; nobody pays it anything, but cheats do."""
        self.snapshots: list[tuple[str, int]] = []
        self.views: list[tuple[Any, bytes, int]] = []
        self.count = itertools.count(1)
        self.checked = 1
        self.net.node.l2.bus.subscribe(self.notice)

    def teardown(self) -> None:
        if hasattr(self, "net"):
            self.net.close()

    def notice(self, event: Event) -> None:
        """A subscriber's book of what it was told."""
        if isinstance(event, TransactionPreconfirmed):
            earlier = sum(number < event.block_number for _, number in self.executed)
            self.executed.insert(earlier + event.index, (event.tx.hash, event.block_number))
        elif isinstance(event, MiniBlockSealed):
            mini = event.mini_block
            assert mini.number == len(self.announced), "a number is missing, or was given twice"
            assert mini.transactions
            if self.announced:
                assert mini.timestamp >= self.announced[-1].timestamp
            self.announced.append(mini)
        elif isinstance(event, BlockSealed):
            assert event.block.number == len(self.sealed)
            self.sealed.append(event.block)
        elif isinstance(event, BlocksRemoved):
            for block in event.blocks:
                assert self.sealed.pop() is block
                assert [
                    msgspec.structs.replace(mini, diffs=()) for mini in self.announced[-len(block.cuts) :] if block.cuts
                ] == [*mini_blocks(block)]
                del self.announced[len(self.announced) - len(block.cuts) :]
            self.executed = [(tx, number) for tx, number in self.executed if number < len(self.sealed)]
            self.checked = min(self.checked, len(self.sealed) - 1)

    def open_block(self) -> Any:
        """What is executed and not sealed."""
        return self.net.l2.chain.open_block

    def ask(self, *call: Any) -> Any:
        try:
            return self.net.rpc(*call)
        except RpcError as refusal:
            assert refusal.code != -32603, refusal
            return None

    # -- what may happen ------------------------------------------------------------------------------------------

    @rule(
        sender=WHO,
        to=st.integers(0, 4),
        ahead=st.sampled_from((0, 0, 0, 0, 1, 2)),
        gas=st.sampled_from((60_000, 90_000, 250_000)),
    )
    def pay(self, sender: int, to: int, ahead: int, gas: int) -> None:
        nonce = int(self.net.rpc("eth_getTransactionCount", self.who[sender], "pending"), 16) + ahead
        request = {"from": self.who[sender], "to": self.who[to], "nonce": hex(nonce), "gas": hex(gas)}
        self.ask("eth_sendTransaction", request | {"data": f"0x{next(self.count):064x}"})

    @rule(balance=st.integers(0, 100))
    def cheat(self, balance: int) -> None:
        self.net.rpc("anvil_setBalance", STRANGER, hex(balance))
        self.balance = balance

    @precondition(lambda self: hasattr(self, "net") and self.net.l2.chain.open_block is not None)
    @rule(who=WHO)
    def look_and_remember(self, who: int) -> None:
        """What a reader holds must not change under its hands."""
        address = bytes.fromhex(self.who[who][2:])
        view = self.net.l2.chain.open_block
        account = view.state.account(address)
        self.views.append((view, address, account.nonce if account is not None else 0))

    @rule(milliseconds=st.sampled_from((1, 9, 10, 11, 200, 999, 1000, 2500)))
    def let_time_pass(self, milliseconds: int) -> None:
        self.loop.advance(milliseconds / 1000)

    @rule(count=st.integers(1, 10))
    def mine(self, count: int) -> None:
        self.ask("anvil_mine", count)

    @rule(what=st.sampled_from((
        ("anvil_setStorageAt", STRANGER, "0x0", "0x" + "07" * 32),
        ("evm_increaseTime", 3),
        ("anvil_setCoinbase", STRANGER),
        ("anvil_setNextBlockPrevRandao", "0x" + "77" * 32),
        ("evm_setBlockGasLimit", 400_000),
        ("evm_setAutomine", False),
        ("evm_setAutomine", True),
        ("evm_setIntervalMining", 0),
        ("evm_setIntervalMining", 1),
        ("anvil_dropAllTransactions",),
        ("anvil_dumpState",),
        ("eth_getBlockByNumber", "pending", True),
        ("eth_call", {"to": STRANGER}, "latest"),
    )))  # fmt: skip
    def ask_for(self, what: tuple[Any, ...]) -> None:
        self.ask(*what)

    @rule()
    def idle(self) -> None:
        self.net.node.prepare()

    @rule()
    def snapshot(self) -> None:
        self.snapshots.append((self.net.rpc("evm_snapshot"), self.balance))

    @precondition(lambda self: bool(getattr(self, "snapshots", None)))
    @rule(which=st.integers(0, 9))
    def revert(self, which: int) -> None:
        index = which % len(self.snapshots)
        snapshot_id, self.balance = self.snapshots[index]
        assert self.net.rpc("evm_revert", snapshot_id) is True
        del self.snapshots[index:]

    @rule(depth=st.integers(1, 3), how=st.booleans())
    def reorganise(self, depth: int, how: bool) -> None:
        pair = [{"from": self.who[0], "to": self.who[1], "gas": "0x5208"}, 0]
        self.ask(*(("anvil_reorg", depth, [pair]) if how else ("anvil_rollback", depth)))
        # cheats since the common ancestor are gone with their blocks
        self.balance = int(self.net.rpc("eth_getBalance", STRANGER), 16)

    # -- what always holds ----------------------------------------------------------------------------------------

    @invariant()
    def the_books_agree_with_the_chain(self) -> None:
        if not hasattr(self, "net"):
            return
        chain = self.net.l2.chain
        blocks = chain.store.blocks(0, chain.head.number)
        assert all(told is kept for told, kept in zip(self.sealed, blocks, strict=True))
        open_block = self.open_block()
        everywhere = [*blocks, *([open_block] if open_block is not None else [])]
        pieces = [mini for block in everywhere for mini in mini_blocks(block)]
        assert pieces == [msgspec.structs.replace(mini, diffs=()) for mini in self.announced]
        tx_offset = mini_offset = 0
        for block in everywhere:
            ends = [cut.end for cut in block.cuts]
            assert ends == sorted(set(ends)) and (
                block is open_block or ends[-1:] == [len(block.transactions)][: len(ends)]
            )
            assert (block.mini_block_offset, getattr(block, "tx_offset", tx_offset)) == (mini_offset, tx_offset)
            assert block is open_block or bool(ends) == bool(block.transactions)
            tx_offset, mini_offset = tx_offset + len(block.transactions), mini_offset + len(ends)
            before = blocks[block.number - 1].timestamp if block.number else 0
            assert all(before * 1_000_000 < cut.timestamp <= block.timestamp * 1_000_000 for cut in block.cuts)
        placed = [(tx.hash, block.number) for block in everywhere for tx in block.transactions]
        assert len({tx_hash for tx_hash, _ in placed}) == len(placed)
        reorganised = {tx.hash for block in blocks for tx in block.transactions} - {
            tx_hash for tx_hash, _ in self.executed
        }
        assert [place for place in placed if place[0] not in reorganised] == self.executed
        assert not {tx.hash for tx in chain.pool.transactions()} & {tx_hash for tx_hash, _ in placed}
        assert int(self.net.rpc("eth_getBalance", STRANGER), 16) == self.balance
        for view, address, nonce in self.views:
            account = view.state.account(address)
            assert (account.nonce if account is not None else 0) == nonce
            assert len(view.transactions) == len(view.receipts) == view.count
        for tx_hash, number in placed[-3:] if open_block is chain.open_block else ():
            receipt = self.net.rpc("eth_getTransactionReceipt", "0x" + tx_hash.hex())
            expected = UNSEALED_HASH if number > chain.head.number else blocks[number].hash
            assert (receipt["blockHash"], int(receipt["blockNumber"], 16)) == ("0x" + expected.hex(), number)
            mini = chain.mini_block_of(tx_hash)
            assert mini is None or tx_hash in [tx.hash for tx in mini.transactions]

    @invariant()
    def blocks_replay_to_the_same_hash(self) -> None:
        if not hasattr(self, "net"):
            return
        chain = self.net.l2.chain
        for number in range(self.checked + 1, chain.head.number + 1):
            block = chain.store.by_number(number)
            assert block is not None
            if block.transactions:
                builder = block_start(chain, block)
                for tx in block.transactions:
                    builder.include(tx)
                assert builder.seal().hash == block.hash
        self.checked = chain.head.number


TestMiniBlockMachine = MiniBlockMachine.TestCase
TestMiniBlockMachine.settings = settings(
    max_examples=50, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
