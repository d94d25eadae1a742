"""Claims about L2, as the games they are on L1: proposed by anybody, challenged, resolved either way, their bonds paid;
blacklisted, retired, and of a type that is respected no more. As Python calls, as commands and as viem's.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from megadev import Devnet
from megadev.cli.main import cli
from megadev.clock import StoppedClock
from megadev.errors import MegadevError
from megadev.rpc.client import RpcError
from megadev.testing.bridge import Bridge, NotCrossed
from tests.conftest import RunningNode
from tests.stage.javascript import outcomes

ETHER = 10**18
START = 1_800_000_000
WRONG = "0x" + "66" * 32
GAMES = {"challenge_window": 100, "prove_window": 50, "proposer_bond": "0.5", "challenger_bond": "0.25"}


class Stage:
    """A devnet whose clock stands still, and its bridge."""

    def __init__(self, **settings: Any) -> None:
        self.net = Devnet(clock=StoppedClock(START), accounts=4, **(GAMES | settings))
        self.bridge = Bridge(self.net.l1, self.net.l2)
        self.alice, self.bob, self.carol = (account.address for account in self.net.accounts[:3])
        self.net.rpc("evm_mine")

    def pass_time(self, seconds: int) -> None:
        self.net.l1.rpc("evm_increaseTime", seconds)
        self.net.l1.rpc("evm_mine")

    def balance(self, who: str) -> int:
        return int(self.net.l1.rpc("eth_getBalance", who, "latest"), 16)


@pytest.fixture(params=["dev", "megaeth"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    made = Stage(preset=request.param)
    yield made
    made.net.close()


def test_anyone_claims_and_a_wrong_claim_is_challenged_and_lost(stage: Stage) -> None:
    bridge = stage.bridge
    before = stage.balance(stage.bob)
    wrong = bridge.propose(sender=stage.bob, root=WRONG)
    game = bridge.games[wrong]
    assert (game["creator"], game["isTrue"], game["status"]) == (stage.bob.lower(), False, "in-progress")
    assert game["credit"] == {stage.bob.lower(): hex(ETHER // 2)}
    child = bridge.propose(sender=stage.bob, root=WRONG, block=9, parent=wrong)
    assert bridge.games[child]["parentIndex"] == hex(wrong)
    with pytest.raises(RpcError, match="GameNotOver"):
        bridge.resolve(wrong)

    challenged = bridge.challenge(wrong, sender=stage.carol)
    assert challenged["challenger"] == stage.carol.lower() and "a proof must come" in challenged["next"]
    with pytest.raises(RpcError, match="ClaimAlreadyChallenged"):
        bridge.challenge(wrong)
    stage.pass_time(50)
    assert bridge.resolve(wrong)["status"] == "challenger-wins"
    # what builds on it falls with it, though nobody challenged that
    assert bridge.resolve(child)["status"] == "challenger-wins"
    with pytest.raises(RpcError, match="InvalidParentGame"):
        bridge.propose(root=WRONG, block=10, parent=wrong)
    stage.pass_time(2)
    held = stage.balance(stage.carol)
    assert bridge.claim_bond(wrong, sender=stage.carol)["credit"] == {}
    assert held + ETHER * 74 // 100 < stage.balance(stage.carol) < held + ETHER * 3 // 4
    assert stage.balance(stage.bob) < before - ETHER  # both bonds are gone
    with pytest.raises(RpcError, match="NoCreditToClaim"):
        bridge.claim_bond(child, sender=stage.bob)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_withdrawal_is_proven_and_finalized_with_anyones_claim(preset: str) -> None:
    """The node's proposer claims nothing; a user resolves the claim, or has the windows pass."""
    stage = Stage(preset=preset, propose_every=0)
    bridge = stage.bridge
    first, second = bridge.withdraw(5), bridge.withdraw(6)
    stage.net.rpc("evm_mine")
    bridge.propose(sender=stage.bob)
    for each in (first, second):
        bridge.prove(each)
    stage.pass_time(100)
    waiting = bridge.withdrawal(first)
    assert waiting["status"] == "waiting-to-finalize" and "resolve" in waiting["next"]
    stage.net.l1.rpc("eth_sendTransaction", {"from": stage.carol, **waiting["call"]})
    assert bridge.games[0]["status"] == "defender-wins"
    bridge.finalize(first)
    third = bridge.withdraw(7)
    stage.net.rpc("evm_mine")
    bridge.propose(sender=stage.bob)
    bridge.prove(third)
    bridge.finalize(third)  # nobody resolved this one: it was done while the windows passed
    bridge.finalize(second)
    assert {each["status"] for each in bridge.withdrawals} == {"finalized"}
    stage.net.close()


def test_a_challenge_that_a_true_claim_does_not_answer_wins_too(stage: Stage) -> None:
    """The proposer sees its own game through to its end, whichever that is."""
    bridge = stage.bridge
    index = bridge.propose()
    bridge.challenge(index, sender=stage.carol)
    stage.pass_time(50)
    game = bridge.games[index]
    assert (game["isTrue"], game["status"]) == (True, "challenger-wins")
    withdrawal = bridge.withdraw(5)
    stage.net.rpc("evm_mine")
    bridge.prove(withdrawal)  # by a new claim
    assert len(bridge.games) > 1


