"""A node against a model: whatever is sent, mined, cheated or reverted, balances, nonces, the pool and the chain of blocks are
what simple arithmetic says, ether is conserved, and every transaction is in exactly one block.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from megadev import Devnet
from megadev.rpc.client import RpcError

ETHER = 10**18
GWEI = 10**9
START = 10 * ETHER
COINBASE = "0x" + "00" * 20
WHO = st.integers(0, 3)


@dataclass
class Model:
    """What the node should believe."""

    balances: dict[str, int]
    nonces: dict[str, int]
    waiting: dict[str, dict[int, tuple[str, str, int, int]]] = field(default_factory=dict)
    """sender → nonce → (hash, to, value, gas price)"""
    included: list[str] = field(default_factory=list)
    burned: int = 0
    granted: int = 0
    height: int = 0
    automine: bool = True


class ChainMachine(RuleBasedStateMachine):
    @initialize()
    def start(self) -> None:
        self.net = Devnet(accounts=4, balance=10, timestamp=1_700_000_000, manual_clock=True)
        self.who = [account.address for account in self.net.accounts]
        self.model = Model(dict.fromkeys(self.who, START), dict.fromkeys(self.who, 0))
        self.model.balances[COINBASE] = 0
        self.snapshots: list[tuple[str, Model]] = []

    def teardown(self) -> None:
        if hasattr(self, "net"):
            self.net.close()

    # -- what the node is asked ----------------------------------------------------------------------------------

    def send(self, sender: str, to: str, value: int, nonce: int, price: int) -> Any:
        return self.net.rpc(
            "eth_sendTransaction",
            {
                "from": sender,
                "to": to,
                "value": hex(value),
                "nonce": hex(nonce),
                "gas": hex(21_000),
                "gasPrice": hex(price),
            },
        )

    def base_fee(self) -> int:
        return int(self.net.rpc("eth_getBlockByNumber", "pending", False)["baseFeePerGas"], 16)

    # -- rules ---------------------------------------------------------------------------------------------------

    @rule(sender=WHO, to=WHO, value=st.integers(0, 3 * ETHER), ahead=st.integers(-1, 2), tip=st.integers(0, 3))
    def transfer(self, sender: int, to: int, value: int, ahead: int, tip: int) -> None:
        """Anything: affordable or not, in order, behind a gap or used up."""
        nonce = self.model.nonces[self.who[sender]] + ahead
        if nonce >= 0:
            self.try_to_send(self.who[sender], self.who[to], value, nonce, self.base_fee() * 2 + tip * GWEI)

    @rule(sender=WHO, to=WHO, value=st.integers(1, 9), count=st.integers(1, 3))
    def pay_next(self, sender: int, to: int, value: int, count: int) -> None:
        """What most users do: the next nonce, a small amount."""
        for _ in range(count):
            source = self.who[sender]
            run = self.model.nonces[source]
            while run in self.model.waiting.get(source, {}):
                run += 1
            self.try_to_send(source, self.who[to], value, run, self.base_fee() * 2)

    @precondition(lambda self: hasattr(self, "model") and any(self.model.waiting.values()))
    @rule(pick=st.integers(0, 20), percent=st.sampled_from((99, 105, 109, 110, 111, 125)))
    def replace(self, pick: int, percent: int) -> None:
        """Outbid a waiting transaction, or try to."""
        waiting = [(source, nonce) for source, lane in self.model.waiting.items() for nonce in lane]
        source, nonce = waiting[pick % len(waiting)]
        _, target, value, price = self.model.waiting[source][nonce]
        self.try_to_send(source, target, value + 1, nonce, -(-price * percent // 100))

    def try_to_send(self, source: str, target: str, value: int, nonce: int, price: int) -> None:
        """Send, and check that it is taken or refused for the reason the model gives."""
        model = self.model
        lane = model.waiting.setdefault(source, {})
        cost = 21_000 * price + value
        old = lane.get(nonce)
        refusal = None
        if nonce < model.nonces[source]:
            refusal = "nonce too low"
        elif price < self.base_fee():
            refusal = "less than block base fee"
        elif model.balances[source] < cost:
            refusal = "insufficient funds"
        elif old is not None and price < -(-old[3] * 110 // 100):
            refusal = "underpriced"
        try:
            tx_hash = self.send(source, target, value, nonce, price)
        except RpcError as error:
            already_known = old is not None and "already known" in error.message and (target, value, price) == old[1:]
            assert already_known or (refusal is not None and refusal in error.message), (refusal, error)
            return
        assert refusal is None, f"accepted in spite of: {refusal}"
        lane[nonce] = (tx_hash, target, value, price)
        if model.automine:
            self.run_ready(source)

    def run_ready(self, *first: str) -> None:
        """In instant mode each ready transaction gets a block of its own; learn the fee from the block, check the rest."""
        model = self.model
        for source in first:
            lane = model.waiting.get(source, {})
            while model.nonces[source] in lane:
                if not self.include(source, block=model.height + 1):
                    break
                model.height += 1

    def include(self, source: str, block: int) -> bool:
        model = self.model
        lane = model.waiting[source]
        tx_hash, target, value, price = lane.pop(model.nonces[source])
        receipt = self.net.rpc("eth_getTransactionReceipt", tx_hash)
        if receipt is None:
            assert model.balances[source] < 21_000 * price + value, "a payable transaction was dropped"
            return False
        assert int(receipt["blockNumber"], 16) == block
        assert receipt["status"] == "0x1" and int(receipt["gasUsed"], 16) == 21_000
        base_fee = int(self.net.rpc("eth_getBlockByNumber", receipt["blockNumber"], False)["baseFeePerGas"], 16)
        model.nonces[source] += 1
        model.balances[source] -= value + 21_000 * price
        model.balances[target] += value
        model.balances[COINBASE] += 21_000 * (price - base_fee)
        model.burned += 21_000 * base_fee
        model.included.append(tx_hash)
        return True

    @rule(on=st.booleans())
    def switch_automine(self, on: bool) -> None:
        """Only with an empty pool: what order waiting transactions run in is the pool's own test."""
        if any(self.model.waiting.values()):
            return
        self.net.rpc("evm_setAutomine", on)
        self.model.automine = on

    @rule()
    def mine(self) -> None:
        """One block from the pool: learn the order from it, check the arithmetic."""
        model = self.model
        self.net.rpc("evm_mine")
        model.height += 1
        block = self.net.rpc("eth_getBlockByNumber", "latest", True)
        assert int(block["number"], 16) == model.height
        by_hash = {waiting[0]: sender for sender, lane in model.waiting.items() for waiting in lane.values()}
        for tx in block["transactions"]:
            sender = by_hash[tx["hash"]]
            assert model.waiting[sender][model.nonces[sender]][0] == tx["hash"], "out of nonce order"
            assert self.include(sender, model.height)
        for sender, lane in model.waiting.items():
            following = lane.get(model.nonces[sender])
            if following is not None:
                assert model.balances[sender] < 21_000 * following[3] + following[2] or following[3] < int(
                    block["baseFeePerGas"], 16
                ), "a payable transaction was left out"
                if model.balances[sender] < 21_000 * following[3] + following[2]:
                    del lane[model.nonces[sender]]

    @rule()
    def idle(self) -> None:
        """A server's node prepares its next block when nobody asks for anything: nothing may depend on it."""
        self.net.node.prepare()

    @rule(who=WHO, balance=st.integers(0, 20 * ETHER))
    def set_balance(self, who: int, balance: int) -> None:
        address = self.who[who]
        self.net.rpc("anvil_setBalance", address, hex(balance))
        self.model.granted += balance - self.model.balances[address]
        self.model.balances[address] = balance

    @rule()
    def snapshot(self) -> None:
        self.snapshots.append((self.net.rpc("evm_snapshot"), copy.deepcopy(self.model)))

    @precondition(lambda self: bool(getattr(self, "snapshots", None)))
    @rule(which=st.integers(0, 10))
    def revert(self, which: int) -> None:
        index = which % len(self.snapshots)
        snapshot_id, model = self.snapshots[index]
        assert self.net.rpc("evm_revert", snapshot_id) is True
        assert self.net.rpc("evm_revert", snapshot_id) is False
        del self.snapshots[index:]
        gone = set(self.model.included) - set(model.included)
        self.model = model
        for tx_hash in gone:
            assert self.net.rpc("eth_getTransactionReceipt", tx_hash) is None

    # -- what always holds ---------------------------------------------------------------------------------------

    @invariant()
    def accounts_agree(self) -> None:
        if not hasattr(self, "net"):
            return
        for address, balance in self.model.balances.items():
            assert int(self.net.rpc("eth_getBalance", address, "latest"), 16) == balance, address
        for address, nonce in self.model.nonces.items():
            assert int(self.net.rpc("eth_getTransactionCount", address, "latest"), 16) == nonce
            run = nonce
            while run in self.model.waiting.get(address, {}):
                run += 1
            assert int(self.net.rpc("eth_getTransactionCount", address, "pending"), 16) == run

    @invariant()
    def the_pool_agrees(self) -> None:
        if not hasattr(self, "net"):
            return
        content = self.net.rpc("txpool_content")
        pooled = {
            tx["hash"] for side in ("pending", "queued") for lane in content[side].values() for tx in lane.values()
        }
        assert pooled == {waiting[0] for lane in self.model.waiting.values() for waiting in lane.values()}

    @invariant()
    def ether_is_conserved(self) -> None:
        if not hasattr(self, "net"):
            return
        assert sum(self.model.balances.values()) == len(self.who) * START + self.model.granted - self.model.burned

    @invariant()
    def the_chain_hangs_together(self) -> None:
        if not hasattr(self, "net"):
            return
        store = self.net.l2.chain.store
        assert int(self.net.rpc("eth_blockNumber"), 16) == self.model.height == store.head.number
        seen: list[str] = []
        for number in range(1, store.head.number + 1):
            block, parent = store.by_number(number), store.by_number(number - 1)
            assert block is not None and parent is not None
            assert block.header.parent_hash == parent.hash
            assert block.header.timestamp > parent.header.timestamp
            assert block.header.state_root == block.world.state_root
            seen += ["0x" + tx.hash.hex() for tx in block.transactions]
        assert sorted(seen) == sorted(self.model.included)


TestChainMachine = ChainMachine.TestCase
TestChainMachine.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
