"""``megadev bench``: one table of how fast a node is, alone or side by side with others.

Owns which nodes are measured (given by URL, or started here and stopped again), the order of the measurements, and the
table. What is measured, and the client that does it, is in ``client.py``, forks in ``fork.py``, hot reload
in ``reload.py``, calls and swaps in ``compute.py``. Only the first two read clocks.

Why the node is a process of its own although we could serve it in this one: the client's work must not be counted as
the node's, and no other node could be treated the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from megadev.cli.options import Command
from megadev.cli.scripts import end
from megadev.config.settings import DEFAULT_MNEMONIC, ENVIRONMENT_PREFIX
from megadev.errors import ConfigError, MegadevError, MethodUnavailable

if TYPE_CHECKING:
    from rich.table import Table

    from megadev.bench.client import Measured, Probe, Samples
    from megadev.bench.countdown import Countdown

ANVIL_VARIABLE = "MEGADEV_ANVIL"
"""Names the anvil program that ``--against anvil`` starts; otherwise PATH is searched."""
START_TIMEOUT = 60.0
"""Seconds a started node may take to answer."""
BATCH_TURNS = 6
"""How often the two nodes take turns whose throughput is compared."""
LAUNCHES = 5
"""Starts measured for each of the start-up rows."""
WIDTH = 160
"""Columns to print where no terminal says how many it has."""
MORE_IS_BETTER = frozenset(("tx/s", "% of bound", "× without", "% of first"))
"""Units of which more is better; of the others, less."""
START_UP, DEVNET = "start-up", "devnet"
_METERED = ("--gas-limit", "10000000000", "--hardfork")
_VARIANTS = {"interpreter": ("--engine",), "rex4": _METERED, "rex5": _METERED, "rex6": _METERED}
"""Megadevs of another kind that can be measured against: the flags before that name. A byte of code costs 10,000 gas
under MegaETH's rules, so blocks need its gas limit.
"""
FRESH = "fresh"
START_ROWS = {
    START_UP: "process start → first answer",
    DEVNET: "second Devnet() in one process",
}
AFTER_GROWTH = frozenset(
    {"chain-id", "send-transfer", "receipt-transfer", "send-erc20", "receipt-erc20", "call-small", "rate-8", "get-logs"}
)
"""Rows measured again on the long chain."""

SECOND_DEVNET = """import time
from megadev import Devnet
with Devnet():
    pass
start = time.perf_counter()
with Devnet():
    print(time.perf_counter() - start)
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A node to measure: one that runs at ``url``, or a ``command`` that starts one, to which its port is appended.

    ``tracing_command`` starts one that can trace opcodes, ``realtime_command`` one that makes transactions known before
    their block, where those are others.
    """

    name: str
    url: str = ""
    command: tuple[str, ...] = ()
    tracing_command: tuple[str, ...] = ()
    realtime_command: tuple[str, ...] = ()

    def forking(self, url: str) -> Target:
        """The same on a fork of the node at ``url``."""
        *command, port = self.command
        return replace(self, command=(*command, "--fork-url", url, port))

    def fit_for(self, probes: Sequence[Probe]) -> Target:
        """The same as it must be for these."""
        command = self.command
        if any(probe.tracing for probe in probes):
            command = self.tracing_command or command
        elif any(probe.realtime for probe in probes):
            command = self.realtime_command or command
        return replace(self, command=command)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row at one node, in the row's unit. Where that is no time ``p50`` is the median of the runs, ``p99`` None."""

    p50: float
    p99: float | None


