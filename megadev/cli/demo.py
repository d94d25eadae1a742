"""``megadev demo``: what a rollup promises its users, shown on a devnet of its own, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.bridging import NotDone
from megadev.cli.options import Command
from megadev.config.settings import DEV, MEGAETH
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import parse_fixed, to_data
from megadev.rollup.predeploys import GAME_TYPE, MESSAGE_PASSER, PROFILES, VIEM, Profile, claim_data

if TYPE_CHECKING:
    from megadev.devnet import Devnet

BROUGHT = 5 * 10**18
"""Wei that the user brings to L2."""
TAKEN = 3 * 10**18
"""Wei that they take back to L1."""
GAS = 300_000
"""Gas on L2 of a withdrawal by deposit: MegaETH's storage gas included."""


@click.group(short_help="Show what the rollup guarantees.")
def demo() -> None:
    """Show what the rollup guarantees to its users, on a temporary devnet without ports or files."""


@demo.command("exit", cls=Command, short_help="Leave L2 with the sequencer down for good.")
@click.option("--preset", type=click.Choice([DEV, MEGAETH]), default=DEV, show_default=True, help="Set of defaults.")
@click.option(
    "--window",
    type=click.IntRange(2, 3_600),
    default=10,
    show_default=True,
    metavar="BLOCKS",
    help="The sequencing window, in L1 blocks; 3600 on MegaETH, which is 12 hours.",
)
@click.option(
    "--l1-contracts",
    "profile",
    type=click.Choice(list(PROFILES)),
    default=VIEM.name,
    show_default=True,
    help="Contracts of the bridge on L1.",
)
def leave(preset: str, window: int, profile: str) -> None:
    """Show a user withdraw funds through L1 while they are censored and then the sequencer is down for good.

    \b
    By deposits alone: a withdrawal that is initiated by a deposit on L1, derived once the sequencing
    window has passed, proven against a root that the user proposes, and finalized on L1.

    The exit code is 0 when the funds are back on L1, and 1 when they are not.
    """
    from megadev.devnet import Devnet

    settings: dict[str, Any] = {"batch": True} if preset == DEV else {"block_time": None, "mini_block_time": None}
    if preset == MEGAETH:
        settings["no_mining"] = True  # blocks come when they are asked for, not by timers
    with Devnet(
        preset=preset,
        sequencing_window=window,
        propose_every=0,
        channel_seconds=0,
        manual_clock=True,
        l1_contracts=profile,
        **settings,
    ) as net:
        for number, line in enumerate(_Exit(net, window, PROFILES[profile]).steps(), 1):
            click.echo(f"{number:2}  {line}")


