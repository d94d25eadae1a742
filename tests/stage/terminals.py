"""A terminal that a program believes in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from megadev.cli.client import call
from megadev.testing.bridge import Bridge
from tests.conftest import REPOSITORY, START_SECONDS
from tests.stage.commands import SEND

TMUX = shutil.which("tmux")


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
        environment = {
            "MEGADEV_RPC_URL": self.urls[0],
            "MEGADEV_ADDRESSES": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266,0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        }
        subprocess.run([sys.executable, "-c", SEND], check=True, env={**os.environ, **environment}, timeout=60)

    def deposit(self) -> None:
        """Two ether, from L1."""
        l2, l1 = (Served(url) for url in self.urls)
        Bridge(l1, l2).deposit(2 * 10**18)

    @property
    def urls(self) -> list[str]:
        """L2's and L1's, once the node is ready."""
        self.until(lambda screen: (self.folder / "ready.json").exists())
        about = json.loads((self.folder / "ready.json").read_text())
        return [about["urls"][0], about["l1"]["urls"][0]]

    @property
    def flags(self) -> list[str]:
        """Whether there is a cursor, whether this is the alternate screen, and whether long lines are wrapped."""
        return self.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on} #{wrap_flag}").split()

    @property
    def pid(self) -> int:
        """Of the node: the only child of the shell."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(subprocess.run(["pgrep", "-P", shell], capture_output=True, text=True, check=True).stdout.split()[0])


class Served:
    """A chain that answers over HTTP."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rpc(self, method: str, *params: Any) -> Any:
        return call(self._url, method, list(params))
