"""Between the chains: messages that arrive, fail and are sent again, ether and tokens there and back. Once with the
bridge's contracts alone, where two devnets play L1 and L2 and the test carries messages over; once as a devnet does it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_utils import keccak, to_checksum_address
from web3.contract import Contract
from web3.logs import DISCARD
from web3.types import TxReceipt

from megadev import Devnet
from megadev.rollup.predeploys import L2_BRIDGE, L2_MESSENGER
from tests.bridging import Bridge
from tests.units.rollup.chains import ETHER, Chains, aliased, deploy, refusal
from tests.units.rollup.contracts import load as load_test_contract

LEGACY_ETH = "0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000"
EXTRA = b"extra"
STRANGER = to_checksum_address("0x" + "34" * 20)


@pytest.fixture(params=["carried by the test", "driven by the node"])
def chains(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Chains]:
    made = Bridge() if request.param == "driven by the node" else Chains(tmp_path)
    yield made
    made.close()


def names(receipt: TxReceipt, *contracts: Contract) -> list[str]:
    """The names of a receipt's events, as far as these contracts know them."""
    known = {event.topic.removeprefix("0x"): event.abi["name"] for one in contracts for event in one.events}  # type: ignore[attr-defined]
    return [known[topic] for log in receipt["logs"] if (topic := log["topics"][0].hex()) in known]


def balance(net: Devnet, address: str) -> int:
    return int(net.rpc("eth_getBalance", address, "latest"), 16)


# ---- messages


def relay_hash(messenger: Contract, *arguments: Any) -> bytes:
    return bytes(keccak(bytes.fromhex(messenger.encode_abi("relayMessage", list(arguments))[2:])))


def test_a_message_from_l1_arrives_with_its_sender(chains: Chains) -> None:
    target = chains.receiver(chains.l2)
    message = bytes.fromhex(target.encode_abi("note", [b"hello"])[2:])
    nonce = chains.l1_messenger.functions.messageNonce().call()
    assert nonce == 1 << 240
    sent = chains.send(chains.l1_messenger.functions.sendMessage(target.address, message, 100_000), chains.bob, value=7)
    assert names(sent, chains.l1_messenger, chains.portal) == [
        "TransactionDeposited",
        "SentMessage",
        "SentMessageExtension1",
    ]
    assert chains.l1_messenger.functions.messageNonce().call() == nonce + 1
    (deposit,) = chains.deposits(sent)
    assert (deposit.sender, deposit.to) == (aliased(chains.l1_messenger.address), chains.l2_messenger.address)
    assert deposit.mint == deposit.value == 7
    assert (
        deposit.gas == chains.l1_messenger.functions.baseGas(message, 100_000).call() == base_gas(len(message), 100_000)
    )

    (arrived,) = chains.carry(sent)
    assert arrived["status"] == 1
    (event,) = chains.l2_messenger.events.RelayedMessage().process_receipt(arrived)
    arguments = (nonce, chains.bob, target.address, 7, 100_000, message)
    assert event["args"]["msgHash"] == relay_hash(chains.l2_messenger, *arguments)
    assert chains.l2_messenger.functions.successfulMessages(event["args"]["msgHash"]).call() is True
    assert target.functions.lastSender().call() == chains.bob
    assert (target.functions.lastValue().call(), target.functions.lastData().call()) == (7, b"hello")
    assert "is not set" in refusal(chains.l2_messenger.functions.xDomainMessageSender(), chains.alice)


