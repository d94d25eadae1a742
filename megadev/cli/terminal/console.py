"""The output at a node's start: colours, the banner; and sanitized foreign text.

Why not rich here: the banner is text in Anvil's order that scripts read, and rich takes 0.1 s to import, a tenth of the
time a node may take to start.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any, Protocol, TextIO

import click
import msgspec

from megadev import __version__

LOGO = r"""
                                      _
     _ __ ___    ___   __ _   __ _  __| |  ___ __   __
    | '_ ` _ \  / _ \ / _` | / _` |/ _` | / _ \\ \ / /
    | | | | | ||  __/| (_| || (_| | (_| ||  __/ \ V /
    |_| |_| |_| \___| \__, | \__,_|\__,_| \___|  \_/
                      |___/
"""
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
GATHER_SECONDS = 0.02
"""How long the log's writer waits for more before it writes: one system call for many lines."""
TAGLINE = "a local MegaETH-like devnet"


class Account(Protocol):
    """An account in the banner: its checksummed address and its key as 0x-prefixed hex."""

    @property
    def address(self) -> str: ...

    @property
    def private_key(self) -> str: ...


class Paint(msgspec.Struct, frozen=True):
    """Text in colour, or as it is."""

    enabled: bool

    def __call__(self, text: str, **style: Any) -> str:
        """``text`` in a click style (``fg``, ``bold``, ``dim``)."""
        return click.style(text, **style) if self.enabled else text


def paint_for(stream: TextIO, color: str) -> Paint:
    """Returns the painter for ``stream``: the setting decides, ``auto`` asks the terminal and NO_COLOR
    (https://no-color.org).
    """
    if color != "auto":
        return Paint(color == "always")
    return Paint(stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb")


def counted(count: int, noun: str) -> str:
    """A number of things: ``1 block``, ``1,024 blocks``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def one_line(text: str, limit: int = 500) -> str:
    """Text that stays on its line: what a contract says may hold anything, terminal escapes included."""
    shown = "".join(char if char.isprintable() else "·" for char in text[:limit])
    return shown if len(text) <= limit else f"{shown}… ({len(text)} characters)"


def plain_lines(text: str, limit: int) -> list[str]:
    """A contract's text as lines that do nothing to a terminal; colours, as forge-std's StdStyle sets them, are taken
    out.
    """
    shown = _COLOUR.sub("", text[:limit]).expandtabs(4)
    if len(text) > limit:
        shown += f"… ({len(text)} characters)"
    return [one_line(line, limit * 4) for line in shown.splitlines() or [""]]


class ForkReport(msgspec.Struct, frozen=True):
    """The banner's data about a fork: its origin (fit to be shown), the block, and notices."""

    endpoint: str
    block_number: int
    block_hash: str
    chain_id: int
    warnings: Sequence[str]


class L1Report(msgspec.Struct, frozen=True):
    """The banner's data about L1."""

    chain_id: int
    hardfork: str
    urls: Sequence[str]
    fork: ForkReport | None = None


class StartReport(msgspec.Struct, frozen=True):
    """The banner's data about the node. Fees in wei, ``balance`` in wei, the timestamp in seconds."""

    accounts: Sequence[Account]
    balance: int
    mnemonic: str
    derivation_path: str
    chain_id: int
    hardfork: str
    base_fee: int
    gas_price: int
    gas_limit: int
    genesis_timestamp: int
    genesis_number: int
    preset: str | None = None
    """What is to be said of the preset, where it is not the usual one."""
    fork: ForkReport | None = None
    l1: L1Report | None = None

    def as_config_out(self) -> dict[str, object]:
        """The JSON that ``--config-out`` writes: Anvil's keys and types, plus the chain id."""
        forked: dict[str, object] = {}
        if self.fork is not None:
            forked = {
                "endpoint": self.fork.endpoint,
                "block_number": self.fork.block_number,
                "block_hash": self.fork.block_hash,
            }
        return {
            "available_accounts": [account.address.lower() for account in self.accounts],
            "private_keys": [account.private_key for account in self.accounts],
            "wallet": {"derivation_path": self.derivation_path, "mnemonic": self.mnemonic},
            "base_fee": str(self.base_fee),
            "gas_price": str(self.gas_price),
            "gas_limit": str(self.gas_limit),
            "genesis_timestamp": str(self.genesis_timestamp),
            "chain_id": self.chain_id,
            **forked,
        }


def banner(report: StartReport, urls: Sequence[str], paint: Paint) -> str:
    """All that is printed before the node is ready, in Anvil's order."""
    lines = [paint(LOGO, fg="cyan"), f"    {__version__}", f"    {TAGLINE}", ""]
    lines += account_sections(report.accounts, report.balance, paint)
    lines += [*wallet_section(report.mnemonic, report.derivation_path, paint), ""]
    if report.preset is not None:
        lines += [*section("Preset", paint), "", paint(report.preset, fg="green"), ""]
    if report.fork is not None:
        lines += fork_section(report.fork, paint)
    lines += figures(
        (
            ("Chain ID", report.chain_id),
            ("Hardfork", report.hardfork),
            ("Base Fee", report.base_fee),
            ("Gas Limit", report.gas_limit),
            ("Genesis Timestamp", report.genesis_timestamp),
            ("Genesis Number", report.genesis_number),
        ),
        paint,
    )
    lines += [*section("RPC URLs", paint), "", *(paint(url, fg="green") for url in urls), ""]
    if report.l1 is not None:
        about = f"chain id {report.l1.chain_id}, {report.l1.hardfork}"
        lines += [*section("L1", paint), "", about, *(paint(url, fg="green") for url in report.l1.urls), ""]
        if report.l1.fork is not None:
            lines += fork_section(report.l1.fork, paint, "L1's Fork")
    return "\n".join(lines)


def fork_section(fork: ForkReport, paint: Paint, title: str = "Fork") -> list[str]:
    """Returns the banner's section about the fork, as Anvil prints it, and warnings."""
    return [
        *section(title, paint),
        f"Endpoint:       {fork.endpoint}",
        f"Block number:   {fork.block_number}",
        f"Block hash:     {fork.block_hash}",
        f"Chain ID:       {fork.chain_id}",
        *(paint(f"Warning: {warning}", fg="yellow") for warning in fork.warnings),
        "",
    ]


def figures(rows: Sequence[tuple[str, object]], paint: Paint) -> list[str]:
    """A section for each title with its value."""
    return [line for title, value in rows for line in (*section(title, paint), "", paint(str(value), fg="green"), "")]


def section(title: str, paint: Paint) -> list[str]:
    """A heading and the line under it."""
    return [paint(title, bold=True), "=================="]


def account_sections(accounts: Sequence[Account], balance: int, paint: Paint) -> list[str]:
    """Accounts and keys, numbered, as Anvil prints them. ``balance`` in wei, the same for all."""
    lines = [*section("Available Accounts", paint), ""]
    lines += [f"({index}) {paint(a.address, fg='green')} ({in_ether(balance)} ETH)" for index, a in enumerate(accounts)]
    lines += ["", *section("Private Keys", paint), ""]
    lines += [f"({index}) {paint(a.private_key, fg='green')}" for index, a in enumerate(accounts)]
    return [*lines, ""]


def wallet_section(mnemonic: str, derivation_path: str, paint: Paint) -> list[str]:
    """Returns the banner's section about the accounts' origin."""
    return [
        *section("Wallet", paint),
        f"Mnemonic:          {mnemonic}",
        f"Derivation path:   {derivation_path}",
        "",
    ]


def in_ether(wei: int) -> str:
    """An amount of wei in ETH with all 18 decimals."""
    return f"{wei // 10**18}.{wei % 10**18:018}"