@dataclass(slots=True)
class Row:
    """A line of the table. A node without a figure has the reason instead."""

    label: str
    title: str
    unit: str
    figures: dict[str, Figure] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, samples: Sequence[float]) -> None:
        """Set the figure of ``name`` from seconds, or from what the row's unit says."""
        if self.unit != "ms":
            self.figures[name] = Figure(statistics.median(samples), None)
        else:
            ordered = sorted(1_000 * sample for sample in samples)
            self.figures[name] = Figure(statistics.median(ordered), ordered[len(ordered) * 99 // 100])

    def ratio(self, first: str, other: str) -> float | None:
        """The p50 of ``first`` over that of ``other``; None when one is missing, or the other nothing."""
        if first not in self.figures or other not in self.figures or not self.figures[other].p50:
            return None
        return self.figures[first].p50 / self.figures[other].p50

    def as_json(self, names: Sequence[str]) -> dict[str, Any]:
        return {
            "name": self.label,
            "title": self.title,
            "unit": self.unit,
            "figures": {name: {"p50": figure.p50, "p99": figure.p99} for name, figure in self.figures.items()},
            "ratios": {other: self.ratio(names[0], other) for other in names[1:]},
            "reasons": self.reasons,
        }


@click.command(cls=Command)
@click.option("--url", metavar="URL", help="The node to measure. [default: start one]")
@click.option(
    "--against",
    multiple=True,
    metavar="URL",
    help=f"Measure this one too, in the same run; 'anvil' starts one ({ANVIL_VARIABLE} or PATH), 'interpreter' a "
    "megadev that compiles no EVM code, 'rex6' one with MegaETH's gas. Repeatable.",
)
@click.option("--only", metavar="NAMES", help="Only these rows, separated by commas; 'list' shows their names.")
@click.option("--quick", is_flag=True, help="Few repetitions: a rough measurement.")
@click.option(
    "--capacity", is_flag=True, help="The rows about how many transactions a machine carries, instead of the others."
)
@click.option(
    "--long-chain",
    type=click.IntRange(1),
    metavar="N",
    help="Let the first node grow to N blocks and N more accounts, and measure it again.",
)
@click.option(
    "--soak",
    type=click.IntRange(1_000),
    metavar="N",
    help="Instead of the table: N blocks on a megadev with --state, --keep-blocks and --keep-bodies: memory, rate, "
    "start-up, recovery after a kill.",
)
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures to this file."
)
def bench(
    url: str | None,
    against: tuple[str, ...],
    only: str | None,
    quick: bool,
    capacity: bool,
    long_chain: int | None,
    soak: int | None,
    json_file: Path | None,
) -> None:
    """Benchmark a node, alone or against others.

    The same client sends the same requests to each node in turn, among them thousands of transactions from the
    accounts of the mnemonic "test test … junk": never use it on a chain that matters. A ratio is the first node's
    figure divided by the other's.
    """
    from rich.console import Console

    from megadev.bench.countdown import Countdown

    if soak is not None:
        _soak(soak, json_file)
        return
    titles = _titles(capacity=capacity)
    if capacity and long_chain is not None:
        raise ConfigError("--long-chain: measures other rows than --capacity does; ask for one of them")
    if only == "list":
        for label, title in titles.items():
            click.echo(f"{label:38}{title}")
        return
    chosen = _chosen(only, titles, " --capacity" * capacity)
    targets = _targets(url, against)
    names = [target.name for target in targets]

    rows: list[Row] = []
    report: dict[str, Any] = {"nodes": names}
    tables: list[Table | str] = []
    probes = list(_probes(chosen, quick))
    with Console(stderr=True).status("") as status:
        progress = Countdown(status, _steps(chosen, len(probes), is_long=long_chain is not None))
        launches = 1 if quick else LAUNCHES
        if START_UP in chosen:
            progress.begin(START_ROWS[START_UP])
            rows.append(_start_up(targets, launches))
        if DEVNET in chosen:
            progress.begin(START_ROWS[DEVNET])
            rows.append(_second_devnet(targets, launches))
        together = [probe for probe in probes if not probe.alone]
        for group in [together, *([probe] for probe in probes if probe.alone)]:
            rows += _measure_anew(targets, group, chosen, progress)
        rows += _measure_first_calls(targets, chosen, launches, progress)
        rows += _measure_forks(targets, chosen, quick, progress)
        rows += _measure_reloads(targets, chosen, quick, progress)
        rows += _measure_batches(targets, chosen, quick, progress)
        rows += _measure_stores(targets, chosen, quick, progress)
        rows += _measure_standbys(targets, chosen, quick, progress)
        rows += _measure_capacity(targets, chosen, quick, progress)
        rows.sort(key=lambda row: list(titles).index(row.label))
        report["rows"] = [row.as_json(names) for row in rows]
        tables += [_table(rows, names), *_reasons(rows)]
        if long_chain is not None:
            before = [row for row in rows if row.label in AFTER_GROWTH]
            after, memory = _measure_grown(targets[0], before, quick, long_chain, progress)
            columns = [f"{long_chain:,} blocks", FRESH]
            report["long_chain"] = {"rows": [row.as_json(columns) for row in after], **memory}
            tables += [_table(after, columns), *_reasons(after), _memory_line(memory)]
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    for table in tables:
        console.print(table)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=1) + "\n")


