"""Thousands of mixed blocks, posted in every way there is, across rollbacks of L1: whoever derives them finds every hash."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest

from megadev import Devnet
from megadev.cli.chain import rollup_file
from megadev.cli.full_node import FullNode
from megadev.cli.witnesses import WitnessedBlocks
from megadev.clock import StoppedClock
from megadev.primitives.abi import encode_call
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.verifier import Differs
from tests.contracts import load

BLOCKS = 5_000
STRANGER = "0x" + "42" * 20
PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True, "no_mining": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}


@pytest.mark.long
@pytest.mark.parametrize("preset", PRESETS)
def test_a_verifier_finds_every_hash_of_thousands_of_mixed_blocks(preset: str) -> None:
    drawn = random.Random(11)
    with Devnet(
        clock=StoppedClock(1_700_000_000), accounts=4, channel_seconds=10**6, propose_every=250, **PRESETS[preset]
    ) as net:
        net.serve()
        users = [each.address for each in net.accounts]
        created = net.rpc(
            "eth_sendTransaction", {"from": users[0], "data": "0x" + load("Storage").creation.hex(), "gas": "0x1c9c380"}
        )
        net.rpc("evm_mine")
        contract = net.rpc("eth_getTransactionReceipt", created)["contractAddress"]

        def act() -> None:
            sender, kind = drawn.choice(users), drawn.randrange(8)
            fields: dict[str, Any] = {"to": STRANGER, "value": hex(drawn.randrange(5))}
            if kind < 3:
                data = encode_call("write(uint256,uint256)", drawn.randrange(40), drawn.choice((0, 0, 1, 2, 3)))
                fields = {"to": contract, "data": "0x" + data.hex(), "gas": "0xf4240"}
            elif kind == 3:
                fields = {"data": "0x" + drawn.choice(("600160005500", "60006000fd")), "gas": "0xf4240"}
            if kind == 4:
                call = encode_call(
                    "depositTransaction(address,uint256,uint64,bool,bytes)", bytes(20), 0, 100_000, False, b"\1" * 9
                )
                fields = {"to": "0x" + MAINNET_ADDRESSES.portal.hex(), "data": "0x" + call.hex()}
                net.l1.rpc("eth_sendTransaction", {"from": sender, **fields})
            else:
                net.rpc("eth_sendTransaction", {"from": sender, **fields})

        while int(net.rpc("eth_blockNumber"), 16) < BLOCKS:
            for _ in range(drawn.choice((0, 1, 1, 2, 5))):
                act()
            net.rpc("evm_mine")
            if drawn.random() < 0.02:
                net.l1.rpc("evm_mine")
            if drawn.random() < 0.004:
                net.rpc(
                    "megadev_batcher_flush",
                    {
                        "da": drawn.choice(("calldata", "calldata", "blobs", "external")),
                        "format": drawn.choice(("span", "singular")),
                        "compression": drawn.choice(("brotli", "zlib")),
                    },
                )
            if drawn.random() < 0.001:
                net.l1.rpc("anvil_rollback", 1)
        net.rpc("megadev_batcher_flush")
        head = net.node.l2.head
        found: list[Differs] = []
        verifier = FullNode(rollup_file(net.url), None, "rollup.json", l1=net.l1.url)
        with verifier.opened(None):
            verifier.go(
                until=head.number,
                follow=False,
                poll=0.1,
                against=net.url,
                stop=threading.Event(),
                on_differences=found.extend,
            )
            assert not found
            assert verifier.compared == head.number + 1 >= BLOCKS
            assert verifier.claims.right > 0
        witnesses = WitnessedBlocks(net.url, None, "genesis.json")
        witnesses.run(None, None, threading.Event(), lambda done, count: None, found.extend)
        witnesses.close()
        assert not found
        assert witnesses.newest == (head.number, head.hash)
