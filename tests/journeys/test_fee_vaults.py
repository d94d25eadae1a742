"""Who receives what transactions pay under the ``megaeth`` preset: nothing of it is burned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from megadev import Devnet
from megadev.chain.spec import BASE_FEE_VAULT, L1_BLOCK, L1_FEE_VAULT, OPERATOR_FEE_VAULT, SEQUENCER_FEE_VAULT
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rpc.client import RpcError

VAULTS = {
    name: "0x" + address.hex()
    for name, address in {
        "base": BASE_FEE_VAULT,
        "tip": SEQUENCER_FEE_VAULT,
        "l1": L1_FEE_VAULT,
        "operator": OPERATOR_FEE_VAULT,
    }.items()
}
BASE_FEE, TIP = 1_000_000, 7
NOBODY = "0x" + "b0" * 20


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(preset="megaeth", no_mining=True) as net:
        yield net


def balances(net: Devnet) -> dict[str, int]:
    who = {**VAULTS, "sender": net.accounts[0].address, "nobody": NOBODY}
    return {name: int(net.rpc("eth_getBalance", address, "latest"), 16) for name, address in who.items()}


def pay(net: Devnet, gas: int = 100_000, **fields: str) -> tuple[dict[str, object], dict[str, int]]:
    """The receipt of a transfer of one wei, and by how much each balance changed."""
    before = balances(net)
    tx = {"from": net.accounts[0].address, "to": NOBODY, "value": "0x1", "gas": hex(gas)}
    sent = net.rpc(
        "eth_sendTransaction", tx | {"maxFeePerGas": hex(2 * BASE_FEE), "maxPriorityFeePerGas": hex(TIP)} | fields
    )
    net.rpc("evm_mine")
    receipt = net.rpc("eth_getTransactionReceipt", sent)
    after = balances(net)
    return receipt, {name: after[name] - before[name] for name in after}


def set_operator_fee(net: Devnet, scalar: int, constant: int) -> None:
    """On L1, from which L2 is told with the next block."""
    word = 100 * 10**9 << 96 | scalar << 64 | constant
    net.l1.rpc("anvil_setStorageAt", "0x" + MAINNET_ADDRESSES.system_config.hex(), hex(106), f"0x{word:064x}")
    net.l1.rpc("evm_mine")
    net.rpc("evm_mine")


def test_each_part_of_a_fee_goes_to_its_vault_and_nothing_is_burned(net: Devnet) -> None:
    receipt, change = pay(net)
    used, l1_fee = int(str(receipt["gasUsed"]), 16), int(str(receipt["l1Fee"]), 16)
    assert l1_fee > 0
    assert change["base"] == BASE_FEE * used
    assert change["tip"] == TIP * used
    assert change["l1"] == l1_fee
    assert change["operator"] == 0
    assert sum(change.values()) == 0


def test_the_operator_is_paid_for_used_gas_only(net: Devnet) -> None:
    set_operator_fee(net, 2_000_000, 1_234)
    receipt, change = pay(net)
    used = int(str(receipt["gasUsed"]), 16)
    assert change["operator"] == 2 * used + 1_234
    assert (receipt["operatorFeeScalar"], receipt["operatorFeeConstant"]) == (hex(2_000_000), hex(1_234))
    assert sum(change.values()) == 0


def test_a_sender_must_be_able_to_pay_fees_beside_gas(net: Devnet) -> None:
    set_operator_fee(net, 0, 10**18)
    poor, fields = net.accounts[1].address, {"to": NOBODY, "gas": hex(60_000), "maxFeePerGas": hex(BASE_FEE)}
    net.rpc("anvil_setBalance", poor, hex(10**18))
    with pytest.raises(RpcError, match="insufficient funds for gas"):
        net.rpc("eth_sendTransaction", {"from": poor, **fields})
    with pytest.raises(RpcError):
        net.rpc("eth_estimateGas", {"from": poor, **fields, "gas": hex(10_000_000)})
    net.rpc("anvil_setBalance", poor, hex(2 * 10**18))
    assert int(net.rpc("eth_estimateGas", {"from": poor, **fields}), 16) <= 60_000
    net.rpc("eth_sendTransaction", {"from": poor, **fields})
    net.rpc("evm_mine")
    assert int(net.rpc("eth_getBalance", VAULTS["operator"], "latest"), 16) == 10**18


def test_new_fee_settings_apply_from_the_next_block(net: Devnet) -> None:
    """L1Block is read once a block, before the first transaction that pays (MegaETH specification)."""
    net.rpc("anvil_setStorageAt", "0x" + L1_BLOCK.hex(), "0x8", f"0x{77:064x}")
    receipt, change = pay(net)
    assert change["operator"] == 0, "the L1 attributes at the block's start have put it right"
    assert "operatorFeeConstant" not in receipt


def test_replays_and_snapshots_pay_the_same(net: Devnet) -> None:
    taken = net.rpc("evm_snapshot")
    first, change = pay(net)
    trace = net.rpc(
        "debug_traceTransaction",
        first["transactionHash"],
        {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}},
    )
    assert VAULTS["base"] in trace["post"]
    net.rpc("evm_revert", taken)
    again, changed = pay(net)
    assert (again["l1Fee"], changed) == (first["l1Fee"], change)
    dumped = net.rpc("anvil_dumpState")
    with Devnet(preset="megaeth", no_mining=True) as other:
        other.rpc("anvil_loadState", dumped)
        assert other.rpc("eth_getBalance", VAULTS["base"], "latest") == net.rpc(
            "eth_getBalance", VAULTS["base"], "latest"
        )


def test_ethereums_rules_burn_the_base_fee() -> None:
    with Devnet() as net:
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY, "value": "0x1"})
        assert net.rpc("eth_getTransactionReceipt", sent)["status"] == "0x1"
        assert net.rpc("eth_getBalance", VAULTS["base"], "latest") == "0x0"
