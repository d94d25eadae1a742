"""The documentation: its tables are made from the code, its links lead somewhere, its Python examples run, and it speaks of
everything that there is. (Its commands run in tests/journeys/test_docs_commands.py.)
"""

from __future__ import annotations

import ast
import inspect
import posixpath
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from megadev import Devnet, errors
from megadev.cli.init import TEMPLATES
from megadev.cli.main import COMMANDS
from megadev.config.anvil import IDLE
from megadev.config.conflicts import CONFLICTS
from megadev.config.settings import GIVEN, GROUPS, SETTINGS
from megadev.docs import FOLDER, pages, search
from megadev.docs.html import anchor, answer
from megadev.node.faults import FAULTS
from megadev.rpc.catalog import GROUPS as RPC_GROUPS
from megadev.rpc.errors import TABLE
from megadev.rpc.gateway_limits import LIMIT_ROWS, METHODS, REFUSALS
from megadev.rpc.streams import KINDS
from megadev.rpc.tracing import DEFAULT_TIMEOUT_NS, STRUCT_LOGGER, TRACE_BYTES, TRACERS
from megadev.testing import plugin
from tests.conformance.deviations import DEVIATIONS
from tests.house.golden import check_golden
from tests.house.source import REPOSITORY
from tests.house.test_cli_help import help_of

pytest_plugins = "pytester"
PLUGIN_INSTALLED = any(point.name == "megadev" for point in entry_points(group="pytest11"))
README = REPOSITORY / "README.md"
README_LINES = 200
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LANGUAGES = {"sh", "console", "python", "text", "toml", "ts", "yaml", "dockerfile"}


def documents() -> dict[str, Path]:
    """README and every page, by its path in the repository."""
    found = [README, *(FOLDER / f"{name}.md" for name in pages())]
    return {path.relative_to(REPOSITORY).as_posix(): path for path in found}


DOCUMENTS = documents()


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


def faults_table() -> str:
    """One row per fault."""
    head = "| of the | fault | effect | what clients see |\n|---|---|---|---|\n"
    named = [(row, _cell(f"{row.name} {row.takes}".rstrip())) for row in FAULTS.values()]
    return head + "\n".join(f"| {row.of} | `{name}` | {row.does} | {row.seen} |" for row, name in named)


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
    texts = [help_of(command) for command in ("megadev", *COMMANDS) if command not in ("up", "exec", "anvil")]
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
        f'Each transaction may be traced for {DEFAULT_TIMEOUT_NS // 10**9} seconds (change it with `timeout`: `"5m"`), '
        f"and an answer may have {TRACE_BYTES >> 20} MiB; larger ones are refused."
    )
    return "\n\n".join(["\n".join(rows), bounds])


def subscriptions_table() -> str:
    """One row per kind of ``eth_subscribe``."""
    rows = [f"| `{name}` | {_cell(row.options)} | {_cell(row.messages)} |" for name, row in KINDS.items()]
    return "\n".join(["| kind | options | messages |", "|---|---|---|", *rows])


def idle_table() -> str:
    """One row per flag of Anvil's that changes nothing."""
    rows = [f"| {', '.join(f'`{flag}`' for flag in row.flags)} | {row.help} |" for row in IDLE]
    return "\n".join(["| flag | |", "|---|---|", *rows])


def variables_table() -> str:
    """One row per variable that programs find."""
    return "\n".join(
        ["| variable | |", "|---|---|", *(f"| `{name}` | {_cell(what)} |" for name, what in GIVEN.items())]
    )


def view_of_both_chains() -> str:
    """A screen of ``megadev up --ui``, as its own test has it."""
    screen = (REPOSITORY / "tests" / "units" / "cli" / "screens" / "busy-80x24.txt").read_text(encoding="utf-8")
    return f"```text\n{screen}```"