class _Exit:
    """The user's way out. ``steps`` tells each once it is done, and raises ``NotDone`` where one does not have its
    effect.
    """

    def __init__(self, net: Devnet, window: int, profile: Profile) -> None:
        self._l1, self._l2 = net.l1.rpc, net.l2.rpc
        self._window = window
        self._profile = profile
        self._spent = 0
        """Wei of gas that the user has paid on L1."""
        self._user = net.accounts[1].address
        self._addresses: dict[str, Any] = self._l2("megadev_chainConfig")["l1"]["contracts"]

    def steps(self) -> Iterator[str]:
        yield from self._arrive()
        yield from self._be_censored()
        yield from self._meet_silence()
        yield from self._leave()

    def _arrive(self) -> Iterator[str]:
        before = self._balance(self._l2)
        self._deposit(self._user, BROUGHT, mint=BROUGHT)
        self._next_block()
        _check(self._balance(self._l2) == before + BROUGHT, "the deposit did not arrive")
        yield f"{self._user} brings {_ether(BROUGHT)} to L2 by a deposit: {_ether(self._balance(self._l2))} there"

    def _be_censored(self) -> Iterator[str]:
        self._l2("megadev_fault_set", "censor", [self._user])
        request = {"from": self._user, "to": to_data(MESSAGE_PASSER), "data": self._withdrawal(), "value": hex(TAKEN)}
        sent = self._l2("eth_sendTransaction", request)
        self._next_block()
        _check(self._l2("eth_getTransactionReceipt", sent) is None, "the sequencer did not censor")
        yield f"the sequencer censors them: their withdrawal {_short(sent)} stays in the txpool"
        forced = self._deposit(self._user, 0)
        self._next_block()
        _check(self._receipt(forced)["status"] == "0x1", "the deposit was censored too")
        yield f"a deposit gets in all the same, with the next L1 origin: {_short(forced)}"

    def _meet_silence(self) -> Iterator[str]:
        self._l2("megadev_batcher_flush")
        self._l2("megadev_fault_set", "down", [])
        try:
            self._l2("eth_sendTransaction", {"from": self._user, "to": self._user})
        except Exception as refused:
            yield f"the sequencer goes down for good; sends are refused: {str(refused).partition(':')[0]}"
        else:
            raise NotDone("a sequencer that is down took a transaction")

    def _leave(self) -> Iterator[str]:
        before, self._spent = self._balance(self._l1), 0
        forced = self._deposit(to_data(MESSAGE_PASSER), TAKEN, data=self._withdrawal())
        origin = int(self._l1("eth_blockNumber"), 16)
        yield f"the user initiates the withdrawal of {_ether(TAKEN)} by a deposit, in L1 block {origin}"
        height = int(self._l2("eth_blockNumber"), 16)
        self._l1("anvil_mine", hex(self._window - 1))
        _check(
            self._l2("eth_getTransactionReceipt", forced) is None, "the window has not passed, and the deposit is in"
        )
        self._l1("evm_mine")
        receipt = self._receipt(forced)
        derived = int(self._l2("eth_blockNumber"), 16) - height
        _check(receipt["status"] == "0x1", "the withdrawal failed on L2")
        number = int(receipt["blockNumber"], 16)
        yield (
            f"{self._window} L1 blocks later the sequencing window has passed: {derived} L2 blocks with deposits alone "
            f"follow from L1, and block {number} has the withdrawal"
        )
        withdrawal = str(receipt["logs"][0]["data"])[2:]
        withdrawal_hash = "0x" + withdrawal[3 * 64 : 4 * 64]  # value, gas limit, where the data is, the hash
        root = self._l2("optimism_outputAtBlock", hex(number))["outputRoot"]
        claim = encode_call(
            "create(uint32,bytes32,bytes)", GAME_TYPE, parse_fixed(root, 32), claim_data(number, profile=self._profile)
        )
        self._send(self._addresses["disputeGameFactory"]["address"], claim)
        found = self._withdrawal_status(withdrawal_hash, "ready-to-prove")
        yield f"no proposer is running, so the user proposes L2's state: output root {_short(root)} of block {number}"
        self._send(**found["call"])
        found = self._withdrawal_status(withdrawal_hash, "waiting-to-finalize")
        yield f"they prove the withdrawal against it: {_short(withdrawal_hash)} is in L2's state"
        self._pass_time()
        self._send(found["game"], to_data(encode_call("resolve()")))
        yield "the challenge window passes without a challenge, and anybody resolves the claim: it stands"
        self._pass_time()
        found = self._withdrawal_status(withdrawal_hash, "ready-to-finalize")
        self._send(**found["call"])
        self._withdrawal_status(withdrawal_hash, "finalized")
        left = self._balance(self._l1) - before + self._spent
        _check(left == TAKEN, f"{left} wei came back of {TAKEN}")
        yield (
            f"they finalize it: {_ether(TAKEN)} are back on L1, where these steps cost {self._spent / 10**18:.4g} ETH "
            "of gas. The user has left."
        )

    # -- what they do -------------------------------------------------------------------------------------------------

    def _withdrawal(self) -> str:
        return to_data(
            encode_call("initiateWithdrawal(address,uint256,bytes)", parse_fixed(self._user, 20), 100_000, b"")
        )

    def _deposit(self, to: str, value: int, *, mint: int = 0, data: str = "0x") -> str:
        """Send a deposit; its hash on L2."""
        from megadev.testing.bridge import DEPOSIT_SIGNATURE, deposit_hash

        portal = self._addresses["portal"]["address"]
        call = encode_call(DEPOSIT_SIGNATURE, parse_fixed(to, 20), value, GAS, False, bytes.fromhex(data[2:]))
        return deposit_hash(self._send(portal, to_data(call), mint), portal)

    def _send(self, to: str, data: str | bytes, value: int = 0) -> dict[str, Any]:
        """Send from the user on L1; the receipt of what succeeded."""
        text = to_data(data) if isinstance(data, bytes) else data
        tx_hash = self._l1("eth_sendTransaction", {"from": self._user, "to": to, "data": text, "value": hex(value)})
        receipt = self._l1("eth_getTransactionReceipt", tx_hash)
        _check(receipt is not None and receipt["status"] == "0x1", f"L1 refused {tx_hash}")
        self._spent += int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
        return dict(receipt)

    def _receipt(self, tx_hash: str) -> dict[str, Any]:
        receipt = self._l2("eth_getTransactionReceipt", tx_hash)
        _check(receipt is not None, f"{tx_hash} is not on L2")
        return dict(receipt)

    def _withdrawal_status(self, withdrawal_hash: str, status: str) -> dict[str, Any]:
        found: dict[str, Any] = self._l2("megadev_getWithdrawal", withdrawal_hash)
        _check(found["status"] == status, f"the withdrawal is {found['status']}, not {status}")
        return found

    def _next_block(self) -> None:
        """L2's next block, where none comes by itself."""
        if self._l2("anvil_getAutomine") is False:
            self._l2("evm_mine")

    def _pass_time(self) -> None:
        """A minute on L1: longer than any of its windows here."""
        self._l1("evm_increaseTime", 60)
        self._l1("evm_mine")

    def _balance(self, rpc: Callable[..., Any]) -> int:
        return int(rpc("eth_getBalance", self._user, "latest"), 16)


def _check(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotDone(otherwise)


def _ether(wei: int) -> str:
    return f"{wei / 10**18:.4g} ETH" if wei < 10**20 else f"{wei // 10**18:,} ETH"


def _short(value: str) -> str:
    return f"{value[:10]}…"
