"""``megadev up --ui`` in a real terminal (tmux): what it looks like, its keys, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from megadev.cli.terminal.ui import FAULT_OF_KEY
from tests.conftest import RunningNode
from tests.house.golden import check_golden
from tests.stage.saving import VYPER, needs, save
from tests.stage.terminals import TMUX, Served, Terminal
from tests.units.reload.project import VYPER_VERSIONS

GOLDEN = Path(__file__).parent / "ui"


LEFT = ["1", "0", "1"]
"""A terminal's flags as they were."""


NODE = "-m megadev up --ui --port 0 --manual-clock --timestamp 1700000000 --ready-file ready.json"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    if TMUX is None:
        pytest.skip("there is no tmux here")
    opened: list[Terminal] = []

    def open_terminal(
        command: str = NODE, width: int = 80, height: int = 24, environment: str = "", ready: str = " quit"
    ) -> Terminal:
        opened.append(Terminal(tmp_path, command, width, height, environment))
        opened[-1].shows(ready)
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.tmux("kill-server")


def steady(screen: str) -> str:
    """A screen without what differs from run to run: ports, and how fast this machine was."""
    screen = re.sub(r" *http://127\.0\.0\.1:\d+", "  http://127.0.0.1:PORT", screen)
    screen = re.sub(r"0\.1 [ ▁▂▃▄▅▆▇█]{18} 25 ms", "HISTOGRAM", screen)
    screen = re.sub(r"([<≥] +[\d.]+ ms).*", r"\1", screen)
    screen = re.sub(r"(p50|p99) +[\d.]+ ms", r"\1 T", screen)
    screen = re.sub(r"(?<![<≥ ]) +\d+\.?\d* ms\b(?=$|   )", "  T ms", screen, flags=re.MULTILINE)
    screen = re.sub(r"(transactions|mini-blocks|blocks) +\d+\.\d", r"\1 N", screen)
    screen = re.sub(r" +of the last", "  of the last", screen)
    screen = re.sub(r" +(waiting|of) (\d+)$", r"  \1 \2", screen, flags=re.MULTILINE)
    return "\n".join(line.rstrip() for line in screen.splitlines()).rstrip() + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(80, 24), (160, 50), (40, 10)])
def test_the_view_looks_as_reviewed(terminal: Callable[..., Terminal], width: int, height: int) -> None:
    seen = terminal(width=width, height=height)
    seen.send_transaction()
    seen.deposit()
    seen.until(lambda screen: "deposit: 2 ETH" in screen and (height < 20 or "arrived" in screen))
    seen.press("s")
    check_golden(GOLDEN / f"{width}x{height}.txt", steady(seen.shows("took snapshot")))


@pytest.mark.slow
def test_keys_perform_their_action(terminal: Callable[..., Terminal]) -> None:
    seen = terminal()
    seen.press("m")
    seen.shows("mined block 1")
    seen.press("s")
    seen.shows("took snapshot 0x0")
    seen.press("h")
    seen.shows("2023-11-14 23:13:")
    seen.press("d")
    seen.shows("2023-11-15 23:13:")
    seen.press("r")
    seen.shows("reverted to snapshot 0x0")
    seen.until(lambda screen: re.search(r"unsafe +1 ", screen))
    seen.press("r")
    seen.shows("there is no snapshot to revert to")
    seen.press("l")
    seen.shows("mined L1 block 1")
    seen.press("p")
    seen.shows(" PAUSED ")
    seen.send_transaction()
    seen.shows("waiting 1")
    seen.press("m")
    seen.shows("error: the sequencer is paused: nothing is executed or sealed until you press p")
    seen.press("p")
    seen.shows("the sequencer was resumed")
    seen.shows("waiting 0")
    seen.press("F1", "M-d", "z")  # none of which is one of its keys
    seen.tmux("resize-window", "-x", "100", "-y", "30")
    seen.until(lambda screen: "─" * 100 in screen)
    seen.tmux("resize-window", "-x", "60", "-y", "20")
    seen.until(lambda screen: max(map(len, screen.splitlines())) == 60)
    seen.shows("the sequencer was resumed")


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_every_fault_is_a_key_away(terminal: Callable[..., Terminal], preset: str) -> None:
    seen = terminal(f"{NODE} --preset {preset} --batch", width=160, height=60)
    seen.press("f")
    seen.shows("clients see")
    for key, name in FAULT_OF_KEY.items():
        seen.press(key)
        told = re.compile(rf"\b{name} is on|megadev fault {name} ")
        screen = seen.until(lambda screen, told=told: screen if told.search(screen) else None)
        if f"{name} is on" in screen:
            seen.press(key)
            seen.shows(f"{name} is off")
        else:
            assert "it needs arguments" in screen


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_transactions_hash_and_trace_are_a_key_away(terminal: Callable[..., Terminal], preset: str) -> None:
    """At no width was there a whole hash."""
    seen = terminal(f"{NODE} --preset {preset}", width=80)
    seen.tmux("set-option", "-s", "set-clipboard", "on")
    seen.send_transaction()
    seen.shows("1 wei to 0x7099…79C8")
    seen.press("c")
    copied = re.search(r"copied (0x[0-9a-f]{64})", seen.shows("copied 0x"))
    assert copied is not None
    assert seen.tmux("show-buffer") == copied[1]
    seen.deposit()
    seen.shows("deposit: 2 ETH")
    seen.press("Down")
    seen.shows("▸")
    seen.press("Down", "Down", "Enter")
    screen = seen.shows("Trace ──")
    assert copied[1] in screen
    assert re.search(r"success · block \d+ · \d+ gas", screen)
    seen.press("b")
    screen = seen.shows("Conflicts ──")
    assert re.search(r"block \d+: \d transactions?, [\d,]+ gas", screen)
    seen.press("Escape")
    seen.shows("Last transactions")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda seen: seen.press("q"), 0),
        (lambda seen: seen.press("C-c"), 0),
        (lambda seen: os.kill(seen.pid, signal.SIGTERM), 0),
    ],
    ids=["q", "Ctrl-C", "SIGTERM"],
)
def test_the_view_leaves_the_terminal_as_it_was(
    terminal: Callable[..., Terminal], end: Callable[[Terminal], None], code: int
) -> None:
    seen = terminal()
    end(seen)
    screen = seen.shows("looked")
    assert f"Stopped.\nended with {code}\nicanon\necho\nlooked" in re.sub(r"\n+", "\n", screen)
    assert seen.flags == LEFT