def base_gas(size: int, minimum: int) -> int:
    full = size + 260
    return 21_000 + max(200_000 + 40_000 + 40_000 + 5_000 + minimum * 64 // 63 + 16 * full, 40 * full)


@pytest.mark.parametrize("size", [0, 1, 7_000, 20_000])
def test_a_message_gets_the_gas_of_the_formula(tmp_path: Path, size: int) -> None:
    chains = Chains(tmp_path)
    for messenger in (chains.l1_messenger, chains.l2_messenger):
        for minimum in (0, 1, 10**6, 2**32 - 1):
            assert messenger.functions.baseGas(bytes(size), minimum).call() == base_gas(size, minimum)
    chains.close()


def test_a_message_that_fails_on_l2_can_be_sent_again_by_anyone(chains: Chains) -> None:
    target = chains.receiver(chains.l2)
    chains.send(target.functions.setBroken(True))
    message = bytes.fromhex(target.encode_abi("note", [b"again"])[2:])
    nonce = chains.l1_messenger.functions.messageNonce().call()
    sent = chains.send(chains.l1_messenger.functions.sendMessage(target.address, message, 50_000), value=7)
    (arrived,) = chains.carry(sent)
    assert arrived["status"] == 1
    assert names(arrived, chains.l2_messenger) == ["FailedRelayedMessage"]
    replay = chains.l2_messenger.functions.relayMessage(nonce, chains.alice, target.address, 7, 50_000, message)
    message_hash = relay_hash(chains.l2_messenger, *replay.args)
    assert chains.l2_messenger.functions.failedMessages(message_hash).call() is True
    assert balance(chains.l2, chains.l2_messenger.address) == 7

    # still broken: it fails again, and stays
    again = chains.send(replay, chains.carol, gas=1_000_000)
    assert names(again, chains.l2_messenger) == ["FailedRelayedMessage"]
    assert refusal(replay, "0x" + "00" * 19 + "01", gas=1_000_000) == "CrossDomainMessenger: failed to relay message"
    chains.send(target.functions.setBroken(False))
    assert "value must be zero" in refusal(replay, chains.carol, value=7)
    receipt = chains.send(replay, chains.carol, gas=1_000_000)
    assert names(receipt, chains.l2_messenger) == ["RelayedMessage"]
    assert target.functions.lastSender().call() == chains.alice
    assert balance(chains.l2, target.address) == 7
    assert refusal(replay, chains.carol) == "CrossDomainMessenger: message has already been relayed"


def test_a_message_without_enough_gas_waits_to_be_sent_again(chains: Chains) -> None:
    """The deposit's own gas is less than the message was promised: nothing of it runs."""
    target = chains.receiver(chains.l2)
    message = bytes.fromhex(target.encode_abi("fill", [20])[2:])
    nonce = 1 << 240
    messenger = aliased(chains.l1_messenger.address)
    for net in (chains.l1, chains.l2):
        net.rpc("anvil_impersonateAccount", messenger)
    relay = chains.l2_messenger.functions.relayMessage(nonce, chains.alice, target.address, 0, 600_000, message)
    receipt = chains.send(relay, messenger, gas=500_000)
    assert names(receipt, chains.l2_messenger) == ["FailedRelayedMessage"]
    assert names(chains.send(relay, chains.bob, gas=1_000_000), chains.l2_messenger) == ["RelayedMessage"]


def test_only_the_other_messenger_can_relay(shared: Chains) -> None:
    for messenger in (shared.l1_messenger, shared.l2_messenger):
        relay = messenger.functions.relayMessage
        assert refusal(relay(1 << 240, shared.bob, STRANGER, 0, 0, b""), shared.alice) == (
            "CrossDomainMessenger: message cannot be replayed"
        )
        assert refusal(relay(0, shared.bob, STRANGER, 0, 0, b""), shared.alice) == (
            "CrossDomainMessenger: only version 1 messages are supported"
        )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chains]:
    made = Chains(tmp_path_factory.mktemp("shared"))
    yield made
    made.close()


def test_a_message_may_not_pretend_to_be_from_the_bridge(chains: Chains) -> None:
    """The message passer would record withdrawals for the messenger, whose word the L1 bridge takes."""
    for target in (chains.passer.address, chains.l2_messenger.address):
        sent = chains.send(chains.l1_messenger.functions.sendMessage(target, b"", 100_000))
        (arrived,) = chains.carry(sent)
        assert arrived["status"] == 0


