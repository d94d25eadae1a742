"""``megadev up``: a node in the foreground, until Ctrl-C.

The order of the start matters: what the user typed is checked first (in milliseconds), then the EVM is loaded, then the
port is taken, and only then is anything printed; whoever reads ``Listening on`` can connect.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from megadev import __version__
from megadev.cli.main import INTERRUPTED, report, report_unexpected
from megadev.cli.options import config_from, setting_options
from megadev.cli.scripts import Script, StartingCommand, command_for, environment
from megadev.cli.terminal.progress import REFRESH_SECONDS, Bar, is_wanted
from megadev.config.settings import DEV, DevnetConfig
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.hexcodec import to_data

if TYPE_CHECKING:
    import asyncio

    from megadev.cli.terminal.console import ForkReport, Paint, StartReport
    from megadev.cli.terminal.log import ActivityLog
    from megadev.cli.terminal.prompt import Prompt
    from megadev.cli.terminal.ui import Ui
    from megadev.devnet import Devnet
    from megadev.node.chain import LocalChain
    from megadev.reload.notices import Notice
    from megadev.reload.reloader import Reloader
    from megadev.server import Server


COLLECT_AFTER = 10_000
"""New container objects between two collections: a few hundred transactions' worth."""
FREEZE_EVERY_BLOCKS = 1_000
STDIN = 0
"""Its descriptor, whatever became of ``sys.stdin``."""


class CannotListen(MegadevError):
    """The port, or the IPC path, is not to be had."""


class UpCommand(StartingCommand):
    """Takes several words after ``--watch``, as people type them: no word stands alone in this command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_each_with_its_flag(args)))


def _each_with_its_flag(args: Sequence[str]) -> Iterator[str]:
    """``--watch a b`` as ``--watch a --watch b``."""
    is_watched = has_path = False
    for word in args:
        if word.startswith("-"):
            is_watched, has_path = word.startswith("--watch=") or word == "--watch", "=" in word
        elif is_watched:
            if has_path:
                yield "--watch"
            has_path = True
        yield word


@click.command(cls=UpCommand, short_help="Start a node.")
@setting_options()
def up(config_file: str | None, **flags: Any) -> int:
    """Start a node and print what happens on it, until Ctrl-C.

    Settings come from flags, then MEGADEV_* variables (MEGADEV_CHAIN_ID for --chain-id, …), then megadev.toml
    (chain-id = …), then the defaults.
    """
    config = config_from(flags, config_file)
    from megadev.devnet import Devnet
    from megadev.server import new_event_loop

    loop = new_event_loop()
    with _loading(config) as bar:
        devnet = Devnet(config, loop=loop, on_progress=bar.at)
    with devnet:
        try:
            became_ready = loop.run_until_complete(_run(devnet, config, loop))
        finally:
            loop.close()
    return 0 if became_ready else INTERRUPTED


def _loading(config: DevnetConfig) -> Bar:
    """The line that says how far a file with a chain is loaded."""
    path = config.load_state or config.state
    is_shown = is_wanted(sys.stderr, quiet=config.quiet or config.json)
    return Bar(f"loading {'' if path is None else path.name}", "blocks", is_shown=is_shown)


async def _run(devnet: Devnet, config: DevnetConfig, loop: asyncio.AbstractEventLoop) -> bool:
    """Serve until asked to stop. Whether the script, if there is one, was done by then."""
    import asyncio

    from megadev.cli.terminal.log import Told
    from megadev.devnet import serve_chain, serve_l1

    if config.script is not None:
        command_for(config.script)  # what cannot be run is said before anything starts
    if config.ready_file is not None:
        if not config.ready_file.parent.is_dir():  # said before a script runs, not after it
            raise ConfigError(f"--ready-file: there is no directory {config.ready_file.parent}")
        config.ready_file.unlink(missing_ok=True)  # of a node that was killed
    stop = asyncio.Event()
    at_once: list[Callable[[], None]] = []
    view: Ui | None = None
    script: Script | None = None
    _stop_on_signals(stop, loop, at_once)
    loop.set_exception_handler(_report_stray)
    output = _Output(config)
    for endpoint in devnet.endpoints:
        endpoint.dispatcher.on_defect = lambda method, error: report_unexpected(error, f"in {method}")
    servers: list[Server] = []
    log: ActivityLog | None = None
    prompt: Prompt | None = None

    def tell(notice: Notice) -> None:
        if view is not None:
            view.board.tell(notice)
        if log is not None:
            text = notice.text
            if prompt is not None and notice.fields.get("pending"):
                text = prompt.ask(text)
            log.record(Told(notice.kind, text, notice.fields))
        elif config.quiet and notice.kind in ("failed", "refused"):
            click.echo(notice.text, err=True)

    def log_after_all() -> None:
        nonlocal log
        if log is None and not stop.is_set():
            log = output.start_log(devnet)

    # a start that fails must not replace an earlier dump
    state_file, devnet.node.state_file = devnet.node.state_file, None
    reloader = None if config.watch is None else devnet.watch(tell, start=False)
    try:
        servers.append(await serve_chain(devnet, devnet.l2, config.host, config.port, config.ipc))
        if not config.no_l1:
            servers.append(await serve_l1(devnet))
    except ConfigError as refused:
        await _close(servers)
        raise CannotListen(str(refused)) from None
    tasks: list[asyncio.Task[None]] = []
    try:
        _keep_collections_short(devnet)
        output.show_start(devnet, servers[0])
        if output.can_have_ui():
            from megadev.cli.terminal.ui import Ui

            view = Ui(
                devnet,
                lambda: loop.call_soon_threadsafe(stop.set),
                color=output.colored,
                on_end=lambda: loop.call_soon_threadsafe(log_after_all),
            )
            at_once.append(view.restore)
            view.start()
        else:
            log = output.start_log(devnet)
            tasks.append(loop.create_task(_show_prefetch(devnet, output.bar)))
        if reloader is not None:
            prompt = _prompt(config, reloader, log)
            reloader.start()
        devnet.node.state_file = state_file
        tasks.append(loop.create_task(_dump_now_and_then(devnet, config.state_interval)))
        if config.script is not None:
            quiet = config.json or config.quiet
            script = Script(config.script, environment(devnet), quiet=quiet)
            at_once.append(script.kill)
            await script.run(stop)
        became_ready = not stop.is_set()
        if config.ready_file is not None and became_ready:
            output.write_ready_file(devnet, servers[0])
        await stop.wait()
    finally:
        if reloader is not None:
            reloader.stop()
        if view is not None:
            # what it asks of the node meanwhile must still be answered
            await asyncio.to_thread(view.close)
        if script is not None:
            await script.end()
        if config.ready_file is not None:
            config.ready_file.unlink(missing_ok=True)
        for task in tasks:
            task.cancel()
        output.bar.close()
        devnet.node.stop()
        await devnet.node.writer.free()
        await _close(servers)
        await devnet.node.writer.free()
        if log is not None:
            log.close()
    output.write("" if config.json else "\nStopped.\n")
    return became_ready


def _prompt(config: DevnetConfig, reloader: Reloader, log: ActivityLog | None) -> Prompt | None:
    """Who asks before each reload; None where it is not to be asked, or where the question would not be seen."""
    if config.reload != "ask" or config.json or log is None:
        return None
    from megadev.cli.terminal.log import Told
    from megadev.cli.terminal.prompt import QUESTION, Prompt

    return Prompt(STDIN, reloader.answer, lambda: log.record(Told("plan", QUESTION, {}))).start()


async def _close(servers: Sequence[Server]) -> None:
    """L1's first: what it has for the L2 can still be told there."""
    for server in reversed(servers):
        await server.close()


