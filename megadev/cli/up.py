"""``megadev up``: a node in the foreground, until Ctrl-C.

The order of the start matters: what the user typed is checked first (in milliseconds), then the EVM is loaded, then the
port is taken, and only then is anything printed; whoever reads ``Listening on`` can connect.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from megadev.cli.main import INTERRUPTED, report, report_unexpected
from megadev.cli.options import config_from, setting_options
from megadev.cli.output import Output, warn_of_reach
from megadev.cli.scripts import Script, StartingCommand, command_for, environment
from megadev.cli.terminal.progress import REFRESH_SECONDS, Bar, is_wanted
from megadev.config.settings import DevnetConfig
from megadev.errors import ConfigError, MegadevError

if TYPE_CHECKING:
    import asyncio

    from megadev.cli.terminal.log import ActivityLog
    from megadev.cli.terminal.prompt import Prompt
    from megadev.cli.terminal.ui import Ui
    from megadev.devnet import Devnet
    from megadev.node.storage.recorder import Durable
    from megadev.reload.notices import Notice
    from megadev.reload.reloader import Reloader
    from megadev.server import Server


BETWEEN_FILES = 0.02
"""Seconds between files of methods that are loaded once the node runs: a twentieth of its time."""
COLLECT_AFTER = 10_000
"""New container objects between two collections: a few hundred transactions' worth."""
COLLECT_ALL_AFTER = 600
"""Collections of what is new until all is looked at that is not frozen: tens of millions of objects."""
FREEZE_EVERY_BLOCKS = 1_000
MOST_AT_ONCE, POSTPONED = 100_000, 3
"""Objects that are looked at in some hundredths of a second; where there are more, because of something that is under
way, it is put off so many times.
"""
DURABLE_EVERY = 10
"""Seconds between two lines that say up to where the chains are durable."""
UPSTREAM_LOG = "megadev.upstream"
"""Where it is told what of a forked node takes long."""
STDIN = 0
"""Its descriptor, whatever became of ``sys.stdin``."""


class CannotListen(MegadevError):
    """The port or the IPC path cannot be used."""


class UpCommand(StartingCommand):
    """Accepts several words after ``--watch``; the command has no arguments that they could be confused with."""

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
    return run_node(config_from(flags, config_file))


def run_node(config: DevnetConfig, output: type[Output] = Output) -> int:
    """Run a node in the foreground, and print what happens as ``output`` has it; returns the exit code."""
    warn_of_reach(config)
    if config.quiet:
        logging.getLogger(UPSTREAM_LOG).setLevel(logging.ERROR)
    with _loading(config) as bar:
        from megadev.devnet import Devnet
        from megadev.server import new_event_loop

        loop = new_event_loop()
        devnet = Devnet(config, loop=loop, on_progress=bar.at)
    with devnet:
        try:
            became_ready = loop.run_until_complete(_run(devnet, output(config), loop))
        finally:
            loop.close()
    return 0 if became_ready else INTERRUPTED


def _loading(config: DevnetConfig) -> Bar:
    """The line that says how far a file with a chain is loaded."""
    path = config.load_state or config.state
    is_shown = is_wanted(sys.stderr, quiet=config.quiet or config.json)
    return Bar(f"loading {'' if path is None else path.name}", "blocks", is_shown=is_shown)


class _Telling(logging.Handler):
    """Passes on what is logged as notices."""

    def __init__(self, tell: Callable[[Notice], None]) -> None:
        super().__init__(logging.WARNING)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        from megadev.reload.notices import Notice

        self._tell(Notice("failed", record.getMessage()))


async def _run(devnet: Devnet, output: Output, loop: asyncio.AbstractEventLoop) -> bool:
    """Serve until asked to stop. Whether the script, if there is one, was done by then."""
    config = devnet.config
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
            logging.getLogger(UPSTREAM_LOG).addHandler(_Telling(tell))
            logging.getLogger(UPSTREAM_LOG).propagate = False  # to stderr, which the view has
            view.start()
        else:
            log = output.start_log(devnet)
            tasks.append(loop.create_task(_show_prefetch(devnet, output.bar)))
        tasks.append(loop.create_task(_register_methods()))
        if reloader is not None:
            prompt = _prompt(config, reloader, log)
            reloader.start()
        _tell_of_store(devnet, tell)
        _follow_durable(devnet, tell, loop)
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
    output.write_last("" if config.json else "\nStopped.\n")
    return became_ready