def test_the_guardian_blacklists_retires_and_changes_the_type(stage: Stage) -> None:
    bridge = stage.bridge
    withdrawal = bridge.withdraw(5)
    stage.net.rpc("evm_mine")
    bridge.prove(withdrawal)
    blacklisted = len(bridge.games) - 1
    assert bridge.blacklist(blacklisted)["isBlacklisted"] is True
    # it has to be proven again, by another claim
    assert bridge.withdrawal(withdrawal)["status"] in ("waiting-to-prove", "ready-to-prove")
    stage.net.rpc("evm_mine")
    bridge.prove(withdrawal)
    assert int(bridge.withdrawal(withdrawal)["game"], 16) != int(bridge.games[blacklisted]["address"], 16)
    there_were = len(bridge.games)
    bridge.retire_games()  # upon which the proposer makes a new claim
    assert all(each["isRetired"] for each in bridge.games[:there_were])
    assert bridge.withdrawal(withdrawal)["status"] in ("waiting-to-prove", "ready-to-prove")
    stage.pass_time(1)
    stage.net.rpc("evm_mine")
    bridge.prove(withdrawal)
    assert bridge.withdrawal(withdrawal)["status"] == "waiting-to-finalize"

    snapshot = stage.net.rpc("evm_snapshot")
    games = bridge.games
    bridge.respect(7)
    other = bridge.withdraw(6)
    stage.net.rpc("evm_mine")
    with pytest.raises(NotCrossed, match="waiting-to-prove"):
        bridge.prove(other)  # the claim that is made for it does not count
    assert bridge.games[-1]["isRespected"] is False
    # what was respected when it was made still is
    bridge.finalize(withdrawal)
    assert stage.net.rpc("evm_revert", snapshot) is True
    assert bridge.games == games
    other = bridge.withdraw(6)
    stage.net.rpc("evm_mine")
    bridge.prove(other)


def test_a_paused_bridge_does_not_keep_the_proposer_busy(stage: Stage) -> None:
    """A final game that cannot become the anchor now is left alone until that can be."""
    stage.bridge.propose()
    at = stage.net.rpc("megadev_chainConfig")["l1"]["contracts"]["superchainConfig"]["address"]
    word = int(stage.net.l1.rpc("eth_getStorageAt", at, "0x0", "latest"), 16)
    stage.net.l1.rpc("anvil_setStorageAt", at, "0x0", f"0x{word | 1 << 160:064x}")
    for _ in range(3):
        stage.pass_time(100)
    assert stage.bridge.games[0]["status"] == "defender-wins"
    number = stage.net.l1.rpc("eth_blockNumber")
    assert stage.net.l1.rpc("eth_blockNumber") == number


def test_impossible_operations_are_refused(stage: Stage) -> None:
    bridge = stage.bridge
    for index, options, reason in [
        (0, {}, "no game 0"),
        (0, {"from": "0x" + "11" * 20}, "no game 0"),
    ]:
        with pytest.raises(RpcError, match=reason):
            stage.net.rpc("megadev_challengeGame", hex(index), options)
    with pytest.raises(RpcError, match="no block 77"):
        bridge.propose(block=77)
    with pytest.raises(RpcError, match="unknown account"):
        stage.net.l1.rpc("anvil_setBalance", "0x" + "11" * 20, hex(ETHER))
        bridge.propose(sender="0x" + "11" * 20)
    with pytest.raises(RpcError, match="UnexpectedSequenceNumber"):
        bridge.propose(block=0)
    with pytest.raises(RpcError, match="game type"):
        stage.net.rpc("megadev_setRespectedGameType", hex(2**32 - 1))
    assert bridge.games == []


# -- commands -------------------------------------------------------------------------------------------------------


def run(node: RunningNode, *arguments: str) -> str:
    done = CliRunner().invoke(cli, [*arguments, "--rpc-url", node.url], prog_name="megadev")
    if isinstance(done.exception, MegadevError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output.strip()


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_games_from_the_command_line_and_across_a_restart(
    megadev_up: Callable[..., RunningNode], tmp_path: Path, preset: str
) -> None:
    flags = ("--preset", preset, "--state", str(tmp_path / "state.json"), "--challenge-window", "3600")
    flags += ("--prove-window", "3600", "--challenger-bond", "0.1")
    node = megadev_up(*flags)
    bob = node.rpc("eth_accounts")[1]
    assert run(node, "games", "list") == "Nothing has been claimed yet."
    run(node, "mine", "1")
    assert "game 0" in run(node, "propose", "--as", bob, "--block", "1", "--root", WRONG)
    with pytest.raises(MegadevError, match="GameNotOver"):
        run(node, "games", "resolve", "0")
    assert "FALSE" in run(node, "games", "list")
    assert f"challenged by {bob.lower()}" in run(node, "challenge", "0", "--from", bob)
    assert node.stop(signal.SIGTERM) == 0

    again = megadev_up(*flags)
    assert "a proof must come within" in run(again, "games", "list")
    run(again, "time", "+2h")  # blocks made at once are ahead of the clock by some seconds
    assert "challenger-wins" in run(again, "games", "resolve", "0")
    run(again, "time", "+2h")
    assert "ETH for" not in run(again, "games", "claim", "0", "--from", bob)
    assert "blacklisted" in run(again, "games", "blacklist", "0")
    assert "retired" in run(again, "games", "retire")
    assert run(again, "games", "respect", "7").startswith("respected game type 7")


# -- viem -----------------------------------------------------------------------------------------------------------

VIEM = (
    "a withdrawal by a claim that anybody made",
    "a blacklisted game and a retired one have to be proven again",
    "a type that is respected no more",
    "a wrong claim is challenged, lost and pays its challenger",
)


@pytest.mark.node_js
def test_viem() -> None:
    with Devnet(accounts=20, challenge_window=60, prove_window=60, proposer_bond="0.5", challenger_bond="0.25") as net:
        net.serve()
        assert outcomes(net, "viem", "viem_games") == dict.fromkeys(VIEM, "ok")
