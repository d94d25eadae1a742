"""A running node's output: the banner, the activity log, and the files that tell programs the same."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import select
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

import click

from megadev import __version__
from megadev.cli.terminal.console import GATHER_SECONDS
from megadev.cli.terminal.progress import Bar, is_wanted
from megadev.config.settings import ANVIL, DEV, DevnetConfig
from megadev.errors import ConfigError
from megadev.files import write_whole
from megadev.primitives.hexcodec import to_data

if TYPE_CHECKING:
    from megadev.cli.terminal.console import ForkReport, Paint, StartReport
    from megadev.cli.terminal.failures import FailureLocator
    from megadev.cli.terminal.log import ActivityLog, Explain, Lines
    from megadev.devnet import Devnet, Endpoint
    from megadev.node.chain import LocalChain
    from megadev.server import Server


class Output:
    """The output of a running node: on stdout, or none. ``megadev anvil`` has its own."""

    gather: ClassVar[float] = GATHER_SECONDS
    """How long the log waits for more before it writes."""

    def __init__(self, config: DevnetConfig) -> None:
        from megadev.cli.terminal.console import paint_for
        from megadev.cli.terminal.log import descriptor_writer

        self._config = config
        self._paint: Paint = paint_for(sys.stdout, config.color)
        self.bar = Bar("fetching ahead", "calls", is_shown=is_wanted(sys.stderr, quiet=config.quiet or config.json))
        """Stands below what is printed, while there is something to say."""
        self._put: Callable[[bytes], object] = descriptor_writer(sys.stdout.fileno(), sys.stdout.encoding)

    def can_have_ui(self) -> bool:
        """True if ``--ui`` is set and there is a terminal for it."""
        if not self._config.ui or self._config.json or self._config.quiet:
            return False
        from megadev.cli.terminal.ui import is_possible

        return is_possible()

    @property
    def colored(self) -> bool:
        return self._paint.enabled

    def write(self, text: str) -> None:
        """Write a line immediately, unless ``--quiet`` is set. A closed pipe does not stop the node."""
        if text and not self._config.quiet:
            with contextlib.suppress(BrokenPipeError):
                self._write(text.encode())

    def write_last(self, text: str) -> None:
        """Write the last line, unless nobody reads: a node ends though its pipe is full."""
        if text and not self._config.quiet and self._is_read():
            self.write(text)

    def _is_read(self) -> bool:
        try:
            return bool(select.select([], [sys.stdout.fileno()], [], 0)[1])
        except (OSError, ValueError):  # of a file or console where that cannot be asked
            return True

    def _write(self, data: bytes) -> None:
        with self.bar.aside():
            self._put(data)

    def show_start(self, devnet: Devnet, server: Server) -> None:
        """The banner, and ``--config-out``'s file, which must exist before anyone is told that the node listens."""
        config = self._config
        report = start_report(devnet)
        write_config_out(config, report)
        addresses = [url.removeprefix("http://") for url in server.urls]
        if config.json:
            start = {
                "event": "listening",
                "message": f"Listening on {', '.join(addresses)}",
                **_about(server, report),
            }
            self.write(json.dumps(start, separators=(",", ":")) + "\n")
            return
        urls = [*server.urls, *(url.replace("http://", "ws://", 1) for url in server.urls)]
        if config.flashblocks:
            from megadev.devnet import FLASHBLOCKS_PATH

            urls.append(f"{server.urls[0].replace('http://', 'ws://', 1)}{FLASHBLOCKS_PATH.decode()}")
        if server.ipc_path is not None:
            urls.append(str(server.ipc_path))
        self.write(self._banner(report, urls, addresses))

    def _banner(self, report: StartReport, urls: Sequence[str], addresses: Sequence[str]) -> str:
        """Returns the banner that is printed once the node listens, with its ``urls``. Whoever reads an address in it
        can connect.
        """
        from megadev.cli.terminal.console import banner

        listening = "".join(f"Listening on {address}\n" for address in addresses)
        return f"{banner(report, urls, self._paint)}\n{listening}\n"

    def write_ready_file(self, devnet: Devnet, server: Server) -> None:
        """Write ``--ready-file`` atomically, because another process waits for it."""
        file = self._config.ready_file
        assert file is not None
        try:
            write_whole(file, json.dumps(_about(server, start_report(devnet))).encode())
        except OSError as problem:
            raise ConfigError(f"--ready-file: {file}: {problem.strerror or problem}") from None

    def start_log(self, devnet: Devnet) -> ActivityLog | None:
        """Log requests and transactions from now on; None if the log is off."""
        if self._config.quiet:
            return None
        from megadev.artifacts.explain import error
        from megadev.cli.terminal.failures import FailureLocator
        from megadev.cli.terminal.log import ActivityLog

        def explain(data: bytes) -> str:
            return error(devnet.node.artifacts, data)

        locators = [FailureLocator(endpoint.chain, devnet.node.artifacts) for endpoint in devnet.endpoints]
        lines = [
            self._lines(devnet, endpoint, name, explain, locator)
            for locator, endpoint, name in zip(locators, devnet.endpoints, ("", "L1"), strict=False)
        ]
        log = ActivityLog(lines[0], self._write, gather=self.gather, wanted=lambda: devnet.node.logging).start()
        for endpoint, told, locator in zip(devnet.endpoints, lines, locators, strict=True):
            feed = log.feed(told)
            endpoint.dispatcher.on_request = feed.request
            endpoint.dispatcher.on_refused = feed.refused
            endpoint.chain.bus.subscribe(feed.event)
            endpoint.chain.console.on_call = feed.printed
            locator.start(lambda: log.waiting)
        return log

    def _lines(self, devnet: Devnet, endpoint: Endpoint, name: str, explain: Explain, locator: FailureLocator) -> Lines:
        """Returns the log's line format for the chain of ``endpoint``, named ``name``."""
        from megadev.cli.terminal.calls import Calls
        from megadev.cli.terminal.log import JsonLines, TextLines
        from megadev.rollup.predeploys import BATCH_INBOX

        console = not self._config.disable_console_log
        if self._config.json:
            return JsonLines(explain, locate=locator, console=console, chain=name)
        by_itself = devnet.node.acts_by_itself(endpoint.chain)
        return TextLines(
            self._paint,
            explain,
            locate=locator,
            describe=Calls(devnet.node).describer(endpoint.chain),
            console=console,
            chain=name,
            is_told=lambda event: event.tx.to != BATCH_INBOX or event.tx.sender not in by_itself,
        )