def _soak(blocks: int, json_file: Path | None) -> None:
    """The whole of ``--soak``."""
    from rich.console import Console

    from megadev.bench import soak

    @contextlib.contextmanager
    def opened(flags: Sequence[str]) -> Iterator[tuple[Measured, float]]:
        with _started(replace(_own(), command=(*_own().command[:-1], *flags, "--port"))) as (url, pid, seconds):
            yield _endpoint("megadev", url, pid), seconds

    with Console(stderr=True).status("") as status:
        report = soak.soak(blocks, opened, _resident, status.update)
    for line in soak.lines(report):
        click.echo(line)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=1) + "\n")


# ---- which rows and which nodes


def _titles(*, capacity: bool = False) -> dict[str, str]:
    """Every row's name and title, in the order of the table; or those of ``--capacity``."""
    from megadev.bench.batches import BATCH_ROWS
    from megadev.bench.capacity import CAPACITY_ROWS
    from megadev.bench.client import PROBES
    from megadev.bench.compute import COMPUTE_PROBES, FIRST_ROWS
    from megadev.bench.fork import FORK_ROWS
    from megadev.bench.reload import RELOAD_ROWS
    from megadev.bench.standby import STANDBY_ROWS
    from megadev.bench.stores import STORE_ROWS

    if capacity:
        return {measure.label: measure.title for measure in CAPACITY_ROWS}
    probed = (measure for probe in PROBES + COMPUTE_PROBES for measure in probe.measures)
    measures = [*probed, *FIRST_ROWS, *FORK_ROWS, *RELOAD_ROWS, *BATCH_ROWS, *STANDBY_ROWS, *STORE_ROWS]
    return START_ROWS | {measure.label: measure.title for measure in measures}


def _chosen(only: str | None, titles: Collection[str], flags: str = "") -> frozenset[str]:
    """The rows asked for. ``flags``: which list they are in. Raises ConfigError for a name that is none."""
    if only is None:
        return frozenset(titles)
    names = frozenset(name.strip() for name in only.split(","))
    if unknown := sorted(names.difference(titles)):
        raise ConfigError(f"--only: there is no row {unknown[0]!r}; 'megadev bench{flags} --only list' shows the names")
    return names


def _steps(chosen: Collection[str], probes: int, *, is_long: bool) -> int:
    """Returns the number of steps: start-ups, probes, first calls and forks as one each, reloads, and the long
    chain.
    """
    from megadev.bench.batches import BATCH_ROWS
    from megadev.bench.capacity import CAPACITY_ROWS, IN_PROCESS
    from megadev.bench.compute import FIRST_ROWS
    from megadev.bench.fork import FORK_ROWS
    from megadev.bench.reload import PROJECTS
    from megadev.bench.standby import STANDBY_ROWS
    from megadev.bench.stores import STORE_ROWS

    chosen_labels = frozenset(chosen)
    groups = FIRST_ROWS, FORK_ROWS, BATCH_ROWS, STANDBY_ROWS, STORE_ROWS
    parts = sum(any(measure.label in chosen for measure in rows) for rows in groups)
    parts += not chosen_labels.isdisjoint(IN_PROCESS)
    parts += sum(measure.label in chosen_labels - IN_PROCESS for measure in CAPACITY_ROWS)
    reloads = sum(not chosen_labels.isdisjoint(project.labels) for project in PROJECTS)
    return len(START_ROWS.keys() & chosen_labels) + probes + parts + reloads + is_long


def _probes(chosen: Collection[str], quick: bool) -> Iterator[Probe]:
    """The probes that fill the chosen rows."""
    from megadev.bench.client import PROBES
    from megadev.bench.compute import COMPUTE_PROBES

    for probe in PROBES + COMPUTE_PROBES:
        if any(measure.label in chosen for measure in probe.measures):
            yield probe.quick() if quick else probe


