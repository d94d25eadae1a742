"""The documentation's commands, run as they stand there. (Its Python examples run in tests/house/test_docs.py.)

What they need besides megadev and is not the matter here (npm, pip) is stood in for by programs that only note how they
were called. A node is started on a free port where its port is not said: the settings say so in the environment.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode
from tests.conftest import REPOSITORY, START_SECONDS, RunningNode
from tests.house.test_docs import DOCUMENTS
from tests.stage.commands import SEND
from tests.stage.installed import INSTALLED
from tests.stage.javascript import CAST, NODE_MODULES
from tests.stage.saving import VYPER, creation, event, needs, save
from tests.stage.wallet import Wallet
from tests.units.reload.project import VYPER_VERSIONS

Up = Callable[..., RunningNode]

TEXT = re.sub(
    r"<!-- generated: .*?<!-- end -->",
    "",
    "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS.values()),
    flags=re.DOTALL,
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = list(dict.fromkeys((found[1], found[2]) for found in BLOCK.finditer(TEXT)))
INLINE = sorted(set(re.findall(r"`(megadev [^`\n]+)`", BLOCK.sub("", TEXT))))
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
HASH = re.compile(r"^0x[0-9a-f]{64}$", re.MULTILINE)
NETWORK = bool(os.environ.get("MEGADEV_TEST_NETWORK"))
"""Whether packages may be fetched."""
SHELL_SECONDS = 300

STANDS_FOR = {
    "megadev preconf verify": "megadev preconf verify HASH",
    "megadev load": "megadev load --count 10",
    "megadev fund": f"megadev fund {BOB} 1",
    "megadev withdraw": "megadev withdraw 0.5",
    "megadev time": "megadev time +1h",
    "megadev sequencer restart": "megadev sequencer crash && megadev sequencer restart",
    "megadev oracle": "megadev oracle --help",
    "megadev preinstalls fetch": "megadev preinstalls fetch --help",
    "megadev wait --rpc-url URL": "megadev wait --rpc-url $MEGADEV_RPC_URL",
    "megadev da serve --dir DIR": "megadev da serve --help",
    "megadev exec": "megadev exec -- true",
    "megadev explorer --rpc-url URL --l1-url URL": "megadev explorer --help",
    "megadev anvil": "megadev anvil --help",
    "megadev batches": "megadev batches --help",
    "megadev attest": "megadev attest --help",
    "megadev verify": "megadev verify --help",
    "megadev replica": "megadev replica --help",
    "megadev batches --flush": "megadev batches --help",
    "megadev bench": "megadev bench --help",
    "megadev trust": "megadev trust --help",
    "megadev wait": "megadev wait --rpc-url $MEGADEV_RPC_URL",
}
"""Inline commands that are named, not spelled out: how somebody would go on."""
ELSEWHERE = {
    "megadev bench --against anvil",
    "megadev bench --capacity",
    "megadev bench --only reload-vyper,reload-solidity",
    "megadev up --fork-url URL@N",
    "megadev up --state FILE",
}
"""Inline commands with tests of their own, because they take long."""
UPSTREAMS = ("https://eth.example.org/v2/KEY", "https://l2.example.org", "https://l1.example.org")
"""Where forks are said to come from; here they are other nodes, whose first block is the one that is named."""


def of_kind(language: str, words: str = "") -> list[str]:
    """The blocks in ``language`` that have these words."""
    return [text for kind, text in BLOCKS if kind == language and words in text]


class Shell:
    """A folder with a small project in it, and the commands that there are once megadev is installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls"
        commands = folder / "bin"
        commands.mkdir()
        plugin = "" if INSTALLED else "-p megadev.testing.plugin"
        for name, does in (
            ("megadev", f'exec "{sys.executable}" -m megadev "$@"'),
            ("pytest", f'exec "{sys.executable}" -m pytest {plugin} -p no:cacheprovider "$@"'),
            ("npm", f'test -n "$GITHUB" -o -n "$MEGADEV_L1_RPC_URL" && echo "npm $*" >> {self.calls}'),
            ("pip", f'echo "pip $*" >> {self.calls}'),
        ):
            (commands / name).write_text(f"#!/bin/sh\n{does}\n")
            (commands / name).chmod(0o755)
        (folder / "deploy.py").write_text(SEND)
        (folder / "check.sh").write_text(f"#!/bin/sh\nmegadev rpc eth_getBalance {BOB} latest\n")
        (folder / "check.sh").chmod(0o755)
        (folder / "test_it.py").write_text("def test_it(mine):\n    assert mine() == 1\n")
        (folder / "pytest.ini").write_text("[pytest]\n")
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "PATH": f"{commands}:{os.environ['PATH']}",
            "MEGADEV_PORT": "0",
        }

    def run(self, text: str, **environment: str) -> str:
        """What a shell prints that runs ``text``, which must succeed."""
        done = subprocess.run(
            ["sh", "-ec", text],
            cwd=self.folder,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=SHELL_SECONDS,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
        return done.stdout


@pytest.fixture
def served() -> Iterator[Devnet]:
    """A node that commands find at its URL. It runs here: a process of its own takes ten times as long to begin."""
    with Devnet() as net:
        net.serve()
        yield net


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    yield Shell(tmp_path)


def test_every_command_is_run() -> None:
    """Here: whoever adds a kind of block must say how it is run."""
    ways = ("megadev up", "megadev exec", "megadev chain", "megadev deposit", "cast ", "pip install")
    unknown = [text for text in of_kind("sh") if not any(way in text for way in ways)]
    assert not unknown
    assert set(INLINE) >= ELSEWHERE | STANDS_FOR.keys()


STARTS = [text for text in of_kind("sh", "megadev up") if "pip" not in text and "--watch" not in text]


@pytest.mark.parametrize(
    "block", STARTS + [text for text in INLINE if text.startswith("megadev up") and text not in ELSEWHERE]
)
def test_a_node_starts_as_shown(megadev_up: Up, shell: Shell, block: str) -> None:
    shell.environment["MEGADEV_FORK_CACHE"] = str(shell.folder / "cache")
    for chain_id, upstream in enumerate(UPSTREAMS, 1):
        if upstream in block:
            block = block.replace(upstream, megadev_up("--number", "23000000", "--chain-id", str(chain_id)).url)
    for command in block.splitlines():
        if not command.startswith("megadev up"):
            shell.run(command)
            continue
        flags = shlex.split(command)[2:]
        node = megadev_up(*flags, env=shell.environment)
        assert int(node.rpc("eth_chainId"), 16) >= 1
        if "--fork-url" in flags or "--fork-bundle" in flags:
            assert node.rpc("eth_blockNumber") == hex(23_000_000)
        if "--ready-file" in flags:
            assert shell.run("megadev wait --ready-file ready.json") == f"{node.url}\n"
        assert node.stop() == 0


@needs(VYPER)
def test_hot_reload_works_as_shown(megadev_up: Up, shell: Shell) -> None:
    """Each of the commands on a project of one contract; a change is saved, looked at, applied and taken back."""
    (block,) = of_kind("sh", "--watch")
    shell.environment["PATH"] = f"{Path(str(VYPER)).parent}:{shell.environment['PATH']}"
    (shell.folder / "web" / "src").mkdir(parents=True)
    save(shell.folder / "contracts", VYPER_VERSIONS["first"])
    simple, asking = block.splitlines()
    assert megadev_up(*shlex.split(simple)[2:], env=shell.environment).stop() == 0
    node = megadev_up(*shlex.split(asking)[2:], "--json", env=shell.environment)
    event(node, "watching")
    Wallet(node.rpc, gas=3_000_000).make(None, creation(node, "Box") + encode(["uint256"], [50]))
    event(node, "deployed")
    save(shell.folder / "contracts", VYPER_VERSIONS["doubled"])
    event(node, "plan")
    commands = ("megadev reload plan", "megadev reload apply --force", "megadev reload undo")
    assert set(INLINE) > set(commands)
    told = [shell.run(command, MEGADEV_RPC_URL=node.url) for command in commands]
    assert "reload 1 done" in told[1] and told[2].startswith("undid reload 1 of ")
    assert "Box" in (shell.folder / "web" / "src" / "deployments.ts").read_text()


@pytest.mark.parametrize("block", of_kind("sh", "megadev exec"))
def test_a_command_has_a_node_as_shown(shell: Shell, block: str) -> None:
    shell.run(block)
    assert shell.calls.read_text() == "npm test\n"


def test_the_ci_workflow_runs(shell: Shell) -> None:
    """All steps of GitHub's workflow in one shell, but for those that only run after a failure."""
    (block,) = of_kind("yaml")
    steps = re.findall(r"^ *- run: (.+)$(?!\n *if: failure)", block, re.MULTILINE)
    assert len(steps) == 6 and steps[3].endswith("&")
    environment = {"GITHUB": "true", "PYTEST_XDIST_AUTO_NUM_WORKERS": "2"}
    printed = shell.run("\n".join([*steps, "kill -INT $!", "wait $!"]), **environment)
    assert "1 passed" in printed and re.search(r"^http://127.0.0.1:\d+$", printed, re.MULTILINE)
    assert shell.calls.read_text().splitlines()[1:] == ["npm test", "npm run end-to-end"]
    assert shell.calls.read_text().startswith("pip install megadev pytest pytest-xdist")
    assert "Stopped." in (shell.folder / "megadev.log").read_text()


@pytest.mark.parametrize("block", of_kind("sh", "megadev chain") + of_kind("sh", "megadev deposit"))
def test_commands_for_a_running_node_work(served: Devnet, shell: Shell, block: str) -> None:
    node, withdrawal = served, "0x…"
    for line in block.splitlines():
        printed = shell.run(line.replace("0x…", withdrawal), MEGADEV_RPC_URL=node.url)
        found = HASH.search(printed)
        withdrawal = found[0] if found is not None else withdrawal
    if "deposit" in block:
        crossed = node.rpc("megadev_getBridgeStatus")
        assert [each["status"] for each in (*crossed["deposits"], *crossed["withdrawals"])] == ["executed", "finalized"]
    else:
        assert "portal" in (shell.folder / "chains.ts").read_text()


@pytest.mark.parametrize(
    "command",
    [text for text in INLINE if not text.startswith(("megadev up", "megadev reload")) and text not in ELSEWHERE],
)
def test_commands_named_in_the_text_work(served: Devnet, shell: Shell, command: str) -> None:
    node = served
    alice = node.rpc("eth_accounts")[0]
    tx_hash = node.rpc("eth_sendTransaction", {"from": alice, "to": BOB, "value": "0x1"})
    shell.run(STANDS_FOR.get(command, command).replace("HASH", tx_hash), MEGADEV_RPC_URL=node.url)


def test_the_sequencer_breaks_as_shown(served: Devnet, shell: Shell) -> None:
    """Each line upon the same state; what stands there in two words are two commands."""
    node = served
    alice = node.rpc("eth_accounts")[0]
    node.rpc("eth_sendTransaction", {"from": alice, "to": BOB, "value": "0x1"})
    (block,) = of_kind("text", "megadev sequencer pause")
    for line in block.splitlines():
        before = node.rpc("evm_snapshot")
        command = re.split(r"  +", line)[0].replace("0x…", BOB)
        first, *others = command.split(" | ")
        for each in (first, *(f"megadev sequencer {other}" for other in others)):
            assert isinstance(json.loads(shell.run(each, MEGADEV_RPC_URL=node.url)), dict)
        assert node.rpc("evm_revert", before) is True


@pytest.mark.foundry
@pytest.mark.skipif(shutil.which(CAST) is None, reason="there is no cast here")
@pytest.mark.parametrize("block", of_kind("sh", "cast "))
def test_cast_sends_as_shown(served: Devnet, shell: Shell, block: str) -> None:
    node = served
    (shell.folder / "bin" / "cast").symlink_to(Path(shutil.which(CAST) or "").resolve())
    shell.run(block, ETH_RPC_URL=node.url)
    assert node.rpc("eth_getBalance", BOB, "latest") == hex(10_001 * 10**18)


@pytest.mark.node_js
@pytest.mark.skipif(
    shutil.which("node") is None or not (Path(NODE_MODULES) / "viem").is_dir(),
    reason="there is no Node.js with viem here",
)
@pytest.mark.parametrize("block", of_kind("ts", '"viem"'))
def test_viem_sends_as_shown(served: Devnet, shell: Shell, block: str) -> None:
    node = served
    (shell.folder / "node_modules").symlink_to(Path(NODE_MODULES).resolve())
    (shell.folder / "send.mjs").write_text(block.replace("http://127.0.0.1:8545", node.url))
    shell.run("node send.mjs")
    assert int(node.rpc("eth_blockNumber"), 16) == 1


@pytest.mark.network
@pytest.mark.skipif(not NETWORK, reason="MEGADEV_TEST_NETWORK is not set: packages may not be fetched")
@pytest.mark.parametrize("block", of_kind("sh", "pip install"))
def test_a_checkout_is_installed_as_shown(shell: Shell, block: str) -> None:
    """The node is started and stopped; of the tests, as many as say that pytest has what they need."""
    ignored = shutil.ignore_patterns(".git", ".ci", ".venv", "__pycache__", ".*_cache")
    shutil.copytree(REPOSITORY, shell.folder / "checkout", ignore=ignored)
    process = subprocess.Popen(
        ["sh", "-ec", f"cd checkout; {block}"],
        cwd=shell.folder,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"MEGADEV_PORT": "0", "PYTEST_ADDOPTS": "tests/units/primitives"},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        ready = "Listening on" if "megadev up" in block else " passed"
        assert any(ready in line for line in process.stdout)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=START_SECONDS)
