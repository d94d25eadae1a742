"""What a MegaETH chain was told is still so after a restart from --state: oracle, registry, buckets, vaults, key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.evm.salt import bucket_of
from megadev.rpc.client import RpcError

ORACLE, REGISTRY = "0x6342000000000000000000000000000000000001", "0x6342000000000000000000000000000000000006"
BASE_FEES = "0x4200000000000000000000000000000000000019"
SOMEBODY = "0x00000000000000000000000000000000000a11ce"
BUCKET = bucket_of(bytes.fromhex(SOMEBODY[2:]))
GET_SLOT_7 = "0x7eba7ba6" + "7".zfill(64)


def _read_slot(net: Devnet) -> int:
    return int(net.rpc("eth_call", {"to": ORACLE, "data": GET_SLOT_7}, "latest"), 16)


def _told(net: Devnet) -> dict[str, object]:
    return {
        "oracle": net.rpc("megadev_oracle_status")["values"],
        "read": _read_slot(net),
        "buckets": net.rpc("megadev_salt_status"),
        "gas": net.rpc("eth_estimateGas", {"from": net.accounts[0].address, "to": SOMEBODY, "value": "0x1"}),
        "sequencer": net.rpc("eth_call", {"to": REGISTRY, "data": "0xe8129030"}, "latest"),
        "vault": net.rpc("eth_getBalance", BASE_FEES, "latest"),
        "root": net.rpc("eth_getBlockByNumber", "latest", False)["stateRoot"],
    }


def _signer(net: Devnet) -> str:
    return str(net.rpc("megadev_sequencer_status")["signer"])


def test_a_restart_keeps_all_earlier_answers(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    with Devnet(preset="megaeth", state=path, block_time=None, mini_block_time=None) as net:
        net.rpc("megadev_oracle_setSlots", {"7": "0x2a"})
        net.rpc("megadev_salt_setCapacities", {str(BUCKET): 1024})
        net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": ORACLE, "data": GET_SLOT_7})
        net.rpc("megadev_sequencer_rotateKey")
        for _ in range(3):
            net.rpc("evm_mine")
        before, signer = _told(net), _signer(net)
    with Devnet(preset="megaeth", state=path, block_time=None, mini_block_time=None) as net:
        assert _told(net) == before
        assert _signer(net) == signer
        net.rpc("evm_mine")
        assert _signer(net) == signer
    assert before["read"] == 0x2A
    assert before["gas"] == hex(60_000 + 3 * 25_000)
    assert before["vault"] != "0x0"


def test_a_loaded_dump_restores_its_settings(tmp_path: Path) -> None:
    with Devnet(preset="megaeth") as net:
        net.rpc("megadev_oracle_setSlots", {"7": "0x2a"})
        dump = net.rpc("anvil_dumpState")
    with Devnet(preset="megaeth") as net:
        net.rpc("anvil_loadState", dump)
        assert _read_slot(net) == 0x2A
    with Devnet() as net:  # a chain that has no oracle
        net.rpc("anvil_loadState", dump)
        with pytest.raises(RpcError, match="has no oracle"):
            net.rpc("megadev_oracle_status")


@pytest.mark.parametrize(
    "settings", [{"buckets": {"1": 256}}, {"oracle": {"x": "0x1"}}, {"signers": [{"firstBlock": 3, "key": "0x01"}]}, 7]
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, settings: object) -> None:
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"accounts": {}, "settings": settings}))
    with pytest.raises(ConfigError, match="settings"):
        Devnet(preset="megaeth", load_state=path)