def _own() -> Target:
    """The megadev of this Python."""
    up = (sys.executable, "-m", "megadev", "up", "--silent")
    return Target("megadev", command=(*up, "--port"), realtime_command=(*up, "--preset", "megaeth", "--port"))


def _targets(url: str | None, against: Sequence[str]) -> list[Target]:
    """Returns the nodes to measure, each under a distinct name; ours or the given one comes first."""
    targets = [_own() if url is None else Target(urlsplit(url).netloc, url)]
    for other in against:
        if other in _VARIANTS:
            *up, port = _own().command
            targets.append(Target(other, command=(*up, *_VARIANTS[other], other, port)))
            continue
        targets.append(
            Target(
                "anvil",
                command=(_anvil(), "--silent", "--port"),
                tracing_command=(_anvil(), "--steps-tracing", "--silent", "--port"),
            )
            if other == "anvil"
            else Target(urlsplit(other).netloc, other)
        )
    names = [target.name for target in targets]
    return [
        replace(target, name=f"{target.name} #{index + 1}") if names.count(target.name) > 1 else target
        for index, target in enumerate(targets)
    ]


def _anvil() -> str:
    """The anvil program. Raises ConfigError when there is none."""
    program = shutil.which(os.environ.get(ANVIL_VARIABLE) or "anvil")
    if program is None:
        raise ConfigError(f"--against anvil: no such program; put anvil on PATH or name it in {ANVIL_VARIABLE}")
    return program


# ---- starting and stopping nodes


@contextlib.contextmanager
def _started(target: Target, home: Path | None = None) -> Iterator[tuple[str, int, float]]:
    """Run the target's program: its URL, its process id, and the seconds from its start to its first answer. ``home``:
    its home directory, where it keeps what it caches.

    Our settings in the environment are kept from it, so that figures do not depend on the shell they came from.
    """
    from megadev.bench.client import Connection

    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as complaints:
        start = time.perf_counter()
        process = subprocess.Popen(
            [*target.command, str(port)], stdout=subprocess.DEVNULL, stderr=complaints, env=environment
        )
        try:
            while True:
                try:
                    connection = Connection(url)
                    connection.call("eth_chainId")
                    seconds = time.perf_counter() - start
                    connection.close()
                    break
                except MegadevError:
                    if process.poll() is not None or time.perf_counter() - start > START_TIMEOUT:
                        complaints.seek(0)
                        said = complaints.read()[-2_000:].decode(errors="replace").strip()
                        raise MegadevError(f"{target.name} did not start: {said or 'no output'}") from None
                    time.sleep(0.002)
            yield url, process.pid, seconds
        finally:
            end(process, 10)


def _free_port() -> int:
    """A port nobody listens on now. (A silent node could not say which one it took by itself.)"""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _opened(target: Target) -> Iterator[Measured]:
    """The target as an endpoint with the bench's contracts deployed, started first if need be."""
    with contextlib.ExitStack() as running:
        url, pid = target.url, None
        if target.command:
            url, pid, _ = running.enter_context(_started(target))
        endpoint = _endpoint(target.name, url, pid)
        try:
            endpoint.prepare()
        except MegadevError as problem:
            raise MegadevError(f"{target.name}: deploying the bench's contracts: {problem}") from None
        yield endpoint


def _endpoint(name: str, url: str, pid: int | None) -> Measured:
    from megadev.bench.client import SENDERS, Measured
    from megadev.primitives.mnemonic import derive_keys

    return Measured(name, url, derive_keys(DEFAULT_MNEMONIC, count=SENDERS), pid)


# ---- measuring


def _start_up(targets: Sequence[Target], launches: int) -> Row:
    """Start each program ``launches`` times, in alternation."""
    row = Row(START_UP, START_ROWS[START_UP], "ms")
    samples: dict[str, list[float]] = {target.name: [] for target in targets if target.command}
    for _ in range(launches):
        for target in targets:
            if target.command:
                with _started(target) as (_, _, seconds):
                    samples[target.name].append(seconds)
    for target in targets:
        if target.command:
            row.add(target.name, samples[target.name])
        else:
            row.reasons[target.name] = "runs already"
    return row