def errors_table() -> str:
    """One row per kind of error: its code, the words that clients look for, when it happens and what to do."""
    rows = ["| code | error | the message has | when | remedy |", "|---|---|---|---|---|"]
    for kind, row in sorted(TABLE.items(), key=lambda item: (item[1].code, item[0].__name__)):
        when = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ").replace("``", "`")
        words = f"`{row.words[0]}`" if row.words else ""
        rows.append(f"| {row.code} | {kind.__name__} | {_cell(words)} | {_cell(when)} | {_cell(row.remedy)} |")
    return "\n".join(rows)


def python_names() -> str:
    """The public names, and what a ``Devnet`` offers."""
    rows = ["| `Devnet` | |", "|---|---|"]
    for name, member in inspect.getmembers(Devnet):
        if name.startswith("_") or not inspect.getdoc(member):
            continue
        shown = name
        if inspect.isfunction(member):
            parameters = list(inspect.signature(member).parameters.values())[1:]
            shown = f"{name}({', '.join(map(_parameter, parameters))})"
        rows.append(f"| `{_cell(shown)}` | {_cell(_first_sentence(member))} |")
    raised = ["| error | |", "|---|---|"]
    for name in ("MegadevError", "ConfigError", "InvalidParams", "InvalidTransaction", "NotFound"):
        raised.append(f"| `{name}` | {_cell(_first_sentence(getattr(errors, name)))} |")
    return "\n\n".join(["\n".join(rows), "\n".join(raised)])


def _parameter(parameter: inspect.Parameter) -> str:
    if callable(parameter.default) and parameter.default is not parameter.empty:
        return f"{parameter.name}=…"
    return str(parameter.replace(annotation=parameter.empty))


def fixtures_table() -> str:
    """One row per fixture of the plugin."""
    rows = ["| fixture | scope | |", "|---|---|---|"]
    for name, scope, text in sorted(fixtures()):
        rows.append(f"| `{name}` | {scope} | {_cell(text)} |")
    return "\n".join(rows)


def fixtures() -> list[tuple[str, str, str]]:
    """Name, scope and first sentence of each fixture that the plugin defines for users."""
    found = []
    for path in sorted(Path(inspect.getfile(plugin)).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            for decorator in node.decorator_list:
                if "pytest.fixture" not in ast.unparse(decorator):
                    continue
                keywords = {word.arg: word.value for word in getattr(decorator, "keywords", [])}
                scope = ast.literal_eval(keywords["scope"]) if "scope" in keywords else "function"
                text = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
                found.append((node.name, scope, text.replace("``", "`")))
    return found


def dependencies_table() -> str:
    """One row per dependency of the wheel, from the comments beside them."""
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    rows = ["| library | used by: for what |", "|---|---|"]
    for requirement in tomllib.loads(text)["project"]["dependencies"]:
        comment = re.search(rf"{re.escape(requirement)}.*?#\s*(.+)", text)
        assert comment is not None, f"pyproject.toml does not say why it needs {requirement}"
        rows.append(f"| {re.split(r'[<>=;]', requirement)[0].strip()} | {_cell(comment[1])} |")
    return "\n".join(rows)


def templates_table() -> str:
    """One row per template of ``megadev init``."""
    return "\n".join(
        ["| template | has |", "|---|---|", *(f"| `{name}` | {_cell(what)} |" for name, what in TEMPLATES.items())]
    )


def exit_codes() -> str:
    """One row per exit code of ``megadev up``, ``exec`` and ``wait``."""
    rows = [
        ("0", "the node was stopped (Ctrl-C, SIGTERM); `wait`: it is ready"),
        ("1", "the script failed, or the node could not start; `wait`: not ready within `--timeout`"),
        ("2", "a setting or a flag is invalid; nothing was started"),
        ("130", "interrupted before the node was ready, or twice"),
        (
            "other",
            "`exec`: the command's; 127 where there is no such command, 128 and the signal's number after a signal",
        ),
    ]
    return "\n".join(["| exit code | |", "|---|---|", *(f"| {code} | {what} |" for code, what in rows)])


GENERATED: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"view": view_of_both_chains},
    "megadev/docs/guides/terminal-view.md": {"view": view_of_both_chains},
    "megadev/docs/guides/misbehave.md": {"faults": faults_table},
    "megadev/docs/guides/from-anvil.md": {"idle": idle_table},
    "megadev/docs/guides/streams.md": {"subscriptions": subscriptions_table},
    "megadev/docs/guides/templates.md": {"templates": templates_table},
    "megadev/docs/explanation/dependencies.md": {"dependencies": dependencies_table},
    "megadev/docs/reference/settings.md": {"settings": settings_table, "conflicts": conflicts_list},
    "megadev/docs/reference/commands.md": {"help": help_texts},
    "megadev/docs/reference/rpc.md": {"rpc": rpc_table},
    "megadev/docs/reference/subscriptions.md": {"subscriptions": subscriptions_table},
    "megadev/docs/reference/tracers.md": {"tracers": tracers_table},
    "megadev/docs/reference/gateway-limits.md": {"gateway": gateway_tables},
    "megadev/docs/reference/deviations.md": {"deviations": deviations_table},
    "megadev/docs/reference/environment.md": {"variables": variables_table, "exit codes": exit_codes},
    "megadev/docs/reference/errors.md": {"errors": errors_table},
    "megadev/docs/reference/python.md": {"python": python_names},
    "megadev/docs/reference/fixtures.md": {"fixtures": fixtures_table},
}
"""The parts of each document that are made from the code."""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _first_sentence(member: object) -> str:
    return " ".join((inspect.getdoc(member) or "").split("\n\n")[0].split()).replace("``", "`")


@pytest.mark.parametrize("document", GENERATED)
def test_the_generated_parts_are_up_to_date(document: str) -> None:
    text = DOCUMENTS[document].read_text(encoding="utf-8")
    for name, make in GENERATED[document].items():
        pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, f"{document} needs one part called {name}"
        made = make()
        text = pattern.sub(lambda found, made=made: f"{found[1]}\n{made}\n\n{found[2]}", text)  # type: ignore[misc]
    check_golden(DOCUMENTS[document], text)


def test_every_generated_part_has_a_generator() -> None:
    for name, path in DOCUMENTS.items():
        parts = set(re.findall(r"<!-- generated: (.+?) -->", path.read_text(encoding="utf-8")))
        assert parts == set(GENERATED.get(name, {})), name


