"""A copy of a sequencer's chain, told by it and served elsewhere: the same answers a little later; nothing is taken that
is not signed or does not have the roots it is said to have.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.cli.main import run as main
from megadev.cli.replica_node import CannotFollow, ReplicaNode
from megadev.node.replica import Replica, UpdateRefused
from megadev.node.replication import BlockUpdate, MiniBlockUpdate, Update
from megadev.primitives.abi import encode_call
from megadev.primitives.latency import parse_latency
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.waiting import until
from tests.stage.wallet import Wallet

STRANGER = "0x" + "42" * 20
PRESETS: dict[str, dict[str, Any]] = {"dev": {}, "megaeth": {"preset": "megaeth", "block_time": 0.25}}
READS = ("eth_getBlockByNumber", "latest", True), ("eth_getBalance", STRANGER, "latest"), ("eth_blockNumber",)
WAIT = 20.0


@contextmanager
def replica_of(net: Devnet, lag: float = 0.0, **more: Any) -> Iterator[tuple[ReplicaNode, Devnet]]:
    """A served replica that follows ``net``."""
    node, stop = ReplicaNode(net.url, lag, **more), threading.Event()
    with node.opened() as copy:
        copy.serve()
        following = threading.Thread(target=node.follow, args=(stop,))
        following.start()
        try:
            yield node, copy
        finally:
            stop.set()
            following.join(WAIT)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_lagging_replica_answers_as_the_sequencer_does_a_little_later(preset: str) -> None:
    with Devnet(**PRESETS[preset]) as net:
        net.serve()
        alice = net.accounts[0].address

        created = Wallet(net.rpc, alice, gas=30_000_000).make(data=load("Storage").creation)
        contract = created["contractAddress"]
        with replica_of(net, lag=0.2) as (node, copy):
            assert copy.rpc("eth_accounts") == net.rpc("eth_accounts")
            receipt = Wallet(copy.rpc, alice).make(STRANGER, value=1)  # answered by the sequencer at once
            sent = receipt["transactionHash"]
            assert net.rpc("eth_getTransactionReceipt", sent) is not None
            assert copy.rpc("eth_getTransactionReceipt", sent) is None
            until(lambda: copy.rpc("eth_getTransactionReceipt", sent) is not None)
            data = encode_call("write(uint256,uint256)", 1, 2)
            Wallet(copy.rpc, alice).make(contract, data)
            for _ in range(5):
                Wallet(net.rpc, alice).make(STRANGER, value=1)
            net.rpc("anvil_setBalance", "0x" + "77" * 20, "0x5")
            net.rpc("evm_mine")
            if preset == "dev":
                net.rpc("anvil_mine", "0x64")  # a row of empty blocks
                id_ = net.rpc("evm_snapshot")
                Wallet(net.rpc, alice).make(STRANGER, value=1)
                until(lambda: net.node.l2.head.hash == copy.node.l2.head.hash)
                net.rpc("evm_revert", id_)
                Wallet(net.rpc, alice).make(STRANGER, value=3)
            last = Wallet(net.rpc, alice).make(STRANGER, value=1)["transactionHash"]
            until(lambda: copy.rpc("eth_getTransactionReceipt", last) is not None)
            until(lambda: copy.node.l2.head.hash == net.node.l2.head.hash)
            if preset == "megaeth":
                assert node.replica.mini_blocks > 0
                net.rpc("megadev_sequencer_pause")
                until(lambda: copy.node.l2.head.hash == net.node.l2.head.hash)
            for method, *params in (
                *READS,
                ("eth_getBalance", "0x" + "77" * 20, "latest"),
                ("eth_getStorageAt", contract, "0x1", "latest"),
                ("eth_getCode", contract, "latest"),
                ("eth_getProof", contract, ["0x1"], "latest"),
                ("eth_getTransactionReceipt", sent),
                ("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"}),
                ("debug_traceTransaction", created["transactionHash"]),
                ("megadev_sequencerAt", "latest"),
            ):
                assert copy.rpc(method, *params) == net.rpc(method, *params), method
            with pytest.raises(RpcError) as here:
                copy.rpc("eth_sendRawTransaction", "0x1234")
            with pytest.raises(RpcError) as there:
                net.rpc("eth_sendRawTransaction", "0x1234")
            assert (here.value.code, str(here.value)) == (there.value.code, str(there.value))


def test_unsigned_or_inconsistent_updates_are_refused() -> None:
    with Devnet(preset="megaeth", block_time=None, no_mining=True) as net:
        net.serve()
        alice = net.accounts[0].address
        updates: list[Update] = []
        node = ReplicaNode(net.url, 0)
        with node.opened() as copy:
            net.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})
            until(lambda: _told(node, updates, MiniBlockUpdate))
            net.rpc("evm_mine")
            until(lambda: _told(node, updates, BlockUpdate))
            mini = next(each for each in updates if isinstance(each, MiniBlockUpdate))
            block = next(each for each in updates if isinstance(each, BlockUpdate))
            change = msgspec.structs.replace
            header = change(block.block.header, state_root=bytes(32))
            diff = block.block.diffs[-1].copy()
            diff.accounts[bytes.fromhex(STRANGER[2:])] = diff.accounts[next(iter(diff.accounts))]
            for told, why in (
                (change(block, signature=bytes(65)), "signed by"),
                (change(block, signature=block.signature[:40] + b"\1" + block.signature[41:]), "signed by"),
                (change(block, block=change(block.block, header=header)), "hash is not its header's"),
                (change(block, block=change(block.block, diffs=(*block.block.diffs[:-1], diff))), "state root"),
                (change(block, block=change(block.block, receipts=())), "receipts root"),
                (change(block, block=change(block.block, transactions=())), "transactions root"),
                (change(mini, gas_used=mini.gas_used + 1), "signed by"),
                (change(mini, transactions=(), receipts=(), diffs=()), "signed by"),
            ):
                with pytest.raises(UpdateRefused, match=why):
                    node.replica.take(told)
            before = copy.node.l2.head
            node.replica.take(mini)
            assert copy.rpc("eth_getBalance", STRANGER, "latest") == "0x1"
            assert copy.node.l2.head is before
            node.replica.take(block)
            assert copy.node.l2.head.hash == net.node.l2.head.hash
            stranger = Replica(copy.node.l2, lambda act: act(), lambda number: bytes(20))
            net.rpc("evm_mine")
            more: list[Update] = []
            until(lambda: _told(node, more, BlockUpdate))
            with pytest.raises(UpdateRefused, match="the sequencer is 0x0000"):
                stranger.take(more[-1])
        with pytest.raises(UpdateRefused, match="signed by"), ReplicaNode(net.url, 0, [bytes(20)]).opened():
            pass
        assert main(["replica", "--of", net.url, "--port", "0", "--until", "1", "--lag", "1ms", "--json"]) == 0
        assert main(["replica", "--of", net.url, "--lag", "soon"]) == 2
        url = net.url
    with pytest.raises(CannotFollow, match="cannot be reached"), ReplicaNode(url, 0).opened():
        pass


def _told(node: ReplicaNode, updates: list[Update], kind: type[Update]) -> bool:
    """Whether an update of that kind was told by now; all that were told are in ``updates``."""
    message = node._receive(0.05)
    if message is not None:
        node._hear(message)
    while node._waiting:
        updates.append(node._waiting.popleft()[1])
    return any(isinstance(each, kind) for each in updates)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_nodes_reads_can_lag(preset: str, tmp_path: Path) -> None:
    how = {"replica_lag": parse_latency("150ms")} if preset == "dev" else {"fault": ["replicas-lag 150ms"]}
    settings = PRESETS[preset] | how | {"state": tmp_path}
    with Devnet(**settings) as net:
        net.serve()
        alice = net.accounts[0].address

        def send() -> str:
            receipt = net.rpc("eth_sendTransactionSync", {"from": alice, "to": STRANGER, "value": "0x1"})
            assert receipt["status"] == "0x1"
            sent: str = receipt["transactionHash"]
            return sent

        def receipt(sent: str) -> Any:
            return net.rpc("eth_getTransactionReceipt", sent)

        before = net.rpc("eth_getBalance", STRANGER, "latest")
        filter_id = net.rpc("eth_newBlockFilter")
        sent = send()
        assert receipt(sent) is None
        assert net.rpc("eth_getBalance", STRANGER, "latest") == before
        assert net.rpc("megadev_getPreconfirmation", sent) is not None  # the sequencer's own word
        until(lambda: receipt(sent) is not None)
        assert net.rpc("eth_getBalance", STRANGER, "latest") == "0x1"
        net.rpc("anvil_setBalance", "0x" + "77" * 20, "0x5")
        until(lambda: net.rpc("eth_getBalance", "0x" + "77" * 20, "latest") == "0x5")
        snapshot = net.rpc("evm_snapshot")
        other = send()
        until(lambda: receipt(other) is not None)
        net.rpc("evm_revert", snapshot)
        assert receipt(other) is not None  # it has yet to hear of that
        until(lambda: receipt(other) is None)
        assert receipt(sent) is not None
        last = [send() for _ in range(3)][-1]
        until(lambda: receipt(last) is not None)
        behind = net.node.behind
        assert behind is not None
        until(lambda: net.rpc("eth_blockNumber") is not None and behind.chain.head.hash == net.node.l2.head.hash)
        assert net.node.l2.head.hash in [bytes.fromhex(each[2:]) for each in net.rpc("eth_getFilterChanges", filter_id)]
    with Devnet(**settings) as net:
        assert net.rpc("eth_getTransactionReceipt", last) is not None


def test_a_replica_continues_after_the_node_was_away(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"state": tmp_path}
    net = Devnet(**settings)
    net.serve()
    port, alice = int(net.url.rpartition(":")[2]), net.accounts[0].address
    with replica_of(net) as (_, copy):
        net.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})
        until(lambda: copy.rpc("eth_getBalance", STRANGER, "latest") == "0x1")
        net.close()
        with Devnet(**settings) as again:
            again.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})  # while nobody hears
            again.serve(port=port)
            until(lambda: copy.rpc("eth_getBalance", STRANGER, "latest") == "0x2")
            again.rpc("eth_sendTransaction", {"from": alice, "to": STRANGER, "value": "0x1"})
            until(lambda: copy.node.l2.head.hash == again.node.l2.head.hash)