def _second_devnet(targets: Sequence[Target], launches: int) -> Row:
    """Start and stop a ``Devnet`` twice in a process of its own, and take the second time; ours alone has one."""
    row = Row(DEVNET, START_ROWS[DEVNET], "ms")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    for target in targets:
        if target.command[:1] != (sys.executable,):
            row.reasons[target.name] = "not a Devnet of this Python"
            continue
        samples = []
        for _ in range(launches):
            done = subprocess.run(
                [sys.executable, "-c", SECOND_DEVNET], capture_output=True, text=True, env=environment, check=False
            )
            if done.returncode:
                row.reasons[target.name] = done.stderr.strip().splitlines()[-1]
                break
            samples.append(float(done.stdout))
        else:
            row.add(target.name, samples)
    return row


def _measure_anew(
    targets: Sequence[Target], probes: Sequence[Probe], chosen: Collection[str], progress: Countdown
) -> list[Row]:
    """The rows of these probes, on nodes started for them."""
    if not probes:
        return []
    with contextlib.ExitStack() as running:
        endpoints = [running.enter_context(_opened(target.fit_for(probes))) for target in targets]
        rows = []
        for probe in probes:
            progress.begin(probe.measures[-1].title)
            rows += _measure(probe, endpoints, chosen)
        return rows


def _measure(probe: Probe, endpoints: Sequence[Measured], chosen: Collection[str]) -> list[Row]:
    """The probe's rows. A node that cannot do it gets the reason in its place; the others go on."""
    rows = [Row(measure.label, measure.title, measure.unit) for measure in probe.measures if measure.label in chosen]
    samples: dict[str, dict[str, list[float]]] = {endpoint.name: {} for endpoint in endpoints}
    failed: dict[str, str] = {}
    for turn in range(-probe.warm_ups, probe.rounds):
        for endpoint in endpoints:
            if endpoint.name in failed:
                continue
            try:
                measured = probe.run(endpoint, probe.count)
                for label, figures in measured.items() if turn >= 0 else ():
                    samples[endpoint.name].setdefault(label, []).extend(figures)
            except MethodUnavailable:
                failed[endpoint.name] = "not offered"
            except MegadevError as problem:
                failed[endpoint.name] = str(problem)
            if endpoint.name in failed:
                endpoint.refresh()
    for row in rows:
        for name, measured in samples.items():
            if name in failed:
                row.reasons[name] = failed[name]
            elif row.label not in measured:
                row.reasons[name] = "not offered"
            else:
                row.add(name, measured[row.label])
    return rows


def _measure_first_calls(
    targets: Sequence[Target], chosen: Collection[str], launches: int, progress: Countdown
) -> list[Row]:
    """The first calls of ``compute.py``, ``launches`` times in alternation."""
    from megadev.bench.client import SENDERS
    from megadev.bench.compute import FIRST_ROWS, first_calls
    from megadev.primitives.mnemonic import derive_keys

    rows = [Row(each.label, each.title, each.unit) for each in FIRST_ROWS if each.label in chosen]
    if not rows:
        return []
    progress.begin("first calls")
    keys = derive_keys(DEFAULT_MNEMONIC, count=SENDERS)
    samples: dict[str, list[Samples]] = {target.name: [] for target in targets if target.command}
    for _ in range(launches):
        for target in targets:
            if target.command:
                samples[target.name].append(first_calls(partial(_started, target), keys))
    for row in rows:
        for name, found in samples.items():
            row.add(name, [seconds for sample in found for seconds in sample[row.label]])
        row.reasons |= {target.name: "runs already" for target in targets if not target.command}
    return rows


