"""Attesters that are processes of their own: each derives L2 from L1 and signs what claims say, where that is right; k of
n of them prove a claim, and nothing is signed that does not derive from L1.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet
from megadev.cli.chain import rollup_file
from megadev.cli.main import run as main
from megadev.clock import StoppedClock
from megadev.errors import ConfigError
from megadev.rollup.attestations import NOTE
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.stage.commands import megadev
from tests.stage.waiting import until

START = 1_700_000_000
PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}


def opened(preset: str, **settings: Any) -> tuple[Devnet, Bridge]:
    net = Devnet(clock=StoppedClock(START), accounts=3, channel_seconds=10**6, **PRESETS[preset], **settings)
    net.serve()
    return net, Bridge(net.l1, net.l2)


def pay(net: Devnet) -> None:
    alice, bob = (account.address for account in net.accounts[:2])
    net.rpc("eth_sendTransaction", {"from": alice, "to": bob, "value": "0x1"})
    net.rpc("evm_mine")


@pytest.mark.parametrize("preset", PRESETS)
def test_two_of_three_attesters_prove_a_claim_each_from_l1_alone(
    preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, bridge = opened(preset, attesters=3, attestation_threshold=2, attest_apart=True, state=f"{tmp_path}/store/")
    pay(net)
    net.rpc("megadev_batcher_flush")
    index = bridge.propose()
    exported = tmp_path / "rollup.json"
    exported.write_text(json.dumps(rollup_file(net.url)))
    given = ["attest", "--l1", net.l1.url, "--rollup", str(exported), "--to", net.url]
    with pytest.raises(RpcError, match="attesters run apart"):
        net.rpc("megadev_attestRange", "0x0", "0x1")
    with pytest.raises(RpcError, match=f"0 of 2 attesters have signed what game {index} claims"):
        net.rpc("megadev_proveRange", "0x0", bridge.games[index]["l2BlockNumber"])
    assert main([*given, "--attester", "0"]) == 0
    told = capsys.readouterr()
    assert NOTE in told.out and "1 of 2 attesters" in told.err
    assert bridge.games[index]["prover"] is None
    assert main([*given, "--attester", "0"]) == 0, "who signs twice counts once"
    assert "1 of 2 attesters" in capsys.readouterr().err
    assert main([*given, "--attester", "3"]) == 4, "nobody that the verifier knows"
    assert "does not know the attester" in capsys.readouterr().err
    second = megadev(tmp_path, *given, "--attester", "2", "--json")  # a process of its own
    assert second.returncode == 0, second.stderr
    signed = json.loads(second.stdout)
    assert "2 of 2 attesters" in second.stderr and NOTE in signed["note"]
    until(lambda: bridge.games[index]["prover"] is not None)
    assert bridge.games[index]["proof"].endswith(NOTE)
    # what is not its signature over that claim is refused
    forged = {name: signed[name] for name in ("attester", "signature", "seal")}
    for name in ("signature", "seal"):
        with pytest.raises(RpcError, match="not a signature of"):
            net.rpc("megadev_submitAttestation", hex(index), forged | {name: "0x" + "11" * 65})
    net.close()


@pytest.mark.parametrize("preset", PRESETS)
def test_nothing_is_signed_that_does_not_derive_from_l1(
    preset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, bridge = opened(preset, challenge_window=1_000)
    pay(net)
    number = int(net.rpc("eth_blockNumber"), 16)
    early = bridge.propose()  # before its batches are on L1
    with pytest.raises(RpcError, match="attesters sign what derives from L1"):
        net.rpc("megadev_attestRange", "0x0", hex(number))
    with pytest.raises(RpcError, match=f"game {early} claims that, and was made before the batches"):
        net.rpc("megadev_proveRange", "0x0", hex(number))
    pay(net)
    number = int(net.rpc("eth_blockNumber"), 16)
    proven = net.rpc("megadev_proveRange", "0x0", hex(number))  # posts the batches first
    late = int(proven["index"], 16)
    assert (late != early, bridge.games[late]["prover"] is not None) == (True, True)
    assert bridge.games[early]["prover"] is None
    pay(net)
    net.rpc("megadev_batcher_flush")
    net.rpc("megadev_fault_set", "bad-root", [])
    wrong = bridge.propose()
    exported = tmp_path / "rollup.json"
    exported.write_text(json.dumps(rollup_file(net.url)))
    assert main(["attest", "--l1", net.l1.url, "--rollup", str(exported), "--attester", "0"]) == 3
    told = capsys.readouterr()
    assert f"game {early}: L1 up to its block" in told.err and "before its batches were on L1" in told.err
    assert f"differs: output root on L1: game {wrong}" in told.err
    assert told.out == "", "and nothing is signed"
    net.close()


def test_continuous_proofs_delay_no_transaction_and_cover_blocks_that_are_on_l1() -> None:
    net, bridge = opened("dev", prove=True)
    withdrawal = bridge.withdraw(5)
    assert bridge.games == [], "no claim is made that could not be proven"
    net.rpc("megadev_batcher_flush")
    until(lambda: bridge.games and bridge.games[0]["prover"] is not None)
    bridge.prove(withdrawal)
    net.close()


def test_flags_that_conflict_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="--attest-apart.*--batch"):
        Devnet(attest_apart=True)
    with Devnet(batch=True) as net, pytest.raises(RpcError, match="start it with --attest-apart"):
        pay(net)
        net.rpc("megadev_proposeOutput")
        signed = {"attester": "0x" + "11" * 20, "signature": "0x" + "11" * 65, "seal": "0x" + "11" * 65}
        net.rpc("megadev_submitAttestation", "0x0", signed)
    file = tmp_path / "rollup.json"
    file.write_text("{}")
    given = ["attest", "--l1", "http://127.0.0.1:1", "--rollup", str(file)]
    assert main([*given, "--key", "0x12"]) == 2
    assert "private key" in capsys.readouterr().err
    assert main([*given, "--key", "0x" + "11" * 32, "--attester", "1"]) == 2
    assert "--key names the attester already" in capsys.readouterr().err