def test_a_message_from_l2_is_proven_and_arrives(chains: Chains) -> None:
    target = chains.receiver(chains.l1)
    message = bytes.fromhex(target.encode_abi("note", [b"up"])[2:])
    sent = chains.send(chains.l2_messenger.functions.sendMessage(target.address, message, 100_000), chains.bob, value=9)
    assert names(sent, chains.l2_messenger, chains.passer) == ["MessagePassed", "SentMessage", "SentMessageExtension1"]
    (withdrawal,) = chains.withdrawals(sent)
    assert (withdrawal.sender, withdrawal.target) == (chains.l2_messenger.address, chains.l1_messenger.address)
    assert (withdrawal.value, withdrawal.gas_limit) == (9, base_gas(len(message), 100_000))
    arrived = chains.bring(withdrawal)
    assert names(arrived, chains.l1_messenger, chains.portal) == ["RelayedMessage", "WithdrawalFinalized"]
    assert target.functions.lastSender().call() == chains.bob
    assert (target.functions.lastValue().call(), target.functions.lastData().call()) == (9, b"up")


def test_a_message_that_fails_on_l1_can_be_sent_again_by_anyone(chains: Chains) -> None:
    target = chains.receiver(chains.l1)
    chains.send(target.functions.setBroken(True))
    message = bytes.fromhex(target.encode_abi("note", [b"up"])[2:])
    sent = chains.send(chains.l2_messenger.functions.sendMessage(target.address, message, 100_000), value=9)
    (withdrawal,) = chains.withdrawals(sent)
    arrived = chains.bring(withdrawal)
    assert names(arrived, chains.l1_messenger) == ["FailedRelayedMessage"]
    (event,) = chains.portal.events.WithdrawalFinalized().process_receipt(arrived, errors=DISCARD)
    assert event["args"]["success"] is True  # the withdrawal itself: it was the message that failed
    chains.send(target.functions.setBroken(False))
    replay = chains.l1_messenger.functions.relayMessage(1 << 240, chains.alice, target.address, 9, 100_000, message)
    assert names(chains.send(replay, chains.carol), chains.l1_messenger) == ["RelayedMessage"]
    assert balance(chains.l1, target.address) == 9


# ---- ether through the bridge


@pytest.mark.parametrize(
    ("function", "arguments", "to"),
    [
        ("bridgeETH", [], None),
        ("bridgeETHTo", [STRANGER], STRANGER),
        ("depositETH", [], None),
        ("depositETHTo", [STRANGER], STRANGER),
    ],
)
def test_ether_is_bridged_to_l2(chains: Chains, function: str, arguments: list[str], to: str | None) -> None:
    receiver = to or chains.bob
    before = balance(chains.l2, receiver)
    sent = chains.send(chains.l1_bridge.functions[function](*arguments, 200_000, EXTRA), chains.bob, value=ETHER)
    assert names(sent, chains.l1_bridge) == ["ETHDepositInitiated", "ETHBridgeInitiated"]
    (arrived,) = chains.carry(sent)
    assert names(arrived, chains.l2_bridge, chains.l2_messenger) == [
        "DepositFinalized",
        "ETHBridgeFinalized",
        "RelayedMessage",
    ]
    (legacy,) = chains.l2_bridge.events.DepositFinalized().process_receipt(arrived, errors=DISCARD)
    assert dict(legacy["args"]) == {
        "l1Token": "0x" + "00" * 20, "l2Token": LEGACY_ETH, "from": chains.bob, "to": receiver, "amount": ETHER,
        "extraData": EXTRA,
    }  # fmt: skip
    assert balance(chains.l2, receiver) == before + ETHER


def test_ether_sent_to_a_bridge_is_credited_to_the_sender(chains: Chains) -> None:
    before = balance(chains.l2, chains.bob)
    tx_hash = chains.l1.w3.eth.send_transaction(
        {"from": chains.bob, "to": chains.l1_bridge.address, "value": 5, "gasPrice": 0}
    )
    (arrived,) = chains.carry(chains.l1.w3.eth.get_transaction_receipt(tx_hash))
    assert names(arrived, chains.l2_messenger) == ["RelayedMessage"]
    assert balance(chains.l2, chains.bob) == before + 5