def _measure_forks(targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown) -> list[Row]:
    """The rows of ``fork.py``: every node that can be started here, on forks of one and the same megadev."""
    from megadev.bench.client import Measured, Probe
    from megadev.bench.fork import FORK_ROWS, FROM_SCRATCH, HOT, HOT_COUNT, LATENCY, from_scratch, hot
    from megadev.bench.upstream import distant

    if not any(measure.label in chosen for measure in FORK_ROWS):
        return []
    progress.begin("forks")
    able = {target.name: target for target in targets if target.command}
    with contextlib.ExitStack() as running:
        upstream = running.enter_context(_opened(_own()))
        far = running.enter_context(distant(upstream.url, LATENCY))
        home = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="megadev-bench-")))
        plain = {name: running.enter_context(_opened(target)) for name, target in able.items()}
        forks = []
        for name, target in able.items():
            url, pid, _ = running.enter_context(_started(target.forking(upstream.url), home))
            forks.append(Measured(name, url, upstream.keys, pid, token=upstream.token))

        def start(name: str, url: str, home: Path) -> contextlib.AbstractContextManager[tuple[str, int, float]]:
            return _started(able[name].forking(url), home)

        probes = [
            Probe(FROM_SCRATCH, lambda fork, _: from_scratch(partial(start, fork.name), upstream, far), 1, LAUNCHES),
            Probe(HOT, lambda fork, count: hot(fork, plain[fork.name], count), HOT_COUNT),
        ]
        if quick:  # the first rows are of what nothing has warmed up
            probes = [replace(probes[0].quick(), warm_ups=0), probes[1].quick()]
        rows = [row for probe in probes for row in _measure(probe, forks, chosen)]
    for row in rows:
        row.reasons |= {target.name: "runs already" for target in targets if target.name not in able}
    return rows


def _measure_reloads(targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown) -> list[Row]:
    """The rows of ``reload.py``: of the megadev of this Python alone, with the compilers that there are."""
    from megadev.bench.reload import PROJECTS, QUICK_SAVES, RELOAD_ROWS, SAVES, missing, saved

    found: list[Row] = []
    for project in PROJECTS:
        rows = [
            Row(each.label, each.title, each.unit)
            for each in RELOAD_ROWS
            if each.label in chosen and each.label in project.labels
        ]
        if not rows:
            continue
        progress.begin(rows[0].title)
        for target in targets:
            reason = missing(project) if target.command[:1] == (sys.executable,) else "not a megadev of this Python"
            samples: Samples = {}
            if reason is None:
                with tempfile.TemporaryDirectory(prefix="megadev-bench-") as folder:
                    try:
                        samples = saved(project, Path(folder), QUICK_SAVES if quick else SAVES)
                    except MegadevError as problem:
                        reason = str(problem)
            for row in rows:
                if reason is None:
                    row.add(target.name, samples[row.label])
                else:
                    row.reasons[target.name] = reason
        found += rows
    return found


def _measure_batches(targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown) -> list[Row]:
    """The rows of ``batches.py``: of the megadev of this Python alone."""
    from megadev.bench.batches import BATCH_ROWS, measured, share_of
    from megadev.bench.client import throughput

    rows = [Row(each.label, each.title, each.unit) for each in BATCH_ROWS if each.label in chosen]
    if not rows:
        return []
    progress.begin("batches: bytes, cost, derivation, throughput")
    own = _own()
    samples: Samples = {}
    reason = None
    try:
        samples = dict(measured(chosen, quick))
        if "batch-throughput" in chosen:
            up = own.realtime_command[:-1]
            with contextlib.ExitStack() as running:
                pair = [
                    running.enter_context(_opened(replace(own, command=(*up, *flags, "--port"))))
                    for flags in (("--channel-seconds", "1"), ("--no-batch",))
                ]
                rates: list[list[float]] = [[], []]
                for _ in range(2 if quick else BATCH_TURNS):
                    for endpoint, found in zip(pair, rates, strict=True):
                        found.append(throughput(endpoint, 800 if quick else 4_000))
            samples["batch-throughput"] = [share_of(*rates)]
    except MegadevError as problem:
        reason = str(problem)
    return _of_own(rows, targets, samples, reason)


def _measure_standbys(
    targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown
) -> list[Row]:
    """The rows of ``standby.py``: of the megadev of this Python alone."""
    from megadev.bench.standby import STANDBY_ROWS, measured

    rows = [Row(each.label, each.title, each.unit) for each in STANDBY_ROWS if each.label in chosen]
    if not rows:
        return []
    progress.begin("standbys: takeovers, agreement")
    samples: Samples = {}
    reason = None
    try:
        samples = measured(chosen, quick)
    except MegadevError as problem:
        reason = str(problem)
    return _of_own(rows, targets, samples, reason)