@pytest.mark.slow
def test_a_crash_leaves_the_terminal_as_it_was(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """Of the whole process, from within, while the view is up."""
    crash = (
        "import megadev.cli.output as output; from megadev.cli.main import main; import asyncio\n"
        "def write(self, devnet, server):\n"
        "    asyncio.get_running_loop().call_later(1, asyncio.current_task().cancel)\n"
        "output.Output.write_ready_file = write\n"
        "main(['up', '--ui', '--port', '0', '--ready-file', 'ready.json'])\n"
    )
    (tmp_path / "crash.py").write_text(crash)
    seen = terminal("crash.py", ready="looked")
    screen = seen.screen()
    assert "ended with 1" in screen and "icanon\necho\nlooked" in screen
    assert seen.flags == LEFT


@pytest.mark.slow
def test_when_the_view_fails_the_node_continues_with_a_log(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    crash = (
        "import megadev.cli.terminal.ui as ui; from megadev.cli.main import main\n"
        "def draw(*view, **options):\n"
        "    raise ZeroDivisionError('on purpose')\n"
        "ui.draw = draw\n"
        "main(['up', '--ui', '--port', '0', '--ready-file', 'ready.json'])\n"
    )
    (tmp_path / "crash.py").write_text(crash)
    seen = terminal("crash.py", ready="the node keeps running")
    assert seen.flags == LEFT
    seen.send_transaction()
    seen.shows("preconfirmed in")
    seen.press("C-c")
    assert "Stopped.\nended with 0\nicanon\necho\n" in re.sub(r"\n+", "\n", seen.shows("looked"))


@pytest.mark.slow
def test_a_scripts_output_is_shown_after_the_view(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text("echo deployed at 0x00; echo careful >&2")
    seen = terminal(f"{NODE} --script deploy.sh")
    seen.until(lambda screen: "output  deployed at 0x00" in screen and "output  careful" in screen)
    for number, line in enumerate(seen.screen().splitlines()):
        assert not line.startswith(("deployed", "careful")), number
    seen.press("q")
    left = seen.shows("looked")
    assert re.search(r"^deployed at 0x00$", left, re.MULTILINE) and re.search(r"^careful$", left, re.MULTILINE)


@pytest.mark.slow
def test_a_failed_script_is_reported_after_the_view(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    (tmp_path / "deploy.sh").write_text("echo no luck >&2; exit 3")
    left = terminal(f"{NODE} --script deploy.sh", ready="looked").screen()
    assert "no luck\n" in left and "error: --script: deploy.sh ended with exit code 3\nended with 1" in left


@needs(VYPER)
def test_a_saved_source_is_seen_in_the_view(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    save(folder, VYPER_VERSIONS["first"])
    seen = terminal(f"{NODE} --watch contracts", environment=f"PATH={Path(str(VYPER)).parent}:$PATH")
    seen.shows("watching")
    l2 = Served(seen.urls[0])
    code = l2.rpc("megadev_getArtifact", "Box")["bytecode"]
    l2.rpc("eth_sendTransaction", {"from": l2.rpc("eth_accounts")[0], "data": code, "gas": hex(3_000_000)})
    seen.shows("deployed  ")
    save(folder, VYPER_VERSIONS["doubled"])
    seen.shows("reload 1: Box replaced at 0x")
    seen.shows("u undo")
    save(folder, {"Box.vy": VYPER_VERSIONS["first"]["Box.vy"].replace("uint256)", "uint257)")})
    seen.until(lambda screen: re.search(r"failed +\S*Box\.vy:\d+", screen))
    seen.shows("not reloaded, the chain is unchanged")
    seen.press("u")
    seen.shows("undid reload 1")


@pytest.mark.slow
def test_without_unicode_it_is_drawn_in_ascii(terminal: Callable[..., Terminal]) -> None:
    seen = terminal(environment="LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 PYTHONIOENCODING=ascii")
    assert seen.screen().isascii()


@pytest.mark.slow
def test_on_a_dumb_terminal_the_log_is_printed(terminal: Callable[..., Terminal]) -> None:
    seen = terminal(environment="TERM=dumb", ready="Listening on")
    seen.send_transaction()
    seen.shows("preconfirmed in")
    assert "q quit" not in seen.screen() and seen.flags == LEFT


@pytest.mark.slow
def test_colours_can_be_disabled(terminal: Callable[..., Terminal]) -> None:
    seen = terminal(environment="NO_COLOR=1")
    assert not re.search(r"\x1b\[[0-9;]*(3|4|9|10)[0-7]m", seen.screen(colours=True))


def test_without_a_terminal_it_is_the_log(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--ui")
    node.rpc("evm_mine")
    node.wait_for(r"^evm_mine  [\d.]+ ms")
    assert node.stop() == 0
    assert "\x1b" not in "".join(node.printed)
