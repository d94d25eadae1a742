"""``--l1-contracts mainnet-3.15``: what clients meet at MegaETH's contracts on mainnet, found out at home. Withdrawals work
as there, with the errors of that version in its order; and stock viem fails where it fails there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_utils import keccak

from megadev import Devnet
from megadev.chain.contracts import Artifact
from megadev.cli.main import cli
from megadev.clock import StoppedClock
from megadev.errors import ConfigError
from megadev.primitives.hexcodec import parse_data
from megadev.rollup.contracts import load
from megadev.rollup.predeploys import MAINNET_315, MAINNET_ADDRESSES
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge
from tests.stage.javascript import outcomes
from tests.units.rollup.chains import contract, refusal

START = 1_800_000_000


@pytest.fixture(params=["dev", "megaeth"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[Devnet, Bridge]]:
    net = Devnet(
        preset=request.param,
        clock=StoppedClock(START),
        accounts=4,
        l1_contracts="mainnet-3.15",
        challenge_window=1000,
        proof_maturity_delay=300,
        finality_delay=50,
    )
    yield net, Bridge(net.l1, net.l2)
    net.close()


def on_l1(net: Devnet, field: str) -> Any:
    return contract(net.l1, load(MAINNET_315.contracts[field]), getattr(MAINNET_ADDRESSES, field))  # type: ignore[arg-type]


def pass_time(net: Devnet, seconds: int) -> None:
    net.l1.rpc("evm_increaseTime", seconds)
    net.l1.rpc("evm_mine")


def test_a_withdrawal_is_refused_with_that_versions_reasons_in_its_order(pair: tuple[Devnet, Bridge]) -> None:
    net, bridge = pair
    alice = net.accounts[0].address
    portal = on_l1(net, "portal")
    assert portal.functions.version().call() == "3.15.2"
    bridge.deposit(10**18)
    withdrawal = bridge.withdraw(5)
    net.rpc("evm_mine")
    check = portal.functions.checkWithdrawal(parse_data(withdrawal), alice)
    assert refusal(check, alice) == "Unproven"
    bridge.prove(withdrawal)
    assert refusal(check, alice) == "OptimismPortal: proven withdrawal has not matured yet"
    snapshot = net.rpc("evm_snapshot")
    bridge.blacklist(0)
    assert refusal(check, alice) == "Blacklisted"
    assert net.rpc("evm_revert", snapshot) is True
    # matured, but its claim is not settled: what viem does not understand
    pass_time(net, 301)
    assert refusal(check, alice) == "ProposalNotValidated"
    pass_time(net, 700)
    assert bridge.games[0]["status"] == "defender-wins"
    assert refusal(check, alice) == "OptimismPortal: output proposal in air-gap"
    snapshot = net.rpc("evm_snapshot")
    bridge.retire_games()
    assert refusal(check, alice) == "OptimismPortal: dispute game created before respected game type was updated"
    assert net.rpc("evm_revert", snapshot) is True
    bridge.finalize(withdrawal)
    assert bridge.withdrawal(withdrawal)["status"] == "finalized"
    assert refusal(check, alice) == "AlreadyFinalized"


def test_games_have_the_layout_and_the_getters_of_kailua(pair: tuple[Devnet, Bridge]) -> None:
    net, bridge = pair
    net.rpc("evm_mine")
    first = bridge.propose(block=1)
    child = bridge.propose(block=9, root="0x" + "66" * 32, parent=first, sender=net.accounts[1].address)
    game = contract(net.l1, load("KailuaGame"), bridge.games[child]["address"])  # type: ignore[arg-type]
    ask = game.functions
    assert ask.l2BlockNumber().call() == 9 and ask.MAX_CLOCK_DURATION().call() == 1000
    assert ask.extraData().call() == (9).to_bytes(8, "big") + first.to_bytes(8, "big") + bytes(8)
    assert ask.parentGame().call().lower() == bridge.games[first]["address"]
    assert ask.gameCreator().call() == net.accounts[1].address
    assert (ask.version().call(), ask.gameType().call()) == ("0.1.0", 1337)
    assert bridge.games[child]["parentIndex"] == hex(first)
    for missing in ("l2SequenceNumber()", "maxClockDuration()"):
        with pytest.raises(RpcError):
            net.l1.rpc("eth_call", {"to": game.address, "data": "0x" + keccak(missing.encode())[:4].hex()})
    with pytest.raises(RpcError):
        bridge.challenge(child)
    assert "nobody can challenge it" in bridge.games[child]["next"]
    pass_time(net, 1000)
    assert bridge.games[first]["status"] == "defender-wins"
    pass_time(net, 60)
    assert on_l1(net, "anchor_state_registry").functions.getAnchorRoot().call()[1] == 1


def test_the_interface_is_that_of_the_published_contracts() -> None:
    """Of the portal: no getter of the registry and none of the errors that came with version 4."""

    def names(artifact: Artifact, kind: str) -> set[str]:
        return {item["name"] for item in artifact.abi if item["type"] == kind}

    portal = load("OptimismPortal315")
    assert "anchorStateRegistry" not in names(portal, "function")
    assert not [name for name in names(portal, "error") if name.startswith("OptimismPortal_")]
    assert {"Unproven", "ProposalNotValidated", "AlreadyFinalized", "LegacyGame"} <= names(portal, "error")
    registry = names(load("AnchorStateRegistry222"), "function")
    assert not {"retirementTimestamp", "disputeGameFinalityDelaySeconds"} & registry


def test_a_chain_with_other_contracts_is_refused_by_name(tmp_path: Path) -> None:
    dump, store = f"{tmp_path}/state.json", f"{tmp_path}/store/"
    for kept in (dump, store):
        with Devnet(state=kept, l1_contracts="mainnet-3.15") as net:
            net.l1.rpc("evm_mine")
        with pytest.raises(ConfigError, match="start (it )?with --l1-contracts mainnet-3.15"):
            Devnet(state=kept)
        with Devnet(state=kept, l1_contracts="mainnet-3.15") as net:
            assert net.l1.rpc("eth_blockNumber") == "0x1"
            dumped = net.rpc("anvil_dumpState")
    with Devnet() as net:
        with pytest.raises(RpcError, match="mainnet-3.15") as refused:
            net.rpc("anvil_loadState", dumped)
        assert refused.value.code == -32602 and net.rpc("eth_blockNumber") == "0x0"
    with Devnet(no_l1=True) as net:
        net.rpc("anvil_loadState", dumped)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_user_leaves_without_the_sequencer(preset: str) -> None:
    arguments = ["demo", "exit", "--preset", preset, "--window", "6", "--l1-contracts", "mainnet-3.15"]
    done = CliRunner().invoke(cli, arguments, prog_name="megadev")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].endswith("The user has left.")


VIEM = (
    "games cannot be read",
    "a withdrawal's status cannot be told",
    "a withdrawal is proven and finalized by hand",
)


@pytest.mark.node_js
def test_viem() -> None:
    with Devnet(accounts=4, l1_contracts="mainnet-3.15") as net:
        net.serve()
        assert outcomes(net, "viem", "viem_mainnet") == dict.fromkeys(VIEM, "ok")