def _of_own(rows: list[Row], targets: Sequence[Target], samples: Samples, reason: str | None) -> list[Row]:
    """``rows`` with the figures of this Python's megadev; the other nodes have none."""
    for row in rows:
        for target in targets:
            if target.command[:1] != (sys.executable,):
                row.reasons[target.name] = "not a megadev of this Python"
            elif row.label in samples:
                row.add(target.name, samples[row.label])
            else:
                row.reasons[target.name] = reason or "not measured"
    return rows


def _measure_capacity(
    targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown
) -> list[Row]:
    """The rows of ``capacity.py``: in process of this Python's megadev alone, over HTTP each target in turn."""
    from megadev.bench.capacity import (
        CAPACITY_ROWS,
        EACH_SECOND,
        IN_PROCESS,
        INTERVAL,
        QUICK_TURNS,
        TURNS,
        measured,
        minute,
        over_http,
    )

    rows = {each.label: Row(each.label, each.title, each.unit) for each in CAPACITY_ROWS if each.label in chosen}
    inside = [row for label, row in rows.items() if label in IN_PROCESS]
    if inside:
        progress.begin("in process: rates, memory")
        samples: Samples = {}
        reason = "not a megadev of this Python"
        try:
            samples = measured(chosen, quick)
        except MegadevError as problem:
            reason = str(problem)
        for row, target in ((row, target) for row in inside for target in targets):
            if row.label in samples and target.command[:1] == (sys.executable,):
                row.add(target.name, samples[row.label])
            else:
                row.reasons[target.name] = reason
    highest: dict[str, float] = {}
    for label in (label for label in rows if label not in IN_PROCESS):
        progress.begin(rows[label].title)
        found: dict[str, list[float]] = {}
        for target in list(targets) * (QUICK_TURNS if quick or label == "capacity-minute" else TURNS):
            if target.name in rows[label].reasons:
                continue
            if label == "capacity-minute" and target.command[:1] != (sys.executable,):
                rows[label].reasons[target.name] = "a question to a megadev of this Python"
                continue
            if label.endswith(INTERVAL) and not target.command:
                rows[label].reasons[target.name] = "only for nodes that the benchmark starts"
                continue
            flags = EACH_SECOND if label.endswith(INTERVAL) else ()
            started = replace(target, command=(*target.command[:-1], *flags, *target.command[-1:]))
            try:
                with (
                    _started(started) if target.command else contextlib.nullcontext((target.url, 0, 0.0)) as (url, _, _)
                ):
                    if label == "capacity-minute":
                        figure = minute(url, quick)
                    else:
                        figure = over_http(label, url, quick, highest.get(target.name))
            except MegadevError as problem:
                rows[label].reasons[target.name] = str(problem)
                continue
            found.setdefault(target.name, []).append(figure)
            if label == "capacity-8":
                highest[target.name] = statistics.median(found[target.name])
        for name, figures in found.items():
            if name not in rows[label].reasons:
                rows[label].add(name, figures)
    return list(rows.values())


def _measure_stores(targets: Sequence[Target], chosen: Collection[str], quick: bool, progress: Countdown) -> list[Row]:
    """The rows of ``stores.py``: of the nodes that can be started here with and without ``--state``."""
    from megadev.bench.stores import STORE_ROWS, measured

    rows = [Row(each.label, each.title, each.unit) for each in STORE_ROWS if each.label in chosen]
    if not rows:
        return []
    progress.begin("what keeping the chain takes")

    def opening(target: Target) -> Callable[[Sequence[str]], AbstractContextManager[Measured]]:
        *command, port = target.command
        return lambda flags: _opened(replace(target, command=(*command, *flags, port)))

    opened = {
        target.name: (target.command[:1] == (sys.executable,), opening(target)) for target in targets if target.command
    }
    reasons: dict[str, str] = {target.name: "runs already" for target in targets if not target.command}
    samples: dict[str, Samples] = {}
    try:
        samples = measured(opened, chosen, quick)
    except MegadevError as problem:
        reasons |= dict.fromkeys(opened, str(problem))
    for row in rows:
        for target in targets:
            found = samples.get(target.name, {})
            if row.label in found:
                row.add(target.name, found[row.label])
            else:
                row.reasons[target.name] = reasons.get(target.name, "not offered")
    return rows


