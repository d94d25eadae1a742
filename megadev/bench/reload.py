"""The hot reload rows of ``megadev bench``: a source is saved, and the node runs what it says.

Owns the two projects, how they are saved, and the rows. The node tells itself how long a reload took (``--json``), from
the file's event to the code on the chain, and how much of that its compiler had: the compiler's part is a row of its
own, for it is another's work. The compilers are those that ``megadev up --watch`` finds; MEGADEV_SOLC names a program
or the npm package's folder, MEGADEV_VYPER a program. Without one its rows have the reason instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from megadev.bench.client import Connection, Measure, Samples, await_receipt
from megadev.cli.scripts import end
from megadev.config.settings import ENVIRONMENT_PREFIX
from megadev.errors import MegadevError

SOLC_VARIABLE, VYPER_VARIABLE = "MEGADEV_SOLC", "MEGADEV_VYPER"
_SOURCES = Path(__file__).with_name("projects")
SAVES = 10
QUICK_SAVES = 2
TELLING_TIMEOUT = 120.0
"""Seconds a node may be silent while a compiler works."""


@dataclass(frozen=True, slots=True)
class Project:
    """One contract; each save puts another number in the place of STEP."""

    language: str
    contract: str
    file: str
    source: str

    @property
    def labels(self) -> tuple[str, str]:
        """The rows' names: everything but the compiler, and the compiler."""
        return f"reload-{self.language.lower()}", f"reload-{self.language.lower()}-compiler"


PROJECTS = (
    Project(
        "Vyper",
        "Box",
        "Box.vy",
        (_SOURCES / "Box.vy").read_text(encoding="utf-8"),
    ),
    Project(
        "Solidity",
        "Box",
        "Box.sol",
        (_SOURCES / "Box.sol").read_text(encoding="utf-8"),
    ),
)


def _measures() -> Iterator[Measure]:
    for project in PROJECTS:
        besides, compiler = project.labels
        what = f"{project.language} function saved"
        yield Measure(besides, f"{what}: file event → code live, without the compiler")
        yield Measure(compiler, f"{what}: its compiler")


RELOAD_ROWS = tuple(_measures())


def missing(project: Project) -> str | None:
    """Returns why a project cannot be measured here; None if it can."""
    if project.language == "Solidity":
        found = _solc() is not None or shutil.which("solc") is not None or find_spec("solcx") is not None
        return None if found else f"no solc: name it in {SOLC_VARIABLE}, or put it on PATH"
    beside = Path(sys.executable).with_name("vyper").is_file()
    found = beside or shutil.which("vyper", path=_path()) is not None or find_spec("vyper") is not None
    return None if found else f"no Vyper: name it in {VYPER_VARIABLE}, put it on PATH, or pip install vyper"


def saved(project: Project, folder: Path, count: int) -> Samples:
    """Save ``project`` in ``folder`` ``count`` times, while a node watches it that has its contract: seconds by row.

    Raises ``MegadevError`` where the node does not follow.
    """
    samples: Samples = {label: [] for label in project.labels}
    besides, compiler = project.labels
    _save(project, folder, 0)
    with _watching(folder) as (url, told):
        _next(told, "watching")
        connection = Connection(url)
        made = connection.call("megadev_getArtifact", project.contract)
        sender = connection.call("eth_accounts")[0]
        creation = {"from": sender, "data": made["bytecode"], "gas": hex(1_000_000)}
        receipt = await_receipt(connection, connection.call("eth_sendTransaction", creation))
        connection.close()
        if receipt["status"] != "0x1":
            raise MegadevError("the contract to be reloaded could not be created")
        _next(told, "deployed")
        for number in range(count):
            _save(project, folder, number + 1)
            done = _next(told, "reloaded")
            samples[compiler].append(done["compileMs"] / 1e3)
            samples[besides].append((done["totalMs"] - done["compileMs"]) / 1e3)
    return samples


def _save(project: Project, folder: Path, number: int) -> None:
    """As editors do: beside, then renamed."""
    beside = folder / f".{project.file}.tmp"
    beside.write_text(project.source.replace("STEP", str(number)))
    beside.replace(folder / project.file)


@contextlib.contextmanager
def _watching(folder: Path) -> Iterator[tuple[str, queue.Queue[str | None]]]:
    """A node that watches: its URL, and the lines that it prints from then on, None behind the last."""
    named = _solc()
    command = [sys.executable, "-m", "megadev", "up", "--json", "--port", "0", "--l1-port", "0", "--watch"]
    command += [] if named is None else ["--solc", named]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    environment["PATH"] = _path()
    lines: queue.Queue[str | None] = queue.Queue()
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        printed = process.stdout
        assert printed is not None

        def read() -> None:
            for line in printed:
                lines.put(line)
            lines.put(None)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            yield _next(lines, "listening")["urls"][0], lines
        finally:
            end(process, 10)
            reader.join()


def _next(lines: queue.Queue[str | None], kind: str) -> dict[str, Any]:
    """The next event of that kind. Raises ``MegadevError`` where the node says that it cannot, or nothing more."""
    last = ""
    while True:
        try:
            line = lines.get(timeout=TELLING_TIMEOUT)
        except queue.Empty:
            raise MegadevError(f"the watching node did not report {kind!r}") from None
        if line is None:
            raise MegadevError(f"the node that watches ended: {last.strip() or 'no output'}")
        last = line
        if not line.startswith("{"):
            continue
        event: dict[str, Any] = json.loads(line)
        name = event["event"].removeprefix("reload.")
        if name == kind:
            return event
        if name in ("failed", "refused"):
            raise MegadevError(event["message"].splitlines()[0])


def _solc() -> str | None:
    """Returns the path of solc from the environment; absolute, because the node has another working directory."""
    named = os.environ.get(SOLC_VARIABLE)
    if not named:
        return None
    program = named if Path(named).exists() else shutil.which(named)
    return None if program is None else str(Path(program).resolve())


def _path() -> str:
    """Returns the node's PATH: a Vyper named by the environment comes first."""
    named = os.environ.get(VYPER_VARIABLE)
    folders = [] if not named else [str(Path(named).absolute().parent)]
    return os.pathsep.join([*folders, os.environ.get("PATH", os.defpath)])