def _tell_of_store(devnet: Devnet, tell: Callable[[Notice], None]) -> None:
    """Say where the chains are kept, and what was found there."""
    storage = devnet.node.storage
    if storage is None or storage.recorder is None:
        return
    from megadev.reload.notices import Notice

    recovered = storage.recovered
    fields: dict[str, Any] = {"store": storage.path, "durability": storage.recorder.mode}
    text = f"store {storage.path}: created"
    if recovered is not None:
        named = [f"{name} block {head}" for name, head in zip(("L2", "L1"), recovered.heads, strict=False)]
        text = f"store {storage.path}: recovered up to {' and '.join(named)}"
        fields |= dict(zip(("l2", "l1"), recovered.heads, strict=False))
    promise = {
        "off": "durable only once the node stops",
        "interval": f"durable every {devnet.config.durability_interval:g} s",
        "block": "each answer waits until it is durable",
    }
    tell(Notice("store", f"{text}; {promise[storage.recorder.mode]}", fields))


def _follow_durable(devnet: Devnet, tell: Callable[[Notice], None], loop: asyncio.AbstractEventLoop) -> None:
    """Say up to which block the chains are durable, now and then while that changes."""
    storage = devnet.node.storage
    if storage is None or storage.recorder is None:
        return
    from megadev.reload.notices import Notice

    recorder = storage.recorder
    waiting, said_at = False, -math.inf

    def say() -> None:
        nonlocal waiting, said_at
        waiting, said_at = False, loop.time()
        heads = recorder.durable.heads
        if heads is not None:
            named = [f"{name} block {head}" for name, head in zip(("L2", "L1"), heads, strict=False)]
            fields = dict(zip(("l2", "l1"), heads, strict=False))
            tell(Notice("durable", f"durable up to {' and '.join(named)}", fields))

    def soon() -> None:
        nonlocal waiting
        if not waiting:
            waiting = True
            loop.call_at(max(said_at + DURABLE_EVERY, loop.time()), say)

    def hear(durable: Durable) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed at this moment
            loop.call_soon_threadsafe(soon)

    recorder.on_durable = hear


def _prompt(config: DevnetConfig, reloader: Reloader, log: ActivityLog | None) -> Prompt | None:
    """Returns the prompt before each reload; None if none is wanted, or the question would not be seen."""
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

    file, failed = devnet.node.state_file, ""
    while file is not None:
        await asyncio.sleep(seconds)
        await devnet.node.writer.free()
        devnet.node.settle()
        await devnet.node.writer.free()
        capture = Capture(devnet.node)
        try:
            await asyncio.to_thread(file.save, capture)
        except ConfigError as problem:
            if str(problem) != failed:  # said once; it is tried again next time
                failed = str(problem)
                report(problem)
        except Exception as defect:
            if repr(defect) != failed:
                failed = repr(defect)
                report_unexpected(defect, "while dumping the state")
        else:
            if failed:
                click.echo(f"{file.path}: the state is dumped again", err=True)
                failed = ""


async def _show_prefetch(devnet: Devnet, bar: Bar) -> None:
    """Say how far the fetching of what the last run used has got; it goes on beside everything else."""
    import asyncio

    forks = [chain.fork for chain in devnet.node.chains if chain.fork is not None]
    while found := [each.prefetched for each in forks if each.prefetched is not None]:
        bar.at(sum(done for done, _ in found), sum(count for _, count in found))
        await asyncio.sleep(REFRESH_SECONDS)
    bar.close()


async def _register_methods() -> None:
    """Load what few clients ask for first, a file at a time: none takes longer than a request may wait."""
    import asyncio

    from megadev.rpc.methods import remaining

    for register in remaining():
        await asyncio.sleep(BETWEEN_FILES)
        register()


def _keep_collections_short(devnet: Devnet) -> None:
    """Take what stays (modules now, sealed blocks as they come) out of the garbage collector's sight.

    Why: blocks are kept and hold no cycles, so looking through all of them again and again finds nothing, and on a
    chain of ten thousand blocks holds up a transaction by a tenth of a second at a time.

    Why the collector looks at what is older only when told to: in the middle of a large trace that is a million
    objects, and nobody is answered meanwhile.

    What the start leaves is not looked through before: next to nothing of it is rubbish, and it takes a tenth of the
    start.
    """
    from megadev.events import BlockSealed, Event

    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 3, COLLECT_ALL_AFTER)
    gc.enable()

    postponed = 0

    def freeze(event: Event) -> None:
        nonlocal postponed
        if isinstance(event, BlockSealed) and event.block.number % FREEZE_EVERY_BLOCKS == 0:
            if postponed < POSTPONED and len(gc.get_objects(2)) > MOST_AT_ONCE:
                postponed += 1
                return
            postponed = 0
            gc.collect()  # first, or rubbish is kept too; it looks at what is new only
            gc.freeze()

    devnet.node.l2.bus.subscribe(freeze, BlockSealed)


def _report_stray(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An error that no request waits for."""
    error = context.get("exception")
    report_unexpected(error if error is not None else RuntimeError(context.get("message", "")), "between requests")