def _measure_grown(
    target: Target, before: Sequence[Row], quick: bool, blocks: int, progress: Countdown
) -> tuple[list[Row], dict[str, float]]:
    """Let a chain grow and measure the rows of ``before`` there: rows with both figures, and the memory in bytes.

    The fresh figures are taken anew, in alternation with the others, from a second node; where the bench cannot start
    one they are those of ``before``.
    """
    from megadev.bench.client import grow

    labels = [row.label for row in before]
    column = f"{blocks:,} blocks"
    memory: dict[str, float] = {}
    rows: list[Row] = []
    with contextlib.ExitStack() as running:
        endpoint = running.enter_context(_opened(Target(column, target.url, target.command)))
        progress.begin(f"{blocks:,} blocks and accounts")
        resident = _resident(endpoint.pid)
        added = grow(endpoint, blocks, lambda done, count: progress.says(f"{done:,} of {count:,} blocks and accounts"))
        grown = _resident(endpoint.pid)
        if resident is not None and grown is not None and added:
            memory = {"bytes_before": resident, "bytes_after": grown, "bytes_per_block": (grown - resident) / added}
        endpoints = [endpoint]
        if target.command:
            endpoints.append(running.enter_context(_opened(Target(FRESH, command=target.command))))
        for probe in _probes(labels, quick):
            progress.says(f"{probe.measures[-1].title} after {blocks:,} blocks")
            rows += _measure(probe, endpoints, labels)
    if not target.command:
        for row, fresh in zip(rows, before, strict=True):
            if target.name in fresh.figures:
                row.figures[FRESH] = fresh.figures[target.name]
    return rows, memory


def _resident(pid: int | None) -> int | None:
    """Bytes of memory a process holds, where the system says so (Linux)."""
    status = Path(f"/proc/{pid}/status")
    if pid is None or not status.exists():
        return None
    return next(1024 * int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmRSS"))


# ---- showing


def _table(rows: Sequence[Row], names: Sequence[str]) -> Table:
    """One column of p50 and one of p99 per node, and the first node's p50 over each other's."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("measured")
    table.add_column("unit")
    table.add_column("better", no_wrap=True)
    for name in names:
        table.add_column(f"{name}\np50", justify="right", no_wrap=True)
        table.add_column("\np99", justify="right", no_wrap=True, style="dim")
    for other in names[1:]:
        table.add_column(f"{names[0]}\n÷ {other}", justify="right", no_wrap=True)
    for row in rows:
        cells = []
        for name in names:
            figure = row.figures.get(name)
            cells += ["—", "—"] if figure is None else [_number(figure.p50), _number(figure.p99)]
        better = "↑ more" if row.unit in MORE_IS_BETTER else "↓ less"
        table.add_row(row.title, row.unit, better, *cells, *(_ratio(row, names[0], other) for other in names[1:]))
    return table


def _number(value: float | None) -> str:
    """About three digits that matter; nothing for a rate's p99."""
    if value is None:
        return ""
    if value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(row: Row, first: str, other: str) -> str:
    """Green where the first node is the better one."""
    ratio = row.ratio(first, other)
    if ratio is None:
        return "—"
    better = ratio >= 1 if row.unit in MORE_IS_BETTER else ratio <= 1
    return f"[{'green' if better else 'red'}]{ratio:.2f}×[/]"


def _reasons(rows: Sequence[Row]) -> list[str]:
    """A line for each figure that is missing."""
    from rich.markup import escape

    return [escape(f"— {row.title}, {name}: {reason}") for row in rows for name, reason in row.reasons.items()]


def _memory_line(memory: dict[str, float]) -> str:
    if not memory:
        return "memory: unknown, the node was not started by the bench"
    return (
        f"memory: {memory['bytes_before'] / 1e6:.1f} MB before, {memory['bytes_after'] / 1e6:.1f} MB after, "
        f"{memory['bytes_per_block']:,.0f} bytes per block of one transfer to a new account"
    )