def _stop_on_signals(
    stop: asyncio.Event, loop: asyncio.AbstractEventLoop, at_once: Sequence[Callable[[], None]]
) -> None:
    """Stop in order on the first SIGINT or SIGTERM; on the second, at once, after calling ``at_once``.

    Why not the loop's own signal handlers: those wait for the loop, which a transaction may hold for long.
    """

    def stop_or_leave(number: int, frame: object) -> None:
        if stopping:
            for call in at_once:
                call()
            os.write(sys.stderr.fileno(), b"stopped at once, without finishing what ran\n")
            os._exit(INTERRUPTED)
        stopping.append(number)
        loop.call_soon_threadsafe(stop.set)

    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop_or_leave)


async def _dump_now_and_then(devnet: Devnet, seconds: float) -> None:
    """Dump the chain where the settings say so; encoding and writing happen on another thread."""
    import asyncio

    from megadev.node.dump.capture import Capture

    file = devnet.node.state_file
    while file is not None:
        await asyncio.sleep(seconds)
        await devnet.node.writer.free()
        devnet.node.settle()
        await devnet.node.writer.free()
        capture = Capture(devnet.node)
        try:
            await asyncio.to_thread(file.save, capture)
        except ConfigError as problem:
            report(problem)  # and it is tried again next time
        except Exception as defect:
            report_unexpected(defect, "while dumping the state")


async def _show_prefetch(devnet: Devnet, bar: Bar) -> None:
    """Say how far the fetching of what the last run used has got; it goes on beside everything else."""
    import asyncio

    forks = [chain.fork for chain in devnet.node.chains if chain.fork is not None]
    while found := [each.prefetched for each in forks if each.prefetched is not None]:
        bar.at(sum(done for done, _ in found), sum(count for _, count in found))
        await asyncio.sleep(REFRESH_SECONDS)
    bar.close()


def _keep_collections_short(devnet: Devnet) -> None:
    """Take what stays (modules now, sealed blocks as they come) out of the garbage collector's sight.

    Why: blocks are kept and hold no cycles, so looking through all of them again and again finds nothing, and on a
    chain of ten thousand blocks holds up a transaction by a tenth of a second at a time.
    """
    import gc

    from megadev.events import BlockSealed, Event

    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)

    def freeze(event: Event) -> None:
        if isinstance(event, BlockSealed) and event.block.number % FREEZE_EVERY_BLOCKS == 0:
            gc.collect()  # first, or rubbish is kept too; it looks at what is new only
            gc.freeze()

    devnet.node.l2.bus.subscribe(freeze)


