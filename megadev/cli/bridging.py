"""The shared parts of the bridge's commands: a running node's two chains, sending on either, and waiting for the
result.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from megadev.cli.client import call
from megadev.cli.options import rpc_url_option
from megadev.config.kinds import Ether, wei_in
from megadev.errors import ConfigError, MegadevError

L1_URL_VARIABLE = "MEGADEV_L1_RPC_URL"
WAIT_SECONDS = 120.0
"""How long anything is waited for by default."""
_POLL_SECONDS = 0.05

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class NotDone(MegadevError):
    """A transaction failed, or a wait timed out."""


@dataclass(frozen=True, slots=True)
class Chains:
    """The RPC clients of both chains of a node, and the portal's address."""

    l2: str
    l1: str
    portal: str

    def send(self, url: str, sender: str | None, to: str, data: str = "0x", value: int = 0, **fields: str) -> Any:
        """Send from ``sender`` (default: the node's first account) and return the receipt. Raises ``NotDone``."""
        who = sender if sender is not None else call(url, "eth_accounts", [])[0]
        request = {"from": who, "to": to, "data": data, "value": hex(value), **fields}
        tx_hash = call(url, "eth_sendTransaction", [request])
        receipt = wait_for(lambda: call(url, "eth_getTransactionReceipt", [tx_hash]), "the receipt of " + tx_hash)
        if receipt["status"] != "0x1":
            raise NotDone(f"{tx_hash} failed: see `megadev trace {tx_hash} --rpc-url {url}`")
        return receipt

    def withdrawal(self, withdrawal_hash: str) -> Any:
        """The status of a withdrawal."""
        return call(self.l2, "megadev_getWithdrawal", [withdrawal_hash])


def chains_at(rpc_url: str, l1_url: str | None) -> Chains:
    """Both chains of the node at ``rpc_url``. Raises ``ConfigError`` if it has no L1."""
    found = call(rpc_url, "megadev_chainConfig", [])
    described = found["l1"]
    if described is None:
        raise ConfigError("the node has no L1: start it without --no-l1")
    urls = described["rpcUrls"]["default"]["http"]
    if l1_url is None and not urls:
        raise ConfigError(f"the node does not report its L1's URL: give --l1-rpc-url (or set {L1_URL_VARIABLE})")
    return Chains(rpc_url, l1_url or urls[0], described["contracts"]["portal"]["address"])


def url_options(command: Decorated) -> Decorated:
    """Add ``--rpc-url`` for L2 and ``--l1-rpc-url``."""
    l1 = click.option(
        "--l1-rpc-url",
        "l1_url",
        metavar="URL",
        envvar=L1_URL_VARIABLE,
        help=f"URL of its L1, if the node does not report it (also {L1_URL_VARIABLE}).",
    )
    return rpc_url_option(l1(command))


def sender_option(command: Decorated) -> Decorated:
    """Add ``--from``."""
    return click.option("--from", "sender", metavar="ADDRESS", help="Sender. [default: the node's first account]")(
        command
    )


def ether(name: str, amount: str) -> int:
    """Wei from an amount in ETH. Raises ``ConfigError``."""
    try:
        return wei_in(Ether().read(amount))
    except ValueError as problem:
        raise ConfigError(f"{name}: {problem}") from None


def wait_for(ask: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """The first answer that is not null. Raises ``NotDone`` after the given number of seconds."""
    rounds = max(round(seconds / _POLL_SECONDS), 1)
    for _ in range(rounds):
        answer = ask()
        if answer is not None:
            return answer
        time.sleep(_POLL_SECONDS)
    raise NotDone(f"timed out after {seconds:g} s waiting for {what}; see `megadev bridge status`")


def wait_for_status(chains: Chains, withdrawal_hash: str, *statuses: str) -> Any:
    """The withdrawal, once it has one of ``statuses``. Raises ``NotDone``."""

    def reached() -> Any:
        found = chains.withdrawal(withdrawal_hash)
        return found if found["status"] in statuses else None

    return wait_for(reached, f"withdrawal {withdrawal_hash} to be {statuses[0]}")


def prove(chains: Chains, withdrawal_hash: str, sender: str | None) -> Any:
    """Prove a withdrawal on L1, after a claim that covers it was made; returns the withdrawal."""
    found = chains.withdrawal(withdrawal_hash)
    if found["status"] == "waiting-to-prove":
        call(chains.l2, "megadev_proposeOutput", [])
        found = wait_for_status(chains, withdrawal_hash, "ready-to-prove")
    if found["status"] != "ready-to-prove":
        raise NotDone(f"withdrawal {withdrawal_hash} is {found['status']}; next step: {found['next']}")
    chains.send(chains.l1, sender, **found["call"])
    return chains.withdrawal(withdrawal_hash)


def finalize(chains: Chains, withdrawal_hash: str, sender: str | None, *, skip_window: bool, waits: bool) -> Any:
    """Finalize a proven withdrawal; returns the withdrawal. Raises ``NotDone``."""
    found = chains.withdrawal(withdrawal_hash)
    if found["status"] == "waiting-to-finalize":
        if skip_window:
            call(chains.l2, "megadev_skipWithdrawalWindows", [withdrawal_hash])
            found = chains.withdrawal(withdrawal_hash)
        elif waits:
            found = _wait_to_finalize(chains, withdrawal_hash, sender)
        else:
            raise NotDone(
                f"withdrawal {withdrawal_hash} can be finalized in {int(found['readyIn'], 16)} s: wait, or skip "
                "the time with --skip-window"
            )
    if found["status"] != "ready-to-finalize":
        raise NotDone(f"withdrawal {withdrawal_hash} is {found['status']}; next step: {found['next']}")
    chains.send(chains.l1, sender, **found["call"])
    return chains.withdrawal(withdrawal_hash)


def _wait_to_finalize(chains: Chains, withdrawal_hash: str, sender: str | None) -> Any:
    """The withdrawal, once it can be finalized. The claim that it was proven by is resolved where nobody else does."""

    def reached() -> Any:
        found = chains.withdrawal(withdrawal_hash)
        if found["status"] == "waiting-to-finalize" and found["call"] is not None:
            chains.send(chains.l1, sender, **found["call"])
            return None
        return found if found["status"] == "ready-to-finalize" else None

    return wait_for(reached, f"withdrawal {withdrawal_hash} ready-to-finalize")
