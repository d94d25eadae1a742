"""``megadev up --ui``: the terminal, its keys, and the threads that serve them.

``Terminal`` owns the screen: while it has it, whatever else writes to stdout or stderr (scripts, errors, children) is
caught instead of tearing the picture, and given back in the end. ``Ui`` draws, on a thread of its own, what ``board``
gathers and ``screen`` lays out; a second thread reads what crosses between the chains, a third does what keys ask for,
as requests are done. So neither the node's thread nor the picture ever waits for the other.

Drawing takes a bounded share of the time: a picture that took long is followed by a longer pause, one in which nothing
has changed is not drawn, and only lines that changed are written.

However the node ends, the terminal is as it was: ``close`` sees to it, which may be called from anywhere and more than
once.
"""

from __future__ import annotations

import base64
import contextlib
import os
import queue
import re
import select
import sys
import termios
import threading
import time
import tty
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from megadev.cli.main import report_unexpected
from megadev.cli.terminal.board import Board, Pane, View
from megadev.cli.terminal.screen import draw
from megadev.clock import SystemClock
from megadev.errors import MegadevError
from megadev.events import SequencerCondition
from megadev.node.faults import FAULTS
from megadev.primitives.hexcodec import to_data
from megadev.rpc.client import RpcError

if TYPE_CHECKING:
    from rich.text import Text

    from megadev.devnet import Devnet

REFRESH_SECONDS = 0.25
SHARE = 0.04
"""Of one processor that drawing may take."""
READING_SHARE = 0.02
"""The same of reading what crosses between the chains."""
LONGEST_READING_PAUSE = 2.0
LONGEST_PAUSE = 5.0
"""Seconds between two pictures, however long one takes."""
TURN_SECONDS = 0.0002
"""After each line the other threads get a turn: what a transaction waits for drawing is one line."""
CAUGHT_KEPT = 200_000
"""Bytes of what others wrote that are given back in the end."""
HOUR, DAY = 3_600, 86_400
monotonic_ns = SystemClock().monotonic_ns
"""How often to draw is decided by the time of whoever looks."""

# xterm's control sequences
_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J"
"""Alternate screen, no cursor, no wrapping of long lines."""
_LEAVE = b"\x1b[?7h\x1b[?25h\x1b[?1049l"
_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Around a picture: terminals that know this show it at once."""
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\x1b])?|[^\x1b]")
"""What a key sends: a character, or a sequence."""
NAMED_KEYS = {
    "\x1b[A": "up", "\x1bOA": "up", "k": "up", "\x1b[B": "down", "\x1bOB": "down", "j": "down",
    "\x1b[5~": "page up", "\x1b[6~": "page down", " ": "page down", "\x1b": "escape", "\n": "t", "\r": "t",
}  # fmt: skip
KEY_OF_METHOD = {
    "megadev_sequencer_resume": "p", "megadev_sequencer_restart": "p", "megadev_reloadApply": "a",
    "megadev_reloadUndo": "u", "evm_mine": "m", "evm_snapshot": "s", "evm_revert": "r",
}  # fmt: skip
"""What a key does here that a message tells to be done by a method."""
FAULT_OF_KEY = {chr(ord("A") + number): name for number, name in enumerate(FAULTS)}
"""What capital letters turn on and off while the table of faults is shown."""
FAULTS_TITLE = "Faults"
_METHOD = re.compile(rf"[:;,]? *\b(until |restart (?:it|them) with )?({'|'.join(KEY_OF_METHOD)})\b( \w+)*")


def is_possible() -> bool:
    """True if there is a terminal to draw on and to listen to, and it is not somebody else's just now."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown", ""):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return False


