"""The law of the store: a node that is recovered from it is the node that is recovered from its dump, and more: what a
dump leaves out is there too. Both tell the same, dump the same, and go on alike.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.evm.salt import bucket_of

SOMEBODY = "0x00000000000000000000000000000000000a11ce"
BUCKET = bucket_of(bytes.fromhex(SOMEBODY[2:]))
KEY = "0x" + "7c" * 32
MESSAGE_PASSER = "0x4200000000000000000000000000000000000016"
ORACLE = "0x6342000000000000000000000000000000000001"
PRESETS = ("dev", "megaeth")


def _settings(preset: str) -> dict[str, Any]:
    quiet = {} if preset == "dev" else {"block_time": None, "mini_block_time": None}
    return {
        "preset": preset,
        "manual_clock": True,
        "timestamp": 1_700_000_000,
        "batch": True,
        "da": "external",
        "challenge_window": 60,
        **quiet,
    }


def _fill(net: Devnet, preset: str) -> None:
    """Have something of everything that a store keeps."""
    alice, bob, carol = (account.address for account in net.accounts[:3])
    l1 = net.l1.rpc
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x5"})
    portal = l1("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
    l1("eth_sendTransaction", {"from": alice, "to": portal, "value": "0x64"})
    net.rpc("eth_sendTransaction", {"from": alice, "to": MESSAGE_PASSER, "value": "0x9", "gas": "0x30d40"})
    net.rpc("megadev_batcher_flush")
    net.rpc("evm_increaseTime", 5000)
    net.rpc("evm_mine")
    l1("evm_mine")
    net.rpc("anvil_setCode", SOMEBODY, "0x6001600055")
    net.rpc("anvil_setStorageAt", SOMEBODY, "0x1", "0x" + "7".zfill(64))
    net.rpc("anvil_mine", "0x20")
    net.rpc("anvil_impersonateAccount", SOMEBODY)
    net.rpc("anvil_setBalance", SOMEBODY, "0xde0b6b3a7640000")
    net.rpc("eth_sendTransaction", {"from": SOMEBODY, "to": bob, "value": "0x1"})
    net.rpc("megadev_batcher_flush")
    net.rpc("anvil_setCoinbase", carol)
    net.rpc("anvil_setBlockGasLimit", "0x1c9c380")
    net.rpc("anvil_setBlockTimestampInterval", 7)
    net.rpc("anvil_setNextBlockBaseFeePerGas", "0x3b9aca07")
    net.rpc("anvil_setLoggingEnabled", False)
    l1("anvil_setBalance", SOMEBODY, "0x33")
    net.rpc("eth_sendTransaction", {"from": bob, "to": alice, "value": "0x1", "nonce": "0x99"})
    l1("eth_sendTransaction", {"from": bob, "to": alice, "value": "0x1", "nonce": "0x88"})
    net.rpc("megadev_sequencer_rotateKey", {"key": KEY})
    net.rpc("evm_mine")
    if preset == "megaeth":
        net.rpc("megadev_oracle_setSlots", {"7": "0x2a"})
        net.rpc("megadev_salt_setCapacities", {str(BUCKET): 1024})
        net.rpc("eth_sendTransaction", {"from": alice, "to": ORACLE, "data": "0x7eba7ba6" + "7".zfill(64)})
        net.rpc("megadev_sequencer_equivocate")
        net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x2"})
        net.rpc("evm_mine")
    net.rpc("anvil_setBalance", SOMEBODY, "0x78")
    net.rpc("megadev_sequencer_censor", [carol])
    net.rpc("eth_sendTransaction", {"from": carol, "to": bob, "value": "0x3"})
    net.rpc("megadev_da_misbehave", {"withhold": ["0x" + "11" * 32]})


def _document(net: Devnet) -> dict[str, Any]:
    """A dump with the state after each block, unpacked."""
    document: dict[str, Any] = json.loads(gzip.decompress(bytes.fromhex(net.rpc("anvil_dumpState", True)[2:])))
    return document


def _told(net: Devnet) -> dict[str, Any]:
    """What clients are told that no dump holds."""
    node = net.node
    return {
        "pools": [endpoint.rpc("txpool_content") for endpoint in net.endpoints],
        "accounts": net.rpc("eth_accounts"),
        "sequencer": net.rpc("megadev_sequencer_status"),
        "batcher": net.rpc("megadev_batcher_status"),
        "data": [node.da_store.kept(), node.da_store.faults],
        "interval": net.l2.chain.time.settings.interval,
        "blocks": [chain.sequencer.blocks for chain in node.chains],
        "time": [chain.time.now() for chain in node.chains],
        "logging": node.logging,
        "evidence": net.rpc("megadev_sequencer_evidence"),
        "progress": None if node.driver is None else node.driver.progress,
        "heads": [net.rpc("eth_getBlockByNumber", tag, False) for tag in ("latest", "safe", "finalized")],
    }


@pytest.mark.parametrize("preset", PRESETS)
def test_a_store_contains_a_dumps_content_and_more(tmp_path: Path, preset: str) -> None:
    settings = _settings(preset)
    (tmp_path / "kept").mkdir()
    with Devnet(**settings, state=tmp_path / "kept") as net:
        _fill(net, preset)
        document, dump, told = _document(net), net.rpc("anvil_dumpState", True), _told(net)
    with Devnet(**settings) as other:
        other.rpc("anvil_loadState", dump)
        assert _document(other) == document
    for _ in range(2):  # the second time from what the first wrote
        with Devnet(**settings, state=tmp_path / "kept") as net:
            assert _document(net) == document
            assert _told(net) == told
