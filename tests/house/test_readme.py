"""README.md: its tables are made from the code, its commands are the ones CI runs, and its Python examples run. (Its
commands run in tests/journeys/test_readme_commands.py.)
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from megadev.cli.main import COMMANDS
from megadev.config.conflicts import CONFLICTS
from megadev.config.settings import GIVEN, GROUPS, SETTINGS
from megadev.rpc.catalog import GROUPS as RPC_GROUPS
from megadev.rpc.gateway_limits import LIMIT_ROWS, METHODS, REFUSALS
from megadev.rpc.tracing import DEFAULT_TIMEOUT_NS, STRUCT_LOGGER, TRACE_BYTES, TRACERS
from tests.conformance.deviations import DEVIATIONS
from tests.house.golden import check_golden
from tests.house.source import REPOSITORY
from tests.house.test_cli_help import help_of

pytest_plugins = "pytester"
PLUGIN_INSTALLED = any(point.name == "megadev" for point in entry_points(group="pytest11"))
README = REPOSITORY / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def settings_table() -> str:
    """One table per group, one row per setting."""
    parts = []
    for group in GROUPS:
        rows = [row for row in SETTINGS if row.group == group]
        parts.append(f"**{group}**\n\n| flag | `megadev.toml` | environment | default | |\n|---|---|---|---|---|")
        for row in rows:
            flags = ", ".join(f"`{flag}`" for flag in row.flags)
            default = "" if row.default in (None, False) else f"`{row.describe(row.default)}`"
            help_text = row.help.replace("|", "\\|")
            parts[-1] += f"\n| {flags} | `{row.key}` | `{row.variable}` | {default} | {help_text} |"
    return "\n\n".join(parts)


def conflicts_list() -> str:
    """One line per rule of settings that exclude or need each other, as the error says it."""
    return "\n".join(f"- {row.message}" for row in CONFLICTS)


def rpc_table() -> str:
    """One table per group, one row per method; what is not offered comes last, in one row per reason."""
    parts = []
    absent: dict[str, list[str]] = {}
    for group, entries in RPC_GROUPS.items():
        rows = []
        for entry in entries:
            names = ", ".join(f"`{name}`" for name in (entry.name, *entry.aliases))
            if entry.is_available:
                note = entry.status.removeprefix("full").removeprefix("partial: ")
                reaches = f"reaches {entry.reaches}" if entry.reaches else ""
                note = "; ".join(filter(None, (note, reaches)))
                rows.append(f"| {names} | {_cell(entry.params)} | {_cell(entry.result)} | {_cell(note)} |")
            else:
                absent.setdefault(entry.status, []).append(names)
        if rows:
            parts.append(
                "\n".join([f"**{group}**\n", "| method | parameters | result | note |", "|---|---|---|---|", *rows])
            )
    if absent:
        rows = [f"| {_cell(status)} | {', '.join(names)} |" for status, names in sorted(absent.items())]
        parts.append("\n".join(["**Not offered**\n", "| status | methods |", "|---|---|", *rows]))
    return "\n\n".join(parts)


def help_texts() -> str:
    """The help of each command, but for those whose options are the settings above."""
    texts = [help_of(command) for command in ("megadev", *COMMANDS) if command not in ("up", "exec")]
    return "\n\n".join(f"```text\n{text.rstrip()}\n```" for text in texts)


def deviations_table() -> str:
    """One row per difference from Anvil."""
    rows = [f"| {_cell(row.what)} | {_cell(row.here)} | {_cell(row.there)} | {_cell(row.why)} |" for row in DEVIATIONS]
    return "\n".join(["| what | megadev | Anvil | why |", "|---|---|---|---|", *rows])


def gateway_tables() -> str:
    """The methods on the public endpoint's list by class, the limits, and the refusals."""
    kinds = dict.fromkeys(row.kind for row in METHODS.values())
    lists = [
        (
            kind,
            [f"`{row.name}`" + (f" ({row.note})" if row.note else "") for row in METHODS.values() if row.kind == kind],
        )
        for kind in sorted(kinds)
    ]
    sockets = ", ".join(f"`{row.name}`" for row in METHODS.values() if row.socket)
    methods = ["| class | methods |", "|---|---|", *(f"| {kind} | {', '.join(names)} |" for kind, names in lists)]
    limits = ["| limit | of | beyond |", "|---|---|---|"]
    for row in LIMIT_ROWS:
        refusal = row.metadata["refusal"]
        beyond = "" if refusal is None else f"{refusal.code} {refusal.message}"
        limits.append(f"| {row.default:,} {row.metadata['unit']} | {_cell(row.metadata['what'])} | {_cell(beyond)} |")
    refusals = ["| code | HTTP | message | when |", "|---|---|---|---|"]
    refusals += [f"| {row.code} | {row.status} | {row.message} | {_cell(row.when)} |" for row in REFUSALS]
    socket_line = f"A WebSocket takes only {sockets}. Which class a method is counted in is assumed."
    return "\n\n".join(["\n".join(methods), socket_line, "\n".join(limits), "\n".join(refusals)])


