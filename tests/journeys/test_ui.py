"""``megadev up --ui`` in a real terminal (tmux): what it looks like, its keys, and what it leaves behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, START_SECONDS, RunningNode
from tests.house.golden import check_golden
from tests.journeys.test_scripting import SEND

TMUX = shutil.which("tmux")
GOLDEN = Path(__file__).parent / "ui"
NODE = "-m megadev up --ui --port 0 --manual-clock --timestamp 1700000000 --ready-file ready.json"
pytestmark = pytest.mark.skipif(TMUX is None, reason="there is no tmux here")


class Terminal:
    """A tmux session of its own, of one window that runs ``command`` and then says how it ended."""

    def __init__(self, folder: Path, command: str, width: int, height: int, environment: str = "") -> None:
        self._socket = str(folder / "tmux")
        self.folder = folder
        # the terminal's settings are looked at afterwards; the shell goes on so that they can be
        script = folder / "run.sh"
        script.write_text(
            "trap : INT\n"
            f"export PYTHONPATH={REPOSITORY} LC_ALL=C.UTF-8 {environment}\n"
            f"{sys.executable} {command}\n"
            "echo ended with $?\nstty -a | tr ' ;' '\\n' | grep -E '^-?(icanon|echo)$'\necho looked\nexec cat\n"
        )
        size = ("-x", str(width), "-y", str(height))
        self.tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), f"exec sh {script}")

    def tmux(self, *arguments: str) -> str:
        assert TMUX is not None
        command = [TMUX, "-S", self._socket, "-u", *arguments]
        environment = {name: value for name, value in os.environ.items() if name not in ("TMUX", "NO_COLOR")}
        done = subprocess.run(command, capture_output=True, text=True, timeout=START_SECONDS, env=environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def screen(self, *, colours: bool = False) -> str:
        return self.tmux("capture-pane", "-p", *(("-e",) if colours else ()))

    def until(self, condition: Callable[[str], object]) -> str:
        """The first screen of which ``condition`` holds."""
        give_up = time.monotonic() + START_SECONDS
        while True:
            screen = self.screen()
            if condition(screen):
                return screen
            assert time.monotonic() < give_up, f"still on the screen:\n{screen}"
            time.sleep(0.05)

    def shows(self, text: str) -> str:
        return self.until(lambda screen: text in screen)

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def send_transaction(self) -> None:
        url = re.search(r'"urls":\s*\["([^"]+)"', (self.folder / "ready.json").read_text())
        assert url is not None
        environment = {
            "MEGADEV_RPC_URL": url[1],
            "MEGADEV_ADDRESSES": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266,0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        }
        subprocess.run([sys.executable, "-c", SEND], check=True, env={**os.environ, **environment}, timeout=60)

    @property
    def pid(self) -> int:
        """Of the node: the only child of the shell."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True).stdout.split()[0])


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
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
    """A screen without what differs from run to run: the port, and how fast this machine was."""
    lines = [line for line in screen.splitlines() if not re.match(r" +[<≥] [\d.]+ ms", line)]
    screen = re.sub(r"127\.0\.0\.1:\d+ *", "127.0.0.1:PORT", "\n".join(line.rstrip() for line in lines))
    screen = re.sub(r" +\d+\.\d\d ms$", "  T ms", screen, flags=re.MULTILINE)
    screen = re.sub(r"\d+\.\d\d ms", "T ms", screen)
    return re.sub(r"(blocks|transactions) \d+\.\d", r"\1 N", screen).rstrip() + "\n"


@pytest.mark.slow
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (40, 10)])
def test_it_looks_as_reviewed(terminal: Callable[..., Terminal], width: int, height: int) -> None:
    seen = terminal(width=width, height=height, ready="heads" if width > 60 else "megadev 0.1")
    seen.until(lambda screen: (seen.folder / "ready.json").exists())
    seen.send_transaction()
    seen.until(lambda screen: "unsafe 1" in screen and (height < 12 or "1 wei to" in screen))
    seen.press("s")
    check_golden(GOLDEN / f"{width}x{height}.txt", steady(seen.shows("took snapshot")))


@pytest.mark.slow
def test_its_keys_do_what_they_say(terminal: Callable[..., Terminal]) -> None:
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
    seen.shows("went back to snapshot 0x0")
    seen.shows("unsafe 1 ")
    seen.press("r")
    seen.shows("there is no snapshot to go back to")
    seen.press("p")
    seen.shows("PAUSED")
    seen.send_transaction()
    seen.shows("waiting 1")
    seen.press("p")
    seen.shows("the sequencer goes on")
    seen.send_transaction()
    seen.shows("waiting 0")
    seen.press("z")
    seen.tmux("resize-window", "-x", "100", "-y", "30")
    seen.until(lambda screen: "─" * 100 in screen)


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
def test_it_leaves_the_terminal_as_it_was(
    terminal: Callable[..., Terminal], end: Callable[[Terminal], None], code: int
) -> None:
    seen = terminal()
    end(seen)
    screen = seen.shows("looked")
    assert f"Stopped.\nended with {code}\nicanon\necho\nlooked" in re.sub(r"\n+", "\n", screen)
    assert seen.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").split() == ["1", "0"]


@pytest.mark.slow
def test_a_crash_leaves_the_terminal_as_it_was(terminal: Callable[..., Terminal], tmp_path: Path) -> None:
    """Of the whole process, from within, while the view is up."""
    crash = (
        "import megadev.cli.up as up; from megadev.cli.main import main; import asyncio\n"
        "def write(self, devnet, server):\n"
        "    asyncio.get_running_loop().call_later(1, asyncio.current_task().cancel)\n"
        "up._Output.write_ready_file = write\n"
        "main(['up', '--ui', '--port', '0', '--ready-file', 'ready.json'])\n"
    )
    (tmp_path / "crash.py").write_text(crash)
    seen = terminal("crash.py", ready="looked")
    screen = seen.screen()
    assert "ended with 1" in screen and "icanon\necho\nlooked" in screen
    assert seen.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").split() == ["1", "0"]


@pytest.mark.slow
def test_colours_are_off_where_nobody_wants_them(terminal: Callable[..., Terminal]) -> None:
    seen = terminal(environment="NO_COLOR=1")
    assert not re.search(r"\x1b\[[0-9;]*(3|4|9|10)[0-7]m", seen.screen(colours=True))


def test_without_a_terminal_it_is_the_log(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--ui")
    node.rpc("evm_mine")
    node.wait_for(r"^evm_mine  [\d.]+ ms")
    assert node.stop() == 0
    assert "\x1b" not in "".join(node.printed)
