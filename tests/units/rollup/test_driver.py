"""The driver looks at L1 again when something there, or what L2 knows of it, is another: not with each L2 block."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from megadev import Devnet
from megadev.chain.blocks import SystemCall
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import to_data
from megadev.rollup.block_starts import BlockStarts
from megadev.rollup.predeploys import L1_BLOCK, MESSAGE_PASSER
from megadev.rollup.proposer import Proposer


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet() as net:
        yield net


def pay(net: Devnet, count: int = 1) -> None:
    """Have L2 make a block of a user's for each of ``count`` payments."""
    for _ in range(count):
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": net.accounts[1].address, "value": "0x1"})
        net.rpc("eth_blockNumber")


def test_blocks_of_users_have_nothing_read_again(net: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    pay(net, 2)
    looks: list[str] = []
    for owner, name in ((BlockStarts, "_next"), (BlockStarts, "origin_in"), (Proposer, "_claim")):
        look = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *given, look=look, name=name: (looks.append(name), look(*given))[1])
    pay(net, 5)
    assert looks == []
    net.l1.rpc("evm_mine")
    pay(net)
    assert {"_next", "_claim"} <= set(looks), "L1 has a new block"
    pay(net, 2)
    looks.clear()
    pay(net, 2)
    assert looks == []
    net.rpc("anvil_setStorageAt", to_data(L1_BLOCK), "0x9", f"0x{7:064x}")
    pay(net)
    assert "_next" in looks, "L2 may know something else of it"


def test_a_withdrawal_is_claimed_after_any_number_of_quiet_blocks(net: Devnet) -> None:
    pay(net, 5)
    assert int(net.l1.rpc("eth_blockNumber"), 16) == 0
    data = encode_call("initiateWithdrawal(address,uint256,bytes)", bytes(20), 100_000, b"")
    call = {"from": net.accounts[0].address, "to": to_data(MESSAGE_PASSER), "value": "0x5", "data": to_data(data)}
    net.rpc("eth_sendTransaction", call)
    net.rpc("eth_blockNumber")
    claimed = int(net.l1.rpc("eth_blockNumber"), 16)
    assert claimed > 0
    pay(net, 3)
    assert int(net.l1.rpc("eth_blockNumber"), 16) == claimed, "once"


def test_a_new_l1_block_is_told_by_the_next_l2_block_after_quiet_ones(net: Devnet) -> None:
    pay(net, 3)
    net.l1.rpc("evm_mine")
    pay(net)
    told = net.node.l2.head.system_call
    assert isinstance(told, SystemCall)
    assert told.to == L1_BLOCK
    pay(net)
    assert net.node.l2.head.system_call is None