@pytest.mark.parametrize(
    ("function", "arguments", "to"),
    [
        ("bridgeETH", [], None),
        ("bridgeETHTo", [STRANGER], STRANGER),
        ("withdraw", [LEGACY_ETH, 5], None),
        ("withdrawTo", [LEGACY_ETH, STRANGER, 5], STRANGER),
    ],
)
def test_ether_is_withdrawn_to_l1(chains: Chains, function: str, arguments: list[Any], to: str | None) -> None:
    receiver = to or chains.bob
    before = balance(chains.l1, receiver)
    sent = chains.send(chains.l2_bridge.functions[function](*arguments, 200_000, EXTRA), chains.bob, value=5)
    assert names(sent, chains.l2_bridge) == ["WithdrawalInitiated", "ETHBridgeInitiated"]
    (withdrawal,) = chains.withdrawals(sent)
    arrived = chains.bring(withdrawal)
    assert names(arrived, chains.l1_bridge) == ["ETHWithdrawalFinalized", "ETHBridgeFinalized"]
    assert balance(chains.l1, receiver) == before + 5


def test_the_amount_of_a_legacy_withdrawal_must_equal_the_value(shared: Chains) -> None:
    withdraw = shared.l2_bridge.functions.withdraw(LEGACY_ETH, 5, 0, b"")
    assert refusal(withdraw, shared.alice, value=4) == "StandardBridge: bridging ETH must include sufficient ETH value"


def test_a_contract_must_name_the_receiver_of_ether(chains: Chains) -> None:
    contract = chains.receiver(chains.l1)
    for function, arguments in [("bridgeETH", []), ("depositETH", [])]:
        data = chains.l1_bridge.encode_abi(function, [*arguments, 100_000, b""])
        call = contract.functions.call(chains.l1_bridge.address, data)
        assert refusal(call, chains.alice, value=1) == "StandardBridge: function can only be called from an EOA"
    to_stranger = chains.l1_bridge.encode_abi("bridgeETHTo", [STRANGER, 100_000, b""])
    (arrived,) = chains.carry(chains.send(contract.functions.call(chains.l1_bridge.address, to_stranger), value=1))
    assert names(arrived, chains.l2_messenger) == ["RelayedMessage"]
    assert balance(chains.l2, STRANGER) == 1


def test_ether_for_a_target_that_refuses_it_waits_on_l2(chains: Chains) -> None:
    target = chains.receiver(chains.l2)
    chains.send(target.functions.setBroken(True))
    sent = chains.send(chains.l1_bridge.functions.bridgeETHTo(target.address, 100_000, b""), value=6)
    (arrived,) = chains.carry(sent)
    assert names(arrived, chains.l2_messenger) == ["FailedRelayedMessage"]
    chains.send(target.functions.setBroken(False))
    (said,) = chains.l1_messenger.events.SentMessage().process_receipt(sent, errors=DISCARD)
    replay = chains.l2_messenger.functions.relayMessage(
        said["args"]["messageNonce"], said["args"]["sender"], said["args"]["target"], 6, said["args"]["gasLimit"],
        said["args"]["message"],
    )  # fmt: skip
    chains.send(replay, chains.carol, gas=1_000_000)
    assert balance(chains.l2, target.address) == 6


def test_only_the_other_bridge_finalizes(shared: Chains) -> None:
    for bridge, finalizers in [
        (shared.l1_bridge, ["finalizeBridgeETH", "finalizeETHWithdrawal"]),
        (shared.l2_bridge, ["finalizeBridgeETH"]),
    ]:
        for finalizer in finalizers:
            call = bridge.functions[finalizer](shared.alice, shared.alice, 1, b"")
            assert refusal(call, shared.alice, value=1) == (
                "StandardBridge: function can only be called from the other bridge"
            )


# ---- tokens through the bridge


