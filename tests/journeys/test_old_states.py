"""The states of old blocks: thinned out without anybody seeing it, or dropped where the settings say so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError
from megadev.sequencer import aging
from megadev.state.thin import ThinWorld
from megadev.state.world import World

CONTRACT = "0x" + "c0" * 20
OTHER = "0x" + "0b" * 20


@pytest.fixture(params=["dev", "megaeth"])
def preset(request: Any) -> Iterator[str]:
    yield request.param


Seen = dict[int, tuple[str, str]]


def live(net: Devnet, blocks: int) -> None:
    """Seal so many blocks with transactions and cheats in them."""
    alice = net.accounts[0].address
    net.rpc("anvil_setCode", CONTRACT, "0x5f355f3555")  # slot n becomes n
    for number in range(blocks):
        if number % 3:
            data = f"0x{number % 7:064x}"
            net.rpc("eth_sendTransaction", {"from": alice, "to": CONTRACT, "data": data, "gas": "0x40000"})
        if number % 5 == 0:
            net.rpc("anvil_setBalance", OTHER, hex(number))
        if number % 11 == 0:
            net.rpc("anvil_setStorageAt", CONTRACT, "0x3", f"0x{number:064x}")
        net.rpc("evm_mine")


def states(net: Devnet, first: int = 1) -> Seen:
    """What the balance and a slot were after each block."""
    return {
        number: (
            net.rpc("eth_getBalance", OTHER, hex(number)),
            net.rpc("eth_getStorageAt", CONTRACT, "0x3", hex(number)),
        )
        for number in range(first, net.l2.chain.head.number + 1)
    }


def test_old_states_are_thinned_out_and_answer_as_before(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Devnet(preset=preset, no_mining=True, manual_clock=True) as net:
        live(net, 120)
        seen = states(net)
    monkeypatch.setattr(aging, "RECENT", 20)
    monkeypatch.setattr(aging, "AT_ONCE", 16)
    with Devnet(preset=preset, no_mining=True, manual_clock=True) as net:
        live(net, 120)
        store = net.l2.chain.store
        thin = [block for block in store.blocks(0, store.head.number).made if isinstance(block.world, ThinWorld)]
        assert len(thin) > 60
        for block in reversed(store.blocks(0, store.head.number)):
            assert block.world.state_root == block.header.state_root
        for number, (balance, word) in seen.items():
            assert net.rpc("eth_getBalance", OTHER, hex(number)) == balance
            assert net.rpc("eth_getStorageAt", CONTRACT, "0x3", hex(number)) == word
        old = hex(thin[len(thin) // 2].number)
        proof = net.rpc("eth_getProof", CONTRACT, ["0x3"], old)
        assert proof["storageProof"][0]["value"] == hex(int(seen[int(old, 16)][1], 16))
        assert net.rpc("eth_call", {"to": CONTRACT, "gas": "0x40000"}, old) == "0x"
        assert net.rpc("debug_traceBlockByNumber", old, {"tracer": "callTracer"}) is not None
        net.rpc("anvil_rollback", store.head.number - int(old, 16))
        assert net.rpc("eth_getBalance", OTHER, "latest") == seen[int(old, 16)][0]
        net.rpc("evm_mine")
        assert net.l2.chain.head.world.state_root == net.l2.chain.head.header.state_root


def test_a_snapshot_of_an_old_block_can_be_reverted_to(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aging, "RECENT", 20)
    monkeypatch.setattr(aging, "AT_ONCE", 16)
    for settings in ({}, {"prune_history": 5}):
        with Devnet(preset=preset, no_mining=True, **settings) as net:
            live(net, 10)
            balance, snapshot = net.rpc("eth_getBalance", OTHER), net.rpc("evm_snapshot")
            live(net, 80)
            assert net.rpc("evm_revert", snapshot)
            assert net.rpc("eth_getBalance", OTHER) == balance
            net.rpc("anvil_setBalance", OTHER, "0x7")
            net.rpc("evm_mine")
            assert net.rpc("eth_getBalance", OTHER) == "0x7"


@pytest.mark.parametrize(("keep", "kept"), [(0, 1), (1, 1), (10, 10)])
def test_prune_history_refuses_older_states_and_keeps_the_rest(preset: str, keep: int, kept: int) -> None:
    with Devnet(preset=preset, no_mining=True, prune_history=keep) as net:
        live(net, 40)
        head = net.l2.chain.head.number
        assert len(states(net, head - kept + 1)) == kept
        for number in range(1, head + 1):
            if number > head - kept:
                continue
            for method, params in (
                ("eth_getBalance", ["0x" + "01" * 20]),
                ("eth_getStorageAt", ["0x" + "01" * 20, "0x3"]),
                ("eth_call", [{"to": CONTRACT}]),
                ("eth_getProof", [CONTRACT, []]),
            ):
                with pytest.raises(RpcError, match="--prune-history") as refused:
                    net.rpc(method, *params, hex(number))
                assert (refused.value.code, refused.value.message[:17]) == (-32000, "state unavailable")
            block = net.rpc("eth_getBlockByNumber", hex(number), True)
            for tx in block["transactions"]:
                assert net.rpc("eth_getTransactionReceipt", tx["hash"])["blockNumber"] == hex(number)
        with pytest.raises(RpcError, match="--prune-history"):
            net.rpc("anvil_rollback", head - 1)
        assert net.rpc("eth_blockNumber") == hex(head)


def test_an_idle_chain_grows_by_a_few_kilobytes_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Almost none of the old ones keeps a world: with one for each it was more than a gigabyte a day."""
    monkeypatch.setattr(aging, "RECENT", 64)
    with Devnet(preset="megaeth", no_mining=True) as net:
        for _ in range(512):
            net.rpc("evm_mine")
        blocks = net.l2.chain.store.blocks(1, 512 - 128).made
        assert sum(type(block.world) is World for block in blocks) < len(blocks) // 32
        assert len(list(net.l2.chain.store.in_memory(0, 512))) < 64 * 4, "the others are packed"
