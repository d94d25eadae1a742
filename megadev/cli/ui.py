"""``megadev up --ui``: the board on a terminal, and its keys.

A thread of its own draws and listens to the keyboard, so that the node's thread does neither. What a key asks for goes
to the node as a request does. However the node ends, the terminal is as it was: ``close`` sees to it, which may be
called from anywhere and more than once.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from typing import TYPE_CHECKING

from megadev.cli.board import Board
from megadev.cli.main import report_unexpected
from megadev.errors import MegadevError
from megadev.testing.client import RpcError

if TYPE_CHECKING:
    from megadev.devnet import Devnet

REFRESH_SECONDS = 0.25
HOUR, DAY = 3_600, 86_400
_LEAVE = b"\x1b[?25h\x1b[?1049l"
"""Show the cursor and go back from the alternate screen (xterm's control sequences)."""


def is_possible() -> bool:
    """Whether there is a terminal to draw on and to listen to."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"


class Ui:
    """The view of one node. ``quit`` is called, on its thread, when the user wants to end."""

    def __init__(self, devnet: Devnet, url: str, quit: Callable[[], object], *, color: bool) -> None:
        self.board = Board(devnet, url)
        self._devnet = devnet
        self._quit = quit
        self._color = color
        self._snapshots: list[str] = []
        self._resume: Callable[[], None] | None = None
        self._closing = threading.Event()
        self._wake, self._woken = os.pipe()
        self._before = termios.tcgetattr(sys.stdin.fileno())
        self._thread = threading.Thread(target=self._run, name="megadev-ui", daemon=True)
        self._restored = False

    def start(self) -> None:
        """Take the screen."""
        self._devnet.node.l2.bus.subscribe(self.board.event)
        self._thread.start()

    def close(self, timeout: float = 2.0) -> None:
        """Give the screen back."""
        self._closing.set()
        os.write(self._woken, b".")
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        self.restore()

    def restore(self) -> None:
        """Leave the terminal as it was found, at once."""
        if self._restored:
            return
        self._restored = True
        with contextlib.suppress(OSError, termios.error):
            os.write(sys.stdout.fileno(), _LEAVE)
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)

    def press(self, key: str) -> None:
        """Do what a key asks for, and note how that went."""
        act = {
            "m": self._mine,
            "h": lambda: self._travel(HOUR),
            "d": lambda: self._travel(DAY),
            "s": self._snapshot,
            "r": self._revert,
            "p": self._pause,
            "q": self._ask_to_quit,
        }.get(key)
        if act is None:
            return
        try:
            self.board.note = act()
        except (MegadevError, RpcError) as problem:
            self.board.note = f"error: {problem}"

    def _run(self) -> None:
        try:
            self._show()
        except Exception as error:
            self.restore()
            report_unexpected(error, "in the view; the node runs on")
        finally:
            self.restore()

    def _show(self) -> None:
        from rich.console import Console, ConsoleDimensions, Group
        from rich.live import Live

        console = Console(no_color=not self._color, highlight=False, markup=False, emoji=False)
        ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
        stdin = sys.stdin.fileno()
        tty.setcbreak(stdin)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            while not self._closing.is_set():
                # asked for each time, and not of the environment: windows are made larger and smaller
                console.size = ConsoleDimensions(*os.get_terminal_size(sys.stdout.fileno()))
                width, height = console.size
                live.update(Group(*self.board.draw(width, height, ascii_only=ascii_only)), refresh=True)
                readable, _, _ = select.select((stdin, self._wake), (), (), REFRESH_SECONDS)
                if stdin in readable:
                    for key in os.read(stdin, 64).decode(errors="replace"):
                        self.press(key)

    def _mine(self) -> str:
        self._devnet.rpc("evm_mine")
        return f"mined block {int(self._devnet.rpc('eth_blockNumber'), 16)}"

    def _travel(self, seconds: int) -> str:
        self._devnet.rpc("evm_increaseTime", seconds)
        self._devnet.rpc("evm_mine")
        return f"the time is {seconds // HOUR} hours later" if seconds > HOUR else "the time is an hour later"

    def _snapshot(self) -> str:
        self._snapshots.append(self._devnet.rpc("evm_snapshot"))
        return f"took snapshot {self._snapshots[-1]}"

    def _revert(self) -> str:
        while self._snapshots:
            number = self._snapshots.pop()
            if self._devnet.rpc("evm_revert", number):
                return f"went back to snapshot {number}"
        return "there is no snapshot to go back to: press s first"

    def _pause(self) -> str:
        """Let transactions wait, or go on as before."""
        if self._resume is None:
            self._resume = self._devnet.call(self._stop_mining)
        else:
            self._devnet.call(self._resume)
            self._resume = None
        self.board.paused = self._resume is not None
        return "transactions wait until p is pressed again" if self.board.paused else "the sequencer goes on"

    def _stop_mining(self) -> Callable[[], None]:
        from megadev.sequencer.sequencer import MiningMode

        mining = self._devnet.node.l2.mining
        mode, block_time = mining.mode, mining.block_time
        mining.set(MiningMode.NONE)
        return lambda: mining.set(mode, block_time)

    def _ask_to_quit(self) -> str:
        self._quit()
        return "stopping"