def tracers_table() -> str:
    """One row per tracer, the nameless one first, and how far they go."""
    rows = ["| `tracer` | shows | its options |", "|---|---|---|"]
    for kind in (STRUCT_LOGGER, *TRACERS.values()):
        options = ", ".join(f"`{name}`" for name in kind.options.__struct_encode_fields__)
        rows.append(f"| {f'`{kind.name}`' if kind.name else 'none'} | {_cell(kind.shows)} | {options} |")
    bounds = (
        f'Each transaction may be traced for {DEFAULT_TIMEOUT_NS // 10**9} seconds (`timeout` says otherwise: `"5m"`), '
        f"and an answer have {TRACE_BYTES >> 20} MiB; what is beyond is refused."
    )
    return "\n\n".join(["\n".join(rows), bounds])


def variables_table() -> str:
    """One row per variable that programs find."""
    return "\n".join(
        ["| variable | |", "|---|---|", *(f"| `{name}` | {_cell(what)} |" for name, what in GIVEN.items())]
    )


def view_of_both_chains() -> str:
    """A screen of ``megadev up --ui``, as its own test has it."""
    screen = (REPOSITORY / "tests" / "units" / "cli" / "screens" / "busy-80x24.txt").read_text(encoding="utf-8")
    return f"```text\n{screen}```"


GENERATED: dict[str, Callable[[], str]] = {
    "variables": variables_table,
    "gateway": gateway_tables,
    "deviations": deviations_table,
    "settings": settings_table,
    "conflicts": conflicts_list,
    "help": help_texts,
    "rpc": rpc_table,
    "tracers": tracers_table,
    "view": view_of_both_chains,
}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def test_the_generated_parts_are_up_to_date() -> None:
    text = README.read_text(encoding="utf-8")
    for name, make in GENERATED.items():
        pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, f"README.md needs one part called {name}"
        made = make()
        text = pattern.sub(lambda found, made=made: f"{found[1]}\n{made}\n\n{found[2]}", text)  # type: ignore[misc]
    check_golden(README, text)


def blocks(language: str) -> list[str]:
    return [found[2] for found in BLOCK.finditer(README.read_text(encoding="utf-8")) if found[1] == language]


def test_every_block_says_what_it_is() -> None:
    known = {"sh", "console", "python", "text", "toml", "ts", "yaml"}
    assert {found[1] for found in BLOCK.finditer(README.read_text(encoding="utf-8"))} <= known
    assert len(re.findall(r"^```", README.read_text(encoding="utf-8"), re.MULTILINE)) == 2 * sum(
        len(blocks(language)) for language in known
    )


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    (command,) = [block for block in blocks("sh") if "pytest" in block]
    ci = (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8")
    assert command.split("/bin/python ")[-1].strip() in ci
    assert re.search(r"pip install '(.+?)'", command)[1] in ci  # type: ignore[index]


def test_the_tests_shown_pass(pytester: pytest.Pytester) -> None:
    """The example for pytest, with a contract of the project that it speaks of."""
    import json

    fields = json.loads((REPOSITORY / "tests" / "contracts" / "Token.json").read_text())
    artifact = {
        "contractName": "Token",
        "sourceName": "Token.sol",
        "abi": fields["abi"],
        "bytecode": fields["creation"],
    }
    artifact |= {"_format": "hh-sol-artifact-1", "deployedBytecode": fields["runtime"]}
    artifact |= {"linkReferences": {}, "deployedLinkReferences": {}}
    folder = pytester.path / "artifacts" / "contracts" / "Token.sol"
    folder.mkdir(parents=True)
    (folder / "Token.json").write_text(json.dumps(artifact))
    (pytester.path / "hardhat.config.js").touch()
    (example,) = [block for block in blocks("python") if "def test_" in block]
    pytester.makeini("[pytest]\n")
    pytester.makepyfile(example)
    plugin = () if PLUGIN_INSTALLED else ("-p", "megadev.testing.plugin")
    pytester.runpytest_inprocess(*plugin).assert_outcomes(passed=3)


def test_the_settings_file_shown_is_accepted(tmp_path: Path) -> None:
    from megadev.config.resolve import resolve

    (block,) = blocks("toml")
    path = tmp_path / "megadev.toml"
    path.write_text(block, encoding="utf-8")
    assert resolve({}, {}, path).chain_id == 1234


@pytest.mark.parametrize("block", blocks("python"))
def test_each_python_example_runs(block: str, megadev_up: Any) -> None:
    if "http://127.0.0.1:8545" in block:
        block = block.replace("http://127.0.0.1:8545", megadev_up().url)
    done = subprocess.run([sys.executable, "-c", block], cwd=REPOSITORY, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def test_each_console_example_prints_what_it_shows(megadev_up: Any) -> None:
    url = megadev_up().url
    for block in blocks("console"):
        for command, shown in re.findall(r"^\$ megadev (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            arguments = [*shlex.split(command), "--rpc-url", url]
            done = subprocess.run(
                [sys.executable, "-m", "megadev", *arguments],
                cwd=REPOSITORY,
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.stdout == shown, done.stderr