def blocks(language: str) -> list[str]:
    """What stands in blocks of ``language``, each text once."""
    found: dict[str, None] = {}
    for path in DOCUMENTS.values():
        found |= {block[2]: None for block in BLOCK.finditer(path.read_text(encoding="utf-8")) if block[1] == language}
    return list(found)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_code_block_names_its_language(document: str) -> None:
    text = DOCUMENTS[document].read_text(encoding="utf-8")
    found = [block[1] for block in BLOCK.finditer(text)]
    assert set(found) <= LANGUAGES
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(found)


def test_the_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= README_LINES


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str) -> None:
    text = BLOCK.sub("", DOCUMENTS[document].read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)]+)\)", text):
        path, _, fragment = target.partition("#")
        if path.startswith(("http://", "https://")):
            continue
        name = posixpath.normpath(posixpath.join(posixpath.dirname(document), path)) if path else document
        assert (REPOSITORY / name).is_file(), f"{document} links to {target}"
        if name not in DOCUMENTS:
            continue
        headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", DOCUMENTS[name].read_text(encoding="utf-8")), re.MULTILINE)
        assert not fragment or fragment in {anchor(heading) for heading in headings}, f"{document} links to {target}"


@pytest.mark.parametrize("name", pages())
def test_a_page_is_titled_and_served(name: str) -> None:
    page = pages()[name]
    assert page.text.startswith("# ") and page.summary and not set(page.summary) & set("`#|[")
    shown = answer(f"/docs/{name}")
    assert (
        shown is not None and "<script" not in shown and ".md" not in "".join(re.findall(r'href="/docs[^"]*"', shown))
    )


def spoken_of() -> str:
    """All that guides and the tutorial say."""
    return "\n".join(page.text for page in pages().values() if page.section == "guides" or page.name == "start")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("commands", [f"megadev {name}" for name in COMMANDS if name not in ("bench", "rpc", "docs")]),
        ("fixtures", [f"`{name}" for name, scope, _ in fixtures() if name not in ("devnet_factory",)]),
        ("presets", ["`dev`", "`megaeth`"]),
        ("subscriptions", [f"`{name}`" for name in KINDS]),
        ("faults", [f"`{name}" for name in FAULTS]),
    ],
)
def test_a_guide_speaks_of_everything(kind: str, names: list[str]) -> None:
    text = spoken_of()
    assert not [name for name in names if name not in text], f"{kind} that no guide speaks of"


@pytest.mark.parametrize("group", GROUPS)
def test_a_guide_speaks_of_each_group_of_settings(group: str) -> None:
    flags = {flag for row in SETTINGS if row.group == group for flag in row.flags if flag.startswith("--")}
    spoken = flags & set(re.findall(r"--[a-z0-9-]+", spoken_of()))
    assert len(spoken) * 3 >= len(flags), f"guides speak of {len(spoken)} of {len(flags)}, not of {flags - spoken}"


def test_searching_finds_lines_with_all_words() -> None:
    found = search("deposit HASH")
    assert found and all("deposit" in each.text.lower() and "hash" in each.text.lower() for each in found)
    assert search("no such words anywhere") == []


@pytest.mark.parametrize(
    ("words", "page"),
    [
        ("metamask", "guides/accounts"),
        ("faucet", "guides/accounts"),
        ("private key", "guides/accounts"),
        ("fork", "guides/forks"),
        ("snapshot", "guides/mining"),
        ("time travel", "guides/mining"),
        ("persist", "guides/state"),
        ("fixture", "guides/testing"),
        ("github actions", "guides/ci"),
        ("docker", "guides/docker"),
        ("withdraw", "guides/bridge"),
        ("trace", "guides/debugging"),
        ("console.log", "guides/debugging"),
        ("storage gas", "guides/for-megaeth"),
        ("websocket", "guides/streams"),
        ("rate limit", "guides/public-endpoint"),
        ("load test", "guides/load"),
        ("etherscan", "guides/explorer"),
        ("censorship", "guides/misbehave"),
        ("crash", "guides/sequencer-faults"),
        ("verify", "guides/verifying"),
        ("upgrade", "guides/hot-reload"),
        ("cors", "explanation/security"),
        ("exit code", "reference/environment"),
        ("install", "start"),
    ],
)
def test_the_page_that_a_user_searches_for_comes_first(words: str, page: str) -> None:
    assert search(words)[0].page.name == page


def test_ci_runs_the_command_that_the_readme_gives() -> None:
    (command,) = [block for block in blocks("sh") if "-m pytest" in block]
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
    (example,) = [block for block in blocks("python") if "def token" in block]
    pytester.makeini("[pytest]\n")
    pytester.makepyfile(example)
    plugin = () if PLUGIN_INSTALLED else ("-p", "megadev.testing.plugin")
    apart = ("-p", "no:faulthandler")  # which would drop the handlers of this process
    pytester.runpytest_inprocess(*plugin, *apart).assert_outcomes(passed=3)


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