@pytest.mark.parametrize("decimals", [0, 6, 27])
@pytest.mark.parametrize("way", ["bridge", "legacy"])
def test_an_l1_token_is_bridged_to_l2_and_back(chains: Chains, decimals: int, way: str) -> None:
    """One whose transfers answer nothing, as some do."""
    unit = 10**decimals
    local = deploy(chains.l1, load_test_contract("OddToken"), decimals, 100 * unit)
    create = chains.l2_factory.functions.createOptimismMintableERC20WithDecimals(local.address, "Odd", "ODD", decimals)
    remote = chains.on_l2("OptimismMintableERC20", create.call({"from": chains.alice}))
    chains.send(create)
    chains.send(local.functions.approve(chains.l1_bridge.address, 100 * unit))
    bridge = chains.l1_bridge.functions
    sending = (bridge.bridgeERC20To if way == "bridge" else bridge.depositERC20To)(
        local.address, remote.address, chains.bob, 40 * unit, 200_000, EXTRA
    )
    sent = chains.send(sending)
    assert names(sent, chains.l1_bridge) == ["ERC20DepositInitiated", "ERC20BridgeInitiated"]
    assert local.functions.balanceOf(chains.l1_bridge.address).call() == 40 * unit
    assert chains.l1_bridge.functions.deposits(local.address, remote.address).call() == 40 * unit
    (arrived,) = chains.carry(sent)
    assert names(arrived, chains.l2_bridge, chains.l2_messenger) == [
        "DepositFinalized",
        "ERC20BridgeFinalized",
        "RelayedMessage",
    ]
    (finalized,) = chains.l2_bridge.events.ERC20BridgeFinalized().process_receipt(arrived, errors=DISCARD)
    assert dict(finalized["args"]) == {
        "localToken": remote.address, "remoteToken": local.address, "from": chains.alice, "to": chains.bob,
        "amount": 40 * unit, "extraData": EXTRA,
    }  # fmt: skip
    assert remote.functions.balanceOf(chains.bob).call() == remote.functions.totalSupply().call() == 40 * unit
    assert remote.functions.decimals().call() == decimals

    bridge = chains.l2_bridge.functions
    returning = (
        bridge.bridgeERC20(remote.address, local.address, 15 * unit, 200_000, EXTRA)
        if way == "bridge"
        else bridge.withdraw(remote.address, 15 * unit, 200_000, EXTRA)
    )
    sent = chains.send(returning, chains.bob)
    assert names(sent, chains.l2_bridge) == ["WithdrawalInitiated", "ERC20BridgeInitiated"]
    assert remote.functions.totalSupply().call() == 25 * unit
    (withdrawal,) = chains.withdrawals(sent)
    arrived = chains.bring(withdrawal)
    assert names(arrived, chains.l1_bridge) == ["ERC20WithdrawalFinalized", "ERC20BridgeFinalized"]
    assert local.functions.balanceOf(chains.bob).call() == 15 * unit
    assert chains.l1_bridge.functions.deposits(local.address, remote.address).call() == 25 * unit


def test_an_l2_token_is_bridged_to_l1_and_back(chains: Chains) -> None:
    local = deploy(chains.l2, load_test_contract("OddToken"), 6, 100)
    create = chains.l1_factory.functions.createOptimismMintableERC20WithDecimals(local.address, "Odd", "ODD", 6)
    remote = chains.on_l1("OptimismMintableERC20", create.call({"from": chains.alice}))
    chains.send(create)
    chains.send(local.functions.approve(chains.l2_bridge.address, 100))
    sent = chains.send(
        chains.l2_bridge.functions.bridgeERC20To(local.address, remote.address, chains.carol, 60, 200_000, b"")
    )
    (withdrawal,) = chains.withdrawals(sent)
    chains.bring(withdrawal)
    assert remote.functions.balanceOf(chains.carol).call() == 60
    back = chains.send(
        chains.l1_bridge.functions.bridgeERC20(remote.address, local.address, 20, 200_000, b""), chains.carol
    )
    assert remote.functions.totalSupply().call() == 40
    (arrived,) = chains.carry(back)
    assert names(arrived, chains.l2_messenger) == ["RelayedMessage"]
    assert local.functions.balanceOf(chains.carol).call() == 20
    assert chains.l2_bridge.functions.deposits(local.address, remote.address).call() == 40


