"""The line that says how far long work has got: only where somebody sees it, and gone in the end."""

from __future__ import annotations

import io

import pytest

from megadev.cli.terminal.progress import Bar, is_wanted, progress_line
from megadev.clock import ManualClock


class Screen(io.TextIOWrapper):
    """A stream that may be a terminal."""

    def __init__(self, *, terminal: bool = True, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    @property
    def written(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode()


@pytest.fixture(autouse=True)
def _a_terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("CI", raising=False)


def test_progress_is_for_interactive_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_wanted(Screen())
    assert not is_wanted(Screen(terminal=False))
    assert not is_wanted(Screen(), quiet=True)
    monkeypatch.setenv("TERM", "dumb")
    assert not is_wanted(Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "true")
    assert not is_wanted(Screen())


def test_short_work_shows_no_progress() -> None:
    clock, screen = ManualClock(), Screen()
    with Bar("mining", "blocks", is_shown=True, stream=screen, monotonic_ns=clock.monotonic_ns) as bar:
        clock.advance(0.4)
        bar.at(1_000, 2_000)
    assert screen.written == ""


def test_progress_of_long_work_is_shown_and_removed_at_the_end() -> None:
    clock, screen = ManualClock(), Screen()
    with Bar("mining", "blocks", is_shown=True, stream=screen, monotonic_ns=clock.monotonic_ns) as bar:
        clock.advance(1)
        bar.at(1_000, 2_000)
        bar.at(1_001, 2_000)
        assert screen.written.count("\r") == 1
        assert "50%  1,000 of 2,000 blocks, 1 s left" in screen.written
        with bar.aside():
            assert screen.written.endswith("\r\x1b[K")
        clock.advance(1)
        bar.at(1_500, 2_000)
        assert screen.written.endswith(" 75%  1,500 of 2,000 blocks, 1 s left")
    assert screen.written.endswith("\r\x1b[K")


def test_progress_can_be_disabled() -> None:
    clock, screen = ManualClock(), Screen()
    with Bar("mining", is_shown=False, stream=screen, monotonic_ns=clock.monotonic_ns) as bar:
        clock.advance(9)
        bar.at(1, 2)
        with bar.aside():
            pass
    assert screen.written == ""


def test_progress_is_drawn_in_ascii_without_unicode() -> None:
    clock, screen = ManualClock(), Screen(encoding="ascii")
    bar = Bar("mining", is_shown=True, stream=screen, monotonic_ns=clock.monotonic_ns)
    clock.advance(9)
    bar.at(1, 2)
    assert "###" in screen.written and "..." in screen.written


@pytest.mark.parametrize("width", range(1, 130))
def test_a_progress_bar_fits_on_its_line(width: int) -> None:
    for done in (0, 1, 999, 1_000_000):
        assert (
            len(progress_line("loading a-file-with-a-long-name.json", "blocks", done, 1_000_000, 3.0, width))
            < max(width, 1)
            or width == 1
        )


def test_a_bar_keeps_its_length() -> None:
    lines = [progress_line("mining", "blocks", done, 100_000, 60.0, 80) for done in (0, 10, 5_000, 99_999, 100_000)]
    assert len({line.count("█") + line.count("░") for line in lines}) == 1