def warn_of_reach(config: DevnetConfig) -> None:
    """Say on stderr, in one line, that others than this machine's users can reach the node, where they can."""
    wide = [host for host in config.host if not _is_this_machine(host)]
    if wide and not config.quiet:
        click.echo(
            f"warning: listening on {', '.join(wide)}: anyone who can reach it there controls the node and its "
            "accounts",
            err=True,
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def write_config_out(config: DevnetConfig, report: StartReport) -> None:
    """``--config-out``, where it is asked for. Raises ``ConfigError``."""
    if config.config_out is not None:
        try:
            write_whole(config.config_out, json.dumps(report.as_config_out()).encode())
        except OSError as problem:
            raise ConfigError(f"--config-out: {config.config_out}: {problem.strerror or problem}") from None


def _about(server: Server, report: StartReport) -> dict[str, object]:
    """A running node, for programs."""
    return {
        "version": __version__,
        "urls": list(server.urls),
        "ipc": None if server.ipc_path is None else str(server.ipc_path),
        **report.as_config_out(),
        "l1": None if report.l1 is None else {"chainId": report.l1.chain_id, "urls": list(report.l1.urls)},
    }


def start_report(devnet: Devnet) -> StartReport:
    """The facts that the banner of a devnet shows."""
    from megadev.cli.terminal.console import L1Report, StartReport

    config, l2, l1 = devnet.config, devnet.node.l2, devnet.node.l1
    header = l2.head.header
    return StartReport(
        accounts=devnet.accounts,
        balance=config.balance_wei,
        mnemonic=devnet.node.mnemonic,
        derivation_path=config.derivation_path,
        chain_id=l2.spec.chain_id,
        hardfork=l2.spec.hardfork.label,
        base_fee=header.base_fee,
        gas_price=int(devnet.rpc("eth_gasPrice"), 16),
        gas_limit=header.gas_limit,
        genesis_timestamp=header.timestamp,
        genesis_number=header.number,
        preset=_about_preset(config),
        fork=_about_fork(l2),
        l1=None if l1 is None else L1Report(l1.spec.chain_id, l1.spec.hardfork.label, l1.urls, _about_fork(l1)),
    )


def _about_fork(chain: LocalChain) -> ForkReport | None:
    from megadev.cli.terminal.console import ForkReport

    fork = chain.fork
    if fork is None:
        return None
    return ForkReport(fork.url, fork.number, to_data(fork.hash), fork.chain_id, fork.warnings)


def _about_preset(config: DevnetConfig) -> str | None:
    """Returns a notice about a preset other than the default."""
    if config.preset in (DEV, ANVIL):
        return None
    otherwise = "on request (evm_mine)" if config.no_mining else "for each transaction"
    sealed = otherwise if config.block_time is None else f"every {config.block_time:g} s"
    pieces = "" if config.mini_block_time is None else f", mini-blocks every {config.mini_block_time:g} s"
    return f"{config.preset}: EVM blocks {sealed}{pieces}. Gas is charged as on Ethereum."