def test_a_token_missing_on_l2_waits_for_its_deployment(chains: Chains) -> None:
    local = deploy(chains.l1, load_test_contract("OddToken"), 6, 100)
    create = chains.l2_factory.functions.createOptimismMintableERC20WithDecimals(local.address, "Odd", "ODD", 6)
    remote = chains.on_l2("OptimismMintableERC20", create.call({"from": chains.alice}))
    chains.send(local.functions.approve(chains.l1_bridge.address, 100))
    sent = chains.send(chains.l1_bridge.functions.bridgeERC20(local.address, remote.address, 30, 200_000, b""))
    (arrived,) = chains.carry(sent)
    assert arrived["status"] == 1
    assert names(arrived, chains.l2_messenger) == ["FailedRelayedMessage"]
    chains.send(create)
    (said,) = chains.l1_messenger.events.SentMessage().process_receipt(sent, errors=DISCARD)
    replay = chains.l2_messenger.functions.relayMessage(
        said["args"]["messageNonce"], chains.l1_bridge.address, chains.l2_bridge.address, 0, said["args"]["gasLimit"],
        said["args"]["message"],
    )  # fmt: skip
    assert names(chains.send(replay, chains.carol, gas=1_000_000), chains.l2_messenger) == ["RelayedMessage"]
    assert remote.functions.balanceOf(chains.alice).call() == 30


def test_a_token_is_only_bridged_to_its_counterpart(chains: Chains) -> None:
    local = deploy(chains.l1, load_test_contract("OddToken"), 6, 100)
    create = chains.l2_factory.functions.createOptimismMintableERC20(STRANGER, "Other", "OTH")
    other = create.call({"from": chains.alice})
    chains.send(create)
    wrong = chains.l2_bridge.functions.bridgeERC20(other, local.address, 1, 0, b"")
    assert "wrong remote token" in refusal(wrong, chains.alice)
    # and what L1 locks for a token that is another's twin stays to be replayed, not minted
    chains.send(local.functions.approve(chains.l1_bridge.address, 100))
    sent = chains.send(chains.l1_bridge.functions.bridgeERC20(local.address, other, 30, 200_000, b""))
    (arrived,) = chains.carry(sent)
    assert names(arrived, chains.l2_messenger) == ["FailedRelayedMessage"]


def test_a_token_that_refuses_to_move_is_not_bridged(chains: Chains) -> None:
    local = deploy(chains.l1, load_test_contract("OddToken"), 6, 100)
    bridging = chains.l1_bridge.functions.bridgeERC20(local.address, STRANGER, 30, 200_000, b"")
    assert refusal(bridging, chains.alice) == "panic"  # no allowance
    chains.send(local.functions.approve(chains.l1_bridge.address, 100))
    chains.send(local.functions.setRefuses(True))
    assert refusal(bridging, chains.alice) == "StandardBridge: token transfer failed"
    nothing = chains.l1_bridge.functions.bridgeERC20(STRANGER, STRANGER, 30, 200_000, b"")
    assert refusal(nothing, chains.alice) == "StandardBridge: the token is no contract"


def test_ether_is_conserved_across_both_chains(chains: Chains) -> None:
    """What is on L2 or on its way from there is what the portal holds."""
    people = [chains.alice, chains.bob, chains.carol, chains.role]
    on_l2 = [
        *people,
        STRANGER,
        chains.passer.address,
        str(to_checksum_address(L2_MESSENGER)),
        str(to_checksum_address(L2_BRIDGE)),
    ]

    def unlocked() -> int:
        return balance(chains.l1, chains.portal.address) - sum(balance(chains.l2, one) for one in on_l2)

    start = unlocked()
    sent = chains.send(chains.l1_bridge.functions.bridgeETH(200_000, b""), value=3 * ETHER)
    chains.carry(sent)
    assert unlocked() == start
    sent = chains.send(chains.l2_bridge.functions.bridgeETHTo(STRANGER, 200_000, b""), value=ETHER)
    (withdrawal,) = chains.withdrawals(sent)
    assert unlocked() == start
    before = balance(chains.l1, STRANGER)
    chains.bring(withdrawal)
    assert balance(chains.l1, STRANGER) == before + ETHER
    chains.send(chains.passer.functions.burn())
    assert unlocked() == start
