"""What L1's owner can change, and how derivation hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi import encode

from tests.units.rollup.chains import Chains, refusal

UINT = "uint256"


@pytest.mark.parametrize(
    ("setter", "arguments", "kind", "data"),
    [
        ("setBatcherHash", [b"\x05" * 32], 0, b"\x05" * 32),
        ("setGasConfigEcotone", [7, 9], 1, encode([UINT, UINT], [0, 1 << 248 | 9 << 32 | 7])),
        ("setGasLimit", [70_000_000], 2, encode([UINT], [70_000_000])),
        ("setUnsafeBlockSigner", ["0x" + "11" * 20], 3, bytes(12) + b"\x11" * 20),
        ("setEIP1559Params", [250, 6], 4, encode([UINT], [250 << 32 | 6])),
        ("setOperatorFeeScalars", [3, 4], 5, encode([UINT], [3 << 64 | 4])),
    ],
)
def test_a_change_is_announced(chains: Chains, setter: str, arguments: list[Any], kind: int, data: bytes) -> None:
    function = chains.system_config.functions[setter](*arguments)
    assert refusal(function, chains.alice) == "Ownable: caller is not the owner"
    (log,) = chains.send(function, chains.role)["logs"]
    assert [int.from_bytes(topic) for topic in log["topics"][1:]] == [0, kind]
    assert log["data"] == encode(["bytes"], [data])


def test_a_changed_setting_is_readable(chains: Chains) -> None:
    config = chains.system_config.functions
    chains.send(config.setGasConfigEcotone(7, 9), chains.role)
    chains.send(config.setGasLimit(70_000_000), chains.role)
    chains.send(config.setUnsafeBlockSigner("0x" + "11" * 20), chains.role)
    chains.send(config.setEIP1559Params(250, 6), chains.role)
    chains.send(config.setOperatorFeeScalars(3, 4), chains.role)
    assert (config.basefeeScalar().call(), config.blobbasefeeScalar().call()) == (7, 9)
    assert config.gasLimit().call() == 70_000_000
    assert config.unsafeBlockSigner().call() == "0x" + "11" * 20
    assert (config.eip1559Denominator().call(), config.eip1559Elasticity().call()) == (250, 6)
    assert (config.operatorFeeScalar().call(), config.operatorFeeConstant().call()) == (3, 4)
    assert config.batcherHash().call()[12:].hex() == chains.role[2:].lower()


def test_a_gas_limit_out_of_bounds_is_refused(shared: Chains) -> None:
    config = shared.system_config.functions
    assert refusal(config.setGasLimit(20_999_999), shared.role) == "SystemConfig: gas limit too low"
    assert refusal(config.setGasLimit(100 * 10**9 + 1), shared.role) == "SystemConfig: gas limit too high"


def test_a_pause_stops_all_messages_from_l2(chains: Chains) -> None:
    config = chains.superchain_config.functions
    everything = "0x" + "00" * 20
    assert refusal(config.pause(everything), chains.alice) == "SuperchainConfig_OnlyGuardian"
    chains.send(config.pause(everything), chains.role)
    assert chains.portal.functions.paused().call() is True
    assert chains.l1_messenger.functions.paused().call() is True
    assert chains.l1_bridge.functions.paused().call() is True
    assert config.paused(chains.portal.address).call() is True
    relay = chains.l1_messenger.functions.relayMessage(1 << 240, chains.bob, chains.bob, 0, 0, b"")
    assert refusal(relay, chains.alice) == "CrossDomainMessenger: paused"
    assert refusal(config.unpause(everything), chains.alice) == "SuperchainConfig_OnlyGuardian"
    chains.send(config.unpause(everything), chains.role)
    assert chains.portal.functions.paused().call() is False
