"""An old block was run again with the chain id and the impersonated signatures of now, so a transaction that had read
either did something else the second time than its receipt says.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet
from megadev.chain.blocks import SealedBlock
from megadev.evm.engine import Success
from megadev.inspect.replay import replay
from tests.stage.wallet import Wallet

LOG_CHAIN_ID = "0x46" + "5f5260205fa0" + "00"
"""Creation code: log0 of CHAINID."""
SIGNATURE = "0x" + "11" * 32 + "22" * 32 + "1b"
NOBODY = "0x" + "99" * 20
LOG_RECOVERED = (
    "0x"
    + "601b602052"
    + "7f"
    + "11" * 32
    + "604052"
    + "7f"
    + "22" * 32
    + "606052"  # v, r, s
    + "60205f60805f60015afa50"
    + "60205fa000"  # staticcall ecrecover over memory 0..128, then log0 of what it wrote
)


def logged_again(net: Devnet, block: SealedBlock) -> list[bytes]:
    """What the transactions of ``block`` log when they run again; each must do what its receipt says."""
    logged = []
    for replayed in replay(net.l2.chain, block):
        receipt = block.receipts[replayed.index]
        assert isinstance(replayed.execution.result, Success) == receipt.succeeded
        assert replayed.execution.gas.used == receipt.gas_used
        logged += [log.data for log in replayed.execution.logs]
    return logged


def block_of(net: Devnet, code: str) -> SealedBlock:
    """The block in which ``code`` ran."""
    tx_hash = Wallet(net.rpc, gas=1_000_000).submit(data=code)
    placed = net.l2.chain.store.transaction(bytes.fromhex(tx_hash[2:]))
    assert placed is not None
    return placed[0]


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def test_an_old_block_keeps_the_chain_id_it_was_built_under() -> None:
    with Devnet() as net:
        block = block_of(net, LOG_CHAIN_ID)
        net.rpc("anvil_setChainId", 4242)
        assert [log.data for log in block.receipts[0].logs] == [word(31337)]
        assert logged_again(net, block) == [word(31337)]
        assert logged_again(net, block_of(net, LOG_CHAIN_ID)) == [word(4242)]


def test_an_old_block_keeps_the_signatures_that_were_impersonated_then() -> None:
    with Devnet() as net:
        before = block_of(net, LOG_RECOVERED)
        net.rpc("anvil_impersonateSignature", SIGNATURE, NOBODY)
        after = block_of(net, LOG_RECOVERED)
        [then], [now] = ([log.data for log in block.receipts[0].logs] for block in (before, after))
        assert then != now == word(int(NOBODY, 16))
        assert logged_again(net, before) == [then]
        assert logged_again(net, after) == [now]


@pytest.mark.parametrize("gone", ["reorganised", "rolled back", "reverted"])
def test_replays_are_the_same_after_the_chain_has_changed(gone: str) -> None:
    with Devnet() as net:
        block = block_of(net, LOG_CHAIN_ID)
        snapshot = net.rpc("evm_snapshot")
        net.rpc("anvil_setChainId", 4242)
        other = block_of(net, LOG_CHAIN_ID)
        if gone == "reorganised":
            net.rpc("anvil_reorg", 1, [])
        elif gone == "rolled back":
            net.rpc("anvil_rollback", 1)
        else:
            assert net.rpc("evm_revert", snapshot)
        assert net.l2.chain.store.by_hash(other.hash) is None
        assert logged_again(net, block) == [word(31337)]
        assert logged_again(net, other) == [word(4242)]  # whoever holds it can still run it


def test_reorganised_blocks_and_rows_keep_their_rules() -> None:
    with Devnet() as net:
        net.rpc("anvil_mine", 20)
        call: dict[str, Any] = {"from": net.accounts[0].address, "data": LOG_CHAIN_ID, "gas": "0xf4240"}
        net.rpc("anvil_reorg", 2, [[call, 0]])
        net.rpc("anvil_setChainId", 4242)
        blocks = net.l2.chain.store.blocks(1, net.l2.chain.head.number)
        assert {block.spec.chain_id for block in blocks if block.spec is not None} == {31337}
        assert all(block.spec is not None for block in blocks)
        assert logged_again(net, blocks[-2]) == [word(31337)]


def test_a_block_that_was_loaded_runs_under_the_rules_of_now() -> None:
    with Devnet() as net, Devnet(chain_id=4242) as other:
        block_of(net, "0x00")
        other.rpc("anvil_loadState", net.rpc("anvil_dumpState"))
        block = other.l2.chain.head
        assert len(block.transactions) == 1
        assert block.spec is None
        assert logged_again(other, block) == []


def test_calls_between_old_transactions_see_the_state_in_between() -> None:
    keep = (
        "0x" + "46" + "5f55" + "60055f5360" + "00"
    )  # unused bytes after a store: CHAINID into slot 0 of the new account
    with Devnet() as net:
        sender = net.accounts[0].address
        net.rpc("evm_setAutomine", False)
        for _ in range(2):
            net.rpc("eth_sendTransaction", {"from": sender, "data": keep, "gas": "0xf4240"})
        net.rpc("evm_mine")
        net.rpc("anvil_setChainId", 4242)
        created = net.l2.chain.head.receipts[0].created
        assert created is not None
        where = {"blockNumber": "latest", "transactionIndex": 1}
        # the code that reads slot 0 is laid over the account for the call
        reader = {"0x" + created.hex(): {"code": "0x5f545f5260205ff3"}}
        bundle = [{"transactions": [{"to": "0x" + created.hex()}]}]
        assert net.rpc("eth_callMany", bundle, where, reader) == [[{"value": "0x" + word(31337).hex()}]]