class Terminal:
    """The screen and the keyboard. ``take`` makes them ours, ``restore`` gives them back, also from a signal handler.

    ``caught`` gets each line that somebody else writes meanwhile; ``feed`` must be called for that whenever one of
    ``pipes`` is readable.
    """

    def __init__(self, caught: Callable[[str], None] = lambda line: None) -> None:
        self._caught = caught
        self.stdin = sys.stdin.fileno()
        self._before = termios.tcgetattr(self.stdin)
        self._screen = os.dup(sys.stdout.fileno())
        self._is_ours = False
        self._redirected: dict[int, tuple[int, int]] = {}
        """By the pipe that reads it: the descriptor, and what it was."""
        self._unfinished: dict[int, bytes] = {}
        self._kept: deque[tuple[int, bytes]] = deque()
        self._kept_bytes = 0
        self._shown: list[str] = []

    @property
    def pipes(self) -> tuple[int, ...]:
        """The file descriptors to wait for."""
        return tuple(self._redirected)

    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now. Raises ``OSError`` where the terminal was closed."""
        return os.get_terminal_size(self._screen)

    def take(self) -> None:
        """Make screen and keyboard ours."""
        self._is_ours = True
        tty.setcbreak(self.stdin)
        settings = termios.tcgetattr(self.stdin)
        for key in (termios.VSUSP, termios.VQUIT):  # a node that stands still, or dumps its core, is of no use here
            settings[6][key] = b"\x00"
        termios.tcsetattr(self.stdin, termios.TCSADRAIN, settings)
        self._write(_ENTER)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
            descriptor = stream.fileno()
            if os.isatty(descriptor):
                reader, writer = os.pipe()
                os.set_blocking(reader, False)
                self._redirected[reader] = (descriptor, os.dup(descriptor))
                os.dup2(writer, descriptor)
                os.close(writer)

    def restore(self) -> None:
        """Leave the terminal as it was found, at once; then what was caught is there."""
        if not self._is_ours:
            return
        self._is_ours = False
        with contextlib.suppress(OSError, termios.error, ValueError):
            for reader, (descriptor, original) in self._redirected.items():
                os.dup2(original, descriptor)
                self._drain(reader)
            os.write(self._screen, _LEAVE)
            termios.tcsetattr(self.stdin, termios.TCSADRAIN, self._before)
            for descriptor, data in self._kept:
                os.write(descriptor, data)

    def show(self, lines: Sequence[str]) -> None:
        """Show these lines, of equal and full width; those that are there already are left alone."""
        new = len(self._shown) != len(lines)
        changed = [
            f"\x1b[{number + 1};1H{line}" for number, line in enumerate(lines) if new or self._shown[number] != line
        ]
        if changed:
            self._write(f"{_BEGIN}{''.join(changed)}{_END}".encode(errors="replace"))
        self._shown = list(lines)

    def copy(self, text: str) -> None:
        """Have the terminal put a text into the clipboard (xterm's OSC 52); one that cannot ignores it."""
        self._write(b"\x1b]52;c;" + base64.b64encode(text.encode()) + b"\x07")

    def clear(self) -> None:
        """Begin anew, after a change of size."""
        self._shown = []
        self._write(b"\x1b[2J")

    def feed(self, reader: int) -> None:
        """Take what was written to a pipe."""
        *whole, rest = (self._unfinished.get(reader, b"") + self._drain(reader)).split(b"\n")
        self._unfinished[reader] = rest
        for line in whole:
            self._caught(line.decode(errors="replace"))

    def _drain(self, reader: int) -> bytes:
        found = b""
        with contextlib.suppress(BlockingIOError, OSError):
            while len(found) < 1 << 20 and (data := os.read(reader, 1 << 16)):
                found += data
        if found:
            self._kept.append((self._redirected[reader][0], found))
            self._kept_bytes += len(found)
            while self._kept_bytes > CAUGHT_KEPT and len(self._kept) > 1:
                self._kept_bytes -= len(self._kept.popleft()[1])
        return found

    def _write(self, data: bytes) -> None:
        while data and self._is_ours:
            data = data[os.write(self._screen, data) :]


class Ui:
    """The view of one node. On other threads than the caller's: ``quit`` is called when the user wants to end, and
    ``on_end`` when the view has failed; the node runs on then, and somebody else may tell what happens on it.
    """

    def __init__(
        self,
        devnet: Devnet,
        quit: Callable[[], object],
        *,
        color: bool,
        on_end: Callable[[], object] = lambda: None,
    ) -> None:
        self.board = Board(devnet)
        self._devnet = devnet
        self._quit = quit
        self._color = color
        self._on_end = on_end
        self._snapshots: list[str] = []
        self._terminal = Terminal(lambda line: self.board.happened("output", line))
        self._closing = threading.Event()
        self._wake, self._woken = os.pipe()
        self._pressed: queue.SimpleQueue[Callable[[], str] | None] = queue.SimpleQueue()
        self._behind = threading.Event()
        self._page = 10
        self._threads = [
            threading.Thread(target=target, name=f"megadev-ui{name}", daemon=True)
            for name, target in (
                ("", self._run),
                ("-keys", self._act),
                ("-bridge", self._read_bridge),
                ("-sources", self._read_sources),
            )
        ]
        self._unsubscribe: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Take the screen. Raises ``OSError``, ``termios.error`` where the terminal does not let us."""
        self._unsubscribe = self.board.subscribe()
        for endpoint in self._devnet.endpoints:
            endpoint.dispatcher.on_refused = lambda why: self.board.happened("refused", why, "warning")
        self._terminal.take()
        for thread in self._threads:
            thread.start()

    def close(self, timeout: float = 2.0) -> None:
        """Give the screen back."""
        self._closing.set()
        self._pressed.put(None)
        self._behind.set()
        os.write(self._woken, b".")
        for thread in self._threads[:1]:  # the others may wait for the node
            if thread.is_alive() and thread is not threading.current_thread():
                thread.join(timeout)
        self._unsubscribe()
        self.restore()

    def restore(self) -> None:
        """Leave the terminal as it was found, at once."""
        self._terminal.restore()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._show()
        except Exception as error:
            self.restore()
            if not self._closing.is_set():
                report_unexpected(error, "in the view; the node keeps running")
                self._closing.set()
                self._pressed.put(None)
                self._behind.set()
                self._on_end()
        finally:
            self.restore()

    def _show(self) -> None:
        ascii_only = not (sys.stdout.encoding or "").lower().startswith("utf")
        terminal, lines_of = self._terminal, Lines(self._color)
        last: tuple[tuple[int, int], View] | None = None
        while not self._closing.is_set():
            begun, rested = monotonic_ns(), 0
            width, height = terminal.size()
            self._page = max(height - 8, 1)
            view = self.board.view(height)
            if self.board.is_behind:
                self._behind.set()
            if last is None or last[0] != (width, height):
                terminal.clear()
                last = None
            if last is None or last[1] != view:
                made = []
                for line in draw(view, width, height, ascii_only=ascii_only):
                    made.append(lines_of(line, width))
                    rest = monotonic_ns()
                    time.sleep(TURN_SECONDS)
                    rested += monotonic_ns() - rest
                terminal.show(made)
                last = ((width, height), view)
            took = (monotonic_ns() - begun - rested) / 1e9
            self._wait(min(max(REFRESH_SECONDS, took / SHARE), LONGEST_PAUSE))

    def _wait(self, seconds: float) -> None:
        """Until it is time for the next picture, or a key was pressed; take what others write meanwhile."""
        terminal, end = self._terminal, monotonic_ns() + int(seconds * 1e9)
        while (left := (end - monotonic_ns()) / 1e9) > 0:
            readable, _, _ = select.select((terminal.stdin, self._wake, *terminal.pipes), (), (), left)
            for pipe in terminal.pipes:
                if pipe in readable:
                    terminal.feed(pipe)
            if self._wake in readable:
                os.read(self._wake, 1 << 10)
                return
            if terminal.stdin in readable:
                typed = os.read(terminal.stdin, 1 << 10)
                if not typed:
                    raise OSError("the terminal was closed")
                pressed = [self.press(key) for key in _KEY.findall(typed.decode(errors="replace"))]
                if any(pressed):
                    return

    # -- keys ---------------------------------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """Have done what a key asks for; what came of it is noted on the board. Whether the picture is another at
        once.
        """
        key = NAMED_KEYS.get(key, key)
        step = {"up": -1, "down": 1, "page up": -self._page, "page down": self._page}.get(key)
        if step is not None:
            if not self.board.scroll(step):
                self.board.select(step)
            return True
        if key == "escape":
            self.board.open(None)
            return True
        act = {
            "m": self._mine,
            "l": self._mine_l1,
            "h": lambda: self._travel(HOUR),
            "d": lambda: self._travel(DAY),
            "s": self._snapshot,
            "r": self._revert,
            "p": self._pause,
            "f": self._show_faults,
            "a": self._apply_reload,
            "u": self._undo_reload,
            "t": self._trace,
            "b": self._show_conflicts,
            "c": self._copy,
            "q": self._ask_to_quit,
        }.get(key)
        if act is None and key in FAULT_OF_KEY and self.board.shows(FAULTS_TITLE):
            act = partial(self._turn, FAULT_OF_KEY[key])
        if act is not None:
            self._pressed.put(act)
        return False

    def _act(self) -> None:
        """On a thread of its own: the node may be busy."""
        while (act := self._pressed.get()) is not None:
            try:
                self.board.answer(act())
            except (MegadevError, RpcError) as problem:
                self.board.answer(f"error: {in_keys(str(problem))}", is_problem=True)
            except Exception as problem:
                self.board.answer(f"unexpected {type(problem).__name__}: {problem}", is_problem=True)
            with contextlib.suppress(OSError):
                os.write(self._woken, b".")

    def _trace(self) -> str:
        """Show what the chosen transaction did, in place of everything."""
        from rich.text import Text

        from megadev.cli.trace import head_lines, tree_lines

        chosen = self.board.chosen
        if chosen is None:
            return "there is no transaction yet"
        chain, event = chosen
        name = f"{to_data(event.tx.hash)}"
        endpoint = next(each for each in self._devnet.endpoints if each.chain is chain)
        answer = endpoint.rpc("megadev_getStackTrace", name)
        lines = [Text(name, "bold"), *head_lines(answer), *tree_lines(answer)]
        self.board.open(Pane("Trace", tuple(lines)))
        return ""

    def _show_conflicts(self) -> str:
        """Show what the chosen transaction's block could have run side by side, in place of everything."""
        from rich.text import Text

        from megadev.cli.parallel import report_lines

        chosen = self.board.chosen
        if chosen is None:
            return "there is no transaction yet"
        chain, event = chosen
        endpoint = next(each for each in self._devnet.endpoints if each.chain is chain)
        answer = endpoint.rpc("megadev_parallelism", f"{to_data(event.tx.hash)}")
        lines = [Text(each) if isinstance(each, str) else each for each in report_lines(answer)]
        self.board.open(Pane("Conflicts", tuple(lines)))
        return ""

    def _copy(self) -> str:
        """Put the chosen transaction's hash into the clipboard, by way of the terminal."""
        chosen = self.board.chosen
        if chosen is None:
            return "there is no transaction yet"
        name = f"{to_data(chosen[1].tx.hash)}"
        self._terminal.copy(name)
        return f"copied {name}"

    def _mine(self) -> str:
        self._devnet.rpc("evm_mine")
        return f"mined block {int(self._devnet.rpc('eth_blockNumber'), 16)}"

    def _mine_l1(self) -> str:
        l1 = self._devnet.l1
        l1.rpc("evm_mine")
        return f"mined L1 block {int(l1.rpc('eth_blockNumber'), 16)}"

    def _travel(self, seconds: int) -> str:
        self._devnet.rpc("evm_increaseTime", seconds)
        self._devnet.rpc("evm_mine")
        return f"moved time by {'a day' if seconds == DAY else 'an hour'} on both chains"

    def _snapshot(self) -> str:
        self._snapshots.append(self._devnet.rpc("evm_snapshot"))
        return f"took snapshot {self._snapshots[-1]}"

    def _revert(self) -> str:
        while self._snapshots:
            number = self._snapshots.pop()
            if self._devnet.rpc("evm_revert", number):
                return f"reverted to snapshot {number}"
        return "there is no snapshot to revert to: press s first"

    def _pause(self) -> str:
        """Pause the sequencer or, where it does not run, let it go on."""
        condition = self._devnet.node.l2.sequencer.condition
        if condition is SequencerCondition.CRASHED:
            self._devnet.rpc("megadev_sequencer_restart")
            return "the sequencer was restarted"
        if condition is SequencerCondition.PAUSED:
            self._devnet.rpc("megadev_sequencer_resume")
            return "the sequencer was resumed"
        self._devnet.rpc("megadev_sequencer_pause")
        return "the sequencer is paused: transactions wait until p is pressed again"

    def _show_faults(self) -> str:
        """Show the table of faults in place of everything; a capital letter turns one on, or off."""
        from rich.text import Text

        lines, keys = list[Text](), {name: key for key, name in FAULT_OF_KEY.items()}
        for row in self._devnet.rpc("megadev_fault_list"):
            name, is_on = row["name"], row["on"]
            told = " ".join((name, *(row["arguments"] or ()))) if is_on else f"{name} {row['takes']}".rstrip()
            lines.append(
                Text.assemble(
                    (f" {keys[name]} ", "bold reverse"), " ", (told, "bold red" if is_on else "bold"), is_on * "  on"
                )
            )
            lines += [Text(f"    {row['of']}: {row['does']}"), Text(f"    clients see: {row['seen']}", "dim")]
        self.board.open(Pane(FAULTS_TITLE, tuple(lines)))
        return ""

    def _turn(self, name: str) -> str:
        """Turn a fault on or off."""
        rows = {row["name"]: row for row in self._devnet.rpc("megadev_fault_list")}
        if rows[name]["on"]:
            self._devnet.rpc("megadev_fault_clear", name)
        elif rows[name]["takes"] and not rows[name]["takes"].startswith("["):
            return f"megadev fault {name} {rows[name]['takes']} turns it on: it needs arguments"
        else:
            self._devnet.rpc("megadev_fault_set", name)
        self._show_faults()
        return f"{name} is {'off' if rows[name]['on'] else 'on'}"

    def _apply_reload(self) -> str:
        number = self._devnet.rpc("megadev_reloadApply", False)["number"]
        return "nothing to reload" if number is None else f"reload {number} done"

    def _undo_reload(self) -> str:
        return f"undid reload {self._devnet.rpc('megadev_reloadUndo')['number']}"

    def _ask_to_quit(self) -> str:
        self._quit()
        return "stopping"

    # -- what crosses between the chains ------------------------------------------------------------------------------

    def _read_sources(self) -> None:
        while not self._closing.is_set():
            self.board.read_sources(LONGEST_READING_PAUSE)

    def _read_bridge(self) -> None:
        while not self._closing.is_set():
            self._behind.wait()
            self._behind.clear()
            begun = monotonic_ns()
            self.board.read_messages()
            took = (monotonic_ns() - begun) / 1e9
            self._closing.wait(min(max(REFRESH_SECONDS, took / READING_SHARE), LONGEST_READING_PAUSE))


def in_keys(message: str) -> str:
    """Returns an error for a user with keys: the remedy is a key, not a method."""

    def say(found: re.Match[str]) -> str:
        key = KEY_OF_METHOD[found[2]]
        return f" until you press {key}" if found[1] == "until " else f": press {key}"

    return _METHOD.sub(say, message)


class Lines:
    """Lines of text as a terminal takes them: filled up to their width, with or without colours."""

    def __init__(self, color: bool) -> None:
        from rich.console import Console

        self._color = color
        self._console = Console(width=10_000, highlight=False, markup=False, emoji=False)

    def __call__(self, line: Text, width: int) -> str:
        from rich.color import ColorSystem

        made = []
        for segment in line.render(self._console):
            style = segment.style
            if style is None or not style:
                made.append(segment.text)
            else:
                style = style if self._color else style.without_color
                made.append(style.render(segment.text, color_system=ColorSystem.STANDARD))
        return "".join(made) + " " * (width - line.cell_len)
