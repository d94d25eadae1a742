"""Every block of a rollup begins with a transaction of its own, so that one with all of a block's gas fits into none: it
waited forever. It is refused, and no estimate asks for so much.
"""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.rpc.client import RpcError

BLOCK_GAS = 10**10


def test_it_is_refused_and_nothing_waits() -> None:
    with Devnet(preset="megaeth") as net:
        sender, receiver = (account.address for account in net.accounts[:2])
        whole = {"from": sender, "to": receiver, "gas": hex(BLOCK_GAS)}
        for _ in range(2):  # before the first block, whose own part nobody knows yet, and after it
            with pytest.raises(RpcError, match="exceeds block gas limit: the transaction asks for 10000000000 gas"):
                net.rpc("eth_sendTransaction", whole)
            assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}
            net.rpc("evm_mine")
        own = int(net.rpc("eth_getBlockReceipts", "latest")[0]["gasUsed"], 16)
        sent = net.rpc("eth_sendTransaction", whole | {"gas": hex(BLOCK_GAS - own)})
        assert net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_one_that_was_admitted_before_that_was_known_is_dropped() -> None:
    with Devnet(preset="megaeth", no_mining=True, mini_block_time=0) as net:
        sender, receiver = (account.address for account in net.accounts[:2])
        sent = net.rpc("eth_sendTransaction", {"from": sender, "to": receiver, "gas": hex(BLOCK_GAS)})
        net.rpc("evm_mine")
        assert net.rpc("txpool_status") == {"pending": "0x0", "queued": "0x0"}
        assert net.rpc("eth_getTransactionByHash", sent) is None


def test_an_estimate_leaves_room_for_what_a_block_begins_with() -> None:
    """The contract reverts with less gas than nearly all."""
    with Devnet(preset="megaeth") as net:
        net.rpc("evm_mine")
        own = int(net.rpc("eth_getBlockReceipts", "latest")[0]["gasUsed"], 16)
        hungry = "0x00000000000000000000000000000000000a11ce"
        least = BLOCK_GAS - 2 * own
        net.rpc("anvil_setCode", hungry, f"0x64{least:010x}5a11600e575f5ffd5b00")
        estimate = int(net.rpc("eth_estimateGas", {"to": hungry}), 16)
        assert least < estimate <= BLOCK_GAS - own