class _Output:
    """Where a running node prints: stdout, or nowhere."""

    def __init__(self, config: DevnetConfig) -> None:
        from megadev.cli.terminal.console import paint_for
        from megadev.cli.terminal.log import descriptor_writer

        self._config = config
        self._paint: Paint = paint_for(sys.stdout, config.color)
        self.bar = Bar("fetching ahead", "calls", is_shown=is_wanted(sys.stderr, quiet=config.quiet or config.json))
        """Stands below what is printed, while there is something to say."""
        self._put: Callable[[bytes], object] = descriptor_writer(sys.stdout.fileno(), sys.stdout.encoding)

    def can_have_ui(self) -> bool:
        """Whether ``--ui`` was asked for, and there is a terminal for it."""
        if not self._config.ui or self._config.json or self._config.quiet:
            return False
        from megadev.cli.terminal.ui import is_possible

        return is_possible()

    @property
    def colored(self) -> bool:
        return self._paint.enabled

    def write(self, text: str) -> None:
        """Print at once, unless told to be quiet. A reader that has gone is no reason to stop."""
        if text and not self._config.quiet:
            with contextlib.suppress(BrokenPipeError):
                self._write(text.encode())

    def _write(self, data: bytes) -> None:
        with self.bar.aside():
            self._put(data)

    def show_start(self, devnet: Devnet, server: Server) -> None:
        """The banner, and ``--config-out``'s file, which must exist before anyone is told that the node listens."""
        from megadev.cli.terminal.console import banner

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
        listening = "".join(f"Listening on {address}\n" for address in addresses)
        self.write(f"{banner(report, urls, self._paint)}\n{listening}\n")

    def write_ready_file(self, devnet: Devnet, server: Server) -> None:
        """``--ready-file``, whole or not at all: somebody waits for it."""
        file = self._config.ready_file
        assert file is not None
        new = file.with_name(f"{file.name}.new")
        try:
            new.write_text(json.dumps(_about(server, start_report(devnet))), encoding="utf-8")
            new.replace(file)
        except OSError as problem:
            raise ConfigError(f"--ready-file: {file}: {problem.strerror or problem}") from None

    def start_log(self, devnet: Devnet) -> ActivityLog | None:
        """Log requests and transactions from now on; None where nobody wants to see them."""
        if self._config.quiet:
            return None
        from megadev.artifacts.explain import error
        from megadev.cli.terminal.calls import Calls
        from megadev.cli.terminal.failures import FailureLocator
        from megadev.cli.terminal.log import ActivityLog, JsonLines, TextLines
        from megadev.rollup.predeploys import BATCH_INBOX

        def explain(data: bytes) -> str:
            return error(devnet.node.artifacts, data)

        by_itself = frozenset(account.raw_address for account in devnet.node.roles.on_l1)
        console, calls = not self._config.disable_console_log, Calls(devnet.node)
        locators = [FailureLocator(endpoint.chain, devnet.node.artifacts) for endpoint in devnet.endpoints]
        lines = [
            JsonLines(explain, locate=locator, console=console, chain=name)
            if self._config.json
            else TextLines(
                self._paint,
                explain,
                locate=locator,
                describe=calls.describer(endpoint.chain),
                console=console,
                chain=name,
                is_told=lambda event: event.tx.to != BATCH_INBOX or event.tx.sender not in by_itself,
            )
            for locator, endpoint, name in zip(locators, devnet.endpoints, ("", "L1"), strict=False)
        ]
        log = ActivityLog(lines[0], self._write, wanted=lambda: devnet.node.logging).start()
        for endpoint, told, locator in zip(devnet.endpoints, lines, locators, strict=True):
            feed = log.feed(told)
            endpoint.dispatcher.on_request = feed.request
            endpoint.chain.bus.subscribe(feed.event)
            endpoint.chain.console.on_call = feed.printed
            locator.start(lambda: log.waiting)
        return log


def write_config_out(config: DevnetConfig, report: StartReport) -> None:
    """``--config-out``, where it is asked for. Raises ``ConfigError``."""
    if config.config_out is not None:
        try:
            config.config_out.write_text(json.dumps(report.as_config_out()), encoding="utf-8")
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
    """What a devnet tells about itself when it starts."""
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
    """What a user should know of a preset that is not the usual one."""
    if config.preset == DEV:
        return None
    otherwise = "when asked (evm_mine)" if config.no_mining else "for each transaction"
    sealed = otherwise if config.block_time is None else f"every {config.block_time:g} s"
    pieces = "" if config.mini_block_time is None else f", mini-blocks every {config.mini_block_time:g} s"
    return f"{config.preset}: EVM blocks {sealed}{pieces}. Gas is charged as on Ethereum, for now."


def _report_stray(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An error that no request waits for."""
    error = context.get("exception")
    report_unexpected(error if error is not None else RuntimeError(context.get("message", "")), "between requests")
