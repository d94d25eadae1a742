"""The output of a node that replaces Anvil: the banner and the log that Anvil's clients read on stdout.

alloy takes port, keys and chain id from the banner; prool, ape-foundry and others wait for its last line; tests that
start a node look for methods' names in the log, each on a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from megadev import __version__
from megadev.chain.blocks import SealedBlock
from megadev.chain.receipts import ConsoleCall
from megadev.cli.terminal.console import (
    LOGO,
    TAGLINE,
    Paint,
    StartReport,
    account_sections,
    figures,
    fork_section,
    one_line,
    plain_lines,
    section,
    wallet_section,
)
from megadev.cli.terminal.log import LONGEST_MESSAGE, MESSAGES_SHOWN, Explain, Record, RequestAnswered, TextLines
from megadev.config.anvil import ANVIL_BUILT, ANVIL_VERSION
from megadev.events import BlockSealed, TransactionPreconfirmed
from megadev.evm.console import read_console
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.rpc import envelope

_OF_THE_REQUEST = (
    envelope.PARSE_ERROR,
    envelope.INVALID_REQUEST,
    envelope.METHOD_NOT_FOUND,
    envelope.INVALID_PARAMS,
)
"""Failures that Anvil does not tell of: the request was none that it could begin with."""
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def version_text() -> str:
    """Returns the output of ``anvil --version``; the version's build metadata (semver.org) names megadev."""
    return (
        f"anvil Version: {ANVIL_VERSION}+megadev.{__version__}\n"
        f"Commit SHA: {'0' * 40}\n"
        f"Build Timestamp: {ANVIL_BUILT}\n"
        "Build Profile: megadev"
    )


def anvil_banner(report: StartReport, addresses: Sequence[str], notes: Sequence[str], paint: Paint) -> str:
    """All that is printed before the first request. ``notes``: what else the user should know."""
    lines = [paint(LOGO, fg="green"), f"    {ANVIL_VERSION} (megadev {__version__})", f"    {TAGLINE}", ""]
    lines += [*notes, ""] if notes else []
    lines += account_sections(report.accounts, report.balance, paint)
    lines += [*wallet_section(report.mnemonic, report.derivation_path, paint), ""]
    if report.fork is not None:
        lines += fork_section(report.fork, paint)
    else:
        lines += figures((("Chain ID", report.chain_id),), paint)
    lines += figures(
        (
            ("Base Fee", report.base_fee),
            ("Gas Limit", report.gas_limit),
            ("Genesis Timestamp", report.genesis_timestamp),
            ("Genesis Number", report.genesis_number),
        ),
        paint,
    )
    if report.l1 is not None:
        lines += [*section("L1", paint), "", f"chain id {report.l1.chain_id}", *report.l1.urls, ""]
    lines += [f"Listening on {address}" for address in addresses]
    return "".join(f"{line}\n" for line in lines)


class AnvilLines:
    """Anvil's log: a request's method, then what its calls and transactions did, then the blocks they are in."""

    def __init__(self, paint: Paint, explain: Explain, *, console: bool = True) -> None:
        self._explain = explain
        self._console = console
        self._other = TextLines(paint, explain, console=console)
        self._held: list[TransactionPreconfirmed | BlockSealed] = []
        """What happened while a request was answered: it stands below the method's name."""
        self._shown: set[bytes] = set()
        """Hashes of transactions that stand above already, and whose block is still to come."""

    def add(self, record: Record) -> Iterator[str]:
        if isinstance(record, RequestAnswered):
            yield one_line(record.method)
            yield from self._messages(record.printed)
            if record.failure is not None and record.failure.code not in _OF_THE_REQUEST:
                yield from ("", "RPC request failed:", f"    Request: {one_line(record.method)}")
                yield from (f"    Error: {one_line(record.failure.message)}", "")
            yield from self.flush()
        elif isinstance(record, TransactionPreconfirmed):
            self._held.append(record)
        elif isinstance(record, BlockSealed):
            hashes = {tx.hash for tx in record.block.transactions}
            self._held.append(record)
            if hashes and hashes <= self._shown:
                yield from self.flush()
        else:
            yield from self._other.add(record)

    def flush(self) -> Iterator[str]:
        held, self._held = self._held, []
        for event in held:
            yield from self._block(event.block) if isinstance(event, BlockSealed) else self._transaction(event)

    def dropped(self, count: int) -> str:
        return self._other.dropped(count)

    def _transaction(self, event: TransactionPreconfirmed) -> Iterator[str]:
        tx, receipt = event.tx, event.receipt
        self._shown.add(tx.hash)
        yield from self._messages(receipt.console)
        yield ""
        yield f"    Transaction: {to_data(tx.hash)}"
        if receipt.created is not None:
            yield f"    Contract created: {checksum_address(receipt.created)}"
        yield f"    Gas used: {receipt.gas_used}"
        if not receipt.succeeded:
            error = receipt.error or "failed"
            reason = self._explain(receipt.output) if receipt.output else ""
            yield f"    Error: reverted with: {one_line(reason or error)}"

    def _block(self, block: SealedBlock) -> Iterator[str]:
        self._shown.difference_update(tx.hash for tx in block.transactions)
        yield ""
        yield f"    Block Number: {block.header.number}"
        yield f"    Block Hash: {to_data(block.hash)}"
        yield f'    Block Time: "{_moment(block.header.timestamp)}"'
        yield ""

    def _messages(self, console: Sequence[ConsoleCall]) -> Iterator[str]:
        for call in console[:MESSAGES_SHOWN] if self._console else ():
            yield from plain_lines(read_console(call.data).text, LONGEST_MESSAGE)


def _moment(timestamp: int) -> str:
    """A time as RFC 2822 has it, in any locale."""
    try:
        at = datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
    return f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} +0000"
