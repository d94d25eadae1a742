"""The drawing of a ``View``: the lines of one screen, of any size. Touches no terminal.

Nothing is said by colour alone, and no colour is used that a light or a dark background swallows. What does not fit is
left out whole, the least important first; words are not cut.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from megadev.cli.terminal.board import (
    STEPS_MS,
    BatchesView,
    ChainView,
    Durations,
    Happening,
    MessageView,
    Pane,
    TransactionView,
    View,
)
from megadev.events import SequencerCondition

if TYPE_CHECKING:
    from rich.text import Text

Piece: TypeAlias = "str | tuple[str, str]"
"""Text, or text and its style."""
WIDE = 120
"""Columns from which the sections below the transactions stand beside each other, two of them."""
WIDEST = 210
"""The same of three, the histogram with a line for each step among them."""
STEPS_COLUMNS = 44
EVENT_COLUMNS = 50
"""The fewest columns that events get beside something else."""
WHOLE_HASH = 175
"""Columns from which hashes are whole: what fits beside a short one in 120 columns still does."""
TALL = 36
"""Lines from which the histogram gets a line for each step."""
AIRY = 20
"""Lines for sections from which they are set apart by empty ones."""
TOOK_COLUMNS = 10
LINES_OF_A_TEXT = 3
GAP = 2
_ASCII = {
    "─": "-", "█": "#", "✓": "+", "✗": "x", "…": ".", "→": ">", "≥": ">", "·": ".", "×": "x", "±": "~", "µ": "u",
    "▸": ">", "↑": "^", "↓": "v", "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*",
}  # fmt: skip
"""What has to do where a terminal knows no more: of the same width, so that all stays in its place."""
_COLUMNS = " ▁▂▃▄▅▆▇█"
_NO_TRANSACTIONS = "none yet: each is shown here with its call decoded"
_NO_MESSAGES = "none in progress: deposits and withdrawals are shown here with their state"
_NO_HAPPENINGS = "nothing yet: console.log, {}faults, reverts and program output are shown here"
_NO_PRECONFIRMATION = "no transaction yet: their latencies are shown here"
_LEVELS = {"good": "green", "warning": "bold", "bad": "red"}
_MARKS = {".": ("·", "dim"), "!": ("!", "bold"), "+": ("✓", "green"), "x": ("✗", "red")}


@dataclass(frozen=True, slots=True)
class _Cell:
    """A part of a line. What has the highest ``rank`` is left out first; 0: never."""

    pieces: tuple[Piece, ...]
    rank: int = 0


def draw(view: View, width: int, height: int, *, ascii_only: bool = False) -> list[Text]:
    """The lines of a screen: exactly ``height``, none longer than ``width`` columns."""
    top = list(_head(view, width))
    bottom = [_line([_note(view, width)], width), _keys(view, width)]
    room = height - len(top) - len(bottom)
    is_tall = height >= TALL
    body = _pane(view.pane, width, room) if view.pane is not None else _body(view, width, room, is_tall=is_tall)
    lines = [*top, *body, *bottom]
    if len(lines) > height:  # no room for a body: the heads matter most, then the keys
        lines = [*top[: max(height - 1, 0)], bottom[-1]][:height] if height > 1 else top[:1]
    blank = _line([], width)
    lines += [blank] * (height - len(lines))
    return [_in_ascii(line) for line in lines] if ascii_only else lines


# -- what is always there ----------------------------------------------------------------------------------------------


def _head(view: View, width: int) -> Iterator[Text]:
    state = {
        SequencerCondition.RUNNING: (),
        SequencerCondition.PAUSED: ((" PAUSED ", "bold reverse"),),
        SequencerCondition.CRASHED: ((" CRASHED ", "bold red reverse"),),
    }[view.condition]
    title: tuple[Piece, ...] = (("megadev", "bold cyan"), f" {view.version}")
    left = [_Cell(title), *([_Cell(state)] if state else []), _Cell((view.preset,), 1), _Cell((view.mining,), 3)]
    right = [_Cell(((_shift(view.shift), "bold"),), 2)] if view.shift else []
    yield _spread(left, [*right, _Cell((_moment(view.now),), 1)], width, to_edge=True)
    yield _line([("─" * width, "dim")], width)
    numbers = max(len(str(number)) for chain in view.chains for number in (chain.newest, chain.safe, chain.finalized))
    ids = max(len(str(chain.chain_id)) for chain in view.chains)
    for chain in view.chains:
        yield _chain(chain, max(numbers, 5), ids, width)
    yield from _forks(view.chains, width)
    yield _rates(view, width)
    if view.batches is not None:
        yield _batches(view.batches, width)
    for number, text in enumerate(textwrap.wrap("; ".join(view.troubles), max(width - 11, 10))[:2]):
        yield _line([("sequencer  " if number == 0 else " " * 11, "dim"), _sized(text, width - 11, "red")], width)


def _chain(chain: ChainView, numbers: int, ids: int, width: int) -> Text:
    newest = "unsafe" if chain.name == "L2" else "latest"
    cells = [
        _Cell(((chain.name, _style_of(chain.name)),)),
        _Cell(((f"{chain.chain_id:>{ids}}", "dim"),), 2),
        _Cell(((f"{newest} ", "dim"), (f"{chain.newest:>{numbers}}", "bold"))),
        _Cell((("safe ", "dim"), f"{chain.safe:>{numbers}}"), 3),
        _Cell((("finalized ", "dim"), f"{chain.finalized:>{numbers}}"), 4),
    ]
    if chain.durable is not None or not chain.is_written:
        number = "?" if chain.durable is None else str(chain.durable)
        cells.append(_Cell((("durable ", "dim"), (f"{number:>{numbers}}", "" if chain.is_written else "red")), 5))
    whole, brief = [_Cell((chain.url,), 9)], [_Cell((chain.url.partition("://")[2],), 9)]
    for last in (whole, brief):
        found = [*cells, *last] if chain.url else cells
        if _length(found) <= width:
            return _spread(found[:-1], found[-1:], width) if chain.url else _spread(found, [], width)
    return _spread(cells, [], width)


def _forks(chains: Iterable[ChainView], width: int) -> Iterator[Text]:
    for chain in chains:
        fork = chain.fork
        if fork is None:
            continue
        cells = [
            _Cell((("fork", "dim"),)),
            _Cell((f"of {fork.source}",), 0),
            _Cell((("block ", "dim"), str(fork.block)), 1),
        ]
        if fork.requests:
            again = f", {fork.repeated:,} again" if fork.repeated else ""
            cells.append(_Cell((("requests ", "dim"), f"{fork.requests:,}{again}"), 3))
        if fork.prefetch is not None:
            done, count = fork.prefetch
            cells.append(_Cell((("prefetch ", "dim"), f"{done:,} of {count:,}"), 2))
        yield _spread([_Cell(((chain.name, _style_of(chain.name)),)), *cells], [], width)


def _rates(view: View, width: int) -> Text:
    rates = view.rates
    cells = [
        _Cell((("L2", _style_of("L2")), (" per second", "dim"))),
        _Cell((("transactions ", "dim"), (f"{rates.transactions:>6.1f}", "bold"))),
        _Cell((("mini-blocks ", "dim"), f"{rates.mini_blocks:>5.1f}"), 2),
        _Cell((("blocks ", "dim"), f"{rates.blocks:>5.1f}"), 3),
    ]
    waiting = view.chains[0].waiting
    return _spread(cells, [_Cell((("waiting ", "dim"), (str(waiting), "bold" if waiting else "")), 1)], width)


def _batches(batches: BatchesView, width: int) -> Text:
    cells = [
        _Cell((("batches", "dim"),)),
        _Cell((("safe ", "dim"), f"−{batches.safe_lag}")),
        _Cell((("finalized ", "dim"), f"−{batches.finalized_lag}"), 1),
    ]
    if batches.stalled:
        left = width - _length(cells) - 3
        cells.append(_Cell((_sized(batches.stalled, max(left, 10), "red"),)))
    for rank, batch in enumerate(batches.latest, 2):
        which = str(batch.first) if batch.first == batch.last else f"{batch.first}–{batch.last}"
        what = f" {batch.transactions} tx {batch.size:,} B {batch.da}"
        cells.append(_Cell((which, (what, "dim")), rank))
    return _spread(cells, [], width)


def _note(view: View, width: int) -> Piece:
    return _sized(view.note, width, "bold red" if view.is_problem else "bold")


def _keys(view: View, width: int) -> Text:
    if view.pane is not None:
        keys = [("↑↓", "scroll", "scroll", 1), ("c", "copy hash", "copy", 2), ("Esc", "back", "back", 0)]
        if view.pane.title == "Faults":
            keys[1] = ("A–Z", "on or off", "on/off", 2)
        if view.pane.title == "Trace":
            keys.insert(2, ("b", "conflicts", "conflicts", 4))
        return _key_cells([*keys, ("q", "quit", "quit", 3)], width)
    pause = {SequencerCondition.PAUSED: "resume", SequencerCondition.CRASHED: "restart"}.get(view.condition, "pause")
    keys = [
        ("m", "mine", "mine", 2), ("l", "mine L1", "L1", 8), ("h", "+1 hour", "+1 h", 6), ("d", "+1 day", "+1 d", 5),
        ("s", "snapshot", "snap", 3), ("r", "revert", "revert", 4), ("↑↓", "select", "", 10),
        ("t", "trace", "trace", 7), ("c", "copy hash", "copy", 9), ("p", pause, pause, 1),
        ("f", "faults", "faults", 11), ("q", "quit", "quit", 0),
    ]  # fmt: skip
    if view.offer:
        keys.insert(0, ("a", "reload", "reload", 1) if view.offer == "apply" else ("u", "undo", "undo", 7))
    if len(view.chains) == 1:
        keys = [each for each in keys if each[0] != "l"]
    return _key_cells(keys, width)


def _key_cells(keys: Sequence[tuple[str, str, str, int]], width: int) -> Text:
    """Keys and what they do, in fewer letters where there is less room."""
    cells = [_Cell(((key, "bold reverse"), f" {does}"), rank) for key, does, _, rank in keys]
    if _length(cells) > width:
        cells = [_Cell(((key, "bold reverse"), f" {brief}"), rank) for key, _, brief, rank in keys if brief]
    return _spread(cells, [], width)


# -- sections ----------------------------------------------------------------------------------------------------------


def _pane(pane: Pane, width: int, room: int) -> list[Text]:
    """Some text in place of the sections; what is too long goes on in the next line."""
    wrapped = [part for line in pane.lines for part in _parts(line, width)]
    top = min(pane.top, max(len(wrapped) - room + 1, 0))
    below = len(wrapped) - top - (room - 1)
    remark = f"{below} more below" if below > 0 else ""
    return _cut([_heading(pane.title, width, remark), *wrapped[top:]], room)


def _parts(line: Text, width: int) -> Iterator[Text]:
    """A line in pieces of at most so many columns."""
    while line.cell_len > width:
        cut = max(len(_fitting(line.plain, width)), 1)
        yield line[:cut]
        line = line[cut:]
    yield line


def _fitting(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(text, width).rstrip("\0")


def _body(view: View, width: int, room: int, *, is_tall: bool) -> list[Text]:
    """The transactions, as wide as the screen is; other sections below them, beside each other where there is room.

    Why nothing stands beside the transactions: a wider screen would show less of each, up to twice the width.
    """
    lines: list[Text] = []
    steps_below = width >= WIDEST and room >= AIRY
    if is_tall and not steps_below:
        lines += [_line([], width), *_steps(view.durations, width)]
    elif room >= 6 and not steps_below:
        lines.append(_preconfirmation(view.durations, width))
    room -= len(lines)
    if room < 2:
        return lines
    others = _other_sections(view, width, with_steps=steps_below, is_tall=is_tall) if room >= 8 else []
    space = [_line([], width)] if room >= AIRY else []
    room -= len(space) * (len(others) + 1)
    brief, whole = _transactions(view, width), _transactions(view, width, is_whole=True)
    wanted = [len(section) for section in others]
    beside = 2 if len(others) == 1 and view.messages is not None else 1
    first = whole if len(whole) <= _shared(room, [len(whole), *wanted], beside)[0] else brief
    counts = _shared(room, [len(first), *wanted], beside)
    for section, count in zip((first, *others), counts, strict=True):
        lines += [*space, *_cut(section, count)]
    return lines


def _shared(room: int, wanted: Sequence[int], quarters: int = 1) -> list[int]:
    """Returns the number of lines of each section: the first gets the remainder, each other at most its number of
    quarters unless the first leaves some over.
    """
    counts = [min(each, max(2, room * quarters // 4)) for each in wanted[1:]]
    over = room - wanted[0] - sum(counts)
    for place, each in enumerate(wanted[1:]):
        more = max(min(each - counts[place], over), 0)
        counts[place] += more
        over -= more
    return [room - sum(counts), *counts]


def _other_sections(view: View, width: int, *, with_steps: bool, is_tall: bool) -> list[list[Text]]:
    """Returns the sections below the transactions: one below the other or, if nothing is cut off, side by side
    as one.
    """
    most = LINES_OF_A_TEXT * (3 if is_tall else 1)
    columns = [(_steps(view.durations, STEPS_COLUMNS), STEPS_COLUMNS)] if with_steps else []
    if view.messages is not None:
        needed = max((line.cell_len for line in _messages(view.messages, width)[1:]), default=0)
        columns.append((_messages(view.messages, max(needed, 60)), max(needed, 60)))
    room = width - sum(taken + 3 for _, taken in columns)
    if width < WIDE or room < EVENT_COLUMNS:
        sections = [_steps(view.durations, width)] if with_steps else []
        sections += [] if view.messages is None else [_messages(view.messages, width)]
        return [*sections, _happenings(view, width, most)]
    joined = _happenings(view, room, most * -(-width // room))
    for column, taken in reversed(columns):
        height = max(len(column), len(joined))
        rows = zip(_cut(column, height), _cut(joined, height), strict=True)
        joined = [_joined(left, right, taken + 3) for left, right in rows]
    return [joined]


def _transactions(view: View, width: int, *, is_whole: bool = False) -> list[Text]:
    """One line for each or, with ``is_whole``, also who sent it; and where it failed, if that is known."""
    rows = view.transactions
    lines = [_heading("Last transactions", width)]
    if not rows:
        return [*lines, _line([_sized(_NO_TRANSACTIONS, width, "dim")], width)]
    blocks = max(len(str(row.block)) for row in rows)
    said = [_width([_says(row)]) for row in rows]
    # a whole hash must not cut what is whole beside a short one
    room = width - blocks - TOOK_COLUMNS - 10  # marks and gaps
    shown = [(row.name, max(map(len, (row.hash, row.name))), length) for row, length in zip(rows, said, strict=True)]
    hides = any(length + len(name) <= room < length + whole for name, whole, length in shown)
    has_hashes = width >= WHOLE_HASH and not hides
    for place, row in enumerate(rows):
        layout = _Layout(blocks, max(said), width, has_hashes, is_whole)
        lines += _transaction(row, layout, is_selected=place == view.selected)
    return lines


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout of the rows of transactions: digits of block numbers, columns of the longest call, total columns;
    whether hashes are whole, and whether senders are shown.
    """

    blocks: int
    longest: int
    width: int
    has_hashes: bool
    is_whole: bool


def _says(row: TransactionView) -> str:
    return f"node: {row.says}" if row.is_own else row.says


def _transaction(row: TransactionView, layout: _Layout, *, is_selected: bool) -> Iterator[Text]:
    blocks, width = layout.blocks, layout.width
    mark: Piece = ("✓", "green") if row.succeeded else ("✗", "red")
    took = "" if row.took_ms is None else _ms(row.took_ms)
    pointer: Piece = ("▸", "bold") if is_selected else " "
    before: list[Piece] = [mark, pointer, (row.chain, _style_of(row.chain))]
    before += ["  ", (f"{row.block:>{blocks}}", "dim"), "  "]
    if width >= 70:
        name = row.hash if layout.has_hashes and row.hash else row.name
        before += [(name, "bold" if is_selected else "dim"), "  "]
    indent = _width(before)
    room = width - indent - (TOOK_COLUMNS if width >= 50 else 0)
    style = "" if row.succeeded else "red"
    text = _sized(_says(row), room, "dim" if row.is_own and row.succeeded else style)
    if width < 50:
        yield _line([*before, text], width)
    else:
        end = min(room, layout.longest) if width >= WIDE else room  # the eye should not have to travel
        yield _line([*before, text, " " * (end - _width([text])), (f"{took:>{TOOK_COLUMNS}}", "dim")], width)
    if row.source and width >= 50:
        source = _sized(row.source, width - 7 - blocks, "bold")
        yield _line([" " * (4 + blocks), ("at ", "dim"), source], width)
    if layout.is_whole and width >= 50:
        for told in ("" if layout.has_hashes else row.hash, row.about):
            if told:
                yield _line([" " * (4 + blocks), _sized(told, width - 4 - blocks, "dim")], width)


def _messages(messages: Sequence[MessageView], width: int) -> list[Text]:
    under_way = sum(1 for each in messages if each.mark in ".!")
    lines = [_heading("Bridge", width, f"{under_way} under way" if under_way else "")]
    if not messages:
        return [*lines, _line([_sized(_NO_MESSAGES, width, "dim")], width)]
    amounts = max(_width([each.amount]) for each in messages)
    for each in messages:
        mark, style = _MARKS[each.mark]
        left = "" if each.left is None else f", {_duration(each.left)} left"
        before: list[Piece] = [(mark, style), f" {each.way}  {each.amount:>{amounts}}  "]
        if width >= 60:
            before += [(each.name, "dim"), "  "]
        state = _sized(f"{each.state}{left}", width - _width(before), "bold" if each.mark == "!" else "")
        lines.append(_line([*before, state], width))
    return lines


def _happenings(view: View, width: int, most: int = LINES_OF_A_TEXT) -> list[Text]:
    lines = [_heading("Events", width)]
    if not view.happenings:
        empty = _NO_HAPPENINGS.format("reloads, " if view.watches else "")
        return [*lines, _line([_sized(empty, width, "dim")], width)]
    kinds = max(len(each.kind) for each in view.happenings)
    for each in view.happenings:
        lines += _happening(each, kinds, width, most)
    return lines


def _happening(each: Happening, kinds: int, width: int, most: int) -> Iterator[Text]:
    style = _LEVELS.get(each.level, "")
    before: list[Piece] = [(_time_of_day(each.time), "dim"), "  "] if width >= 50 else []
    before += [(f"{each.kind:<{kinds}}", style or "cyan"), "  "]
    indent = " " * _width(before)
    room = max(width - len(indent), 10)
    texts = [part for text in each.lines for part in _wrapped(text, room, most)]
    for number, text in enumerate(texts):
        start: list[Piece] = before if number == 0 else [indent]
        yield _line([*start, _sized(text, room, style)], width)


def _wrapped(text: str, width: int, most: int) -> list[str]:
    """A text in so many lines; ``…`` says that there is more."""
    lines = textwrap.wrap(text, width, subsequent_indent="  ")
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][: width - 1].rstrip()}…"]
    return lines


def _preconfirmation(durations: Durations | None, width: int) -> Text:
    """The histogram in one line."""
    label = _Cell((("L2", _style_of("L2")), (" preconfirmed", "dim")), 3)
    if durations is None:
        return _line([*label.pieces, "  ", _sized(_NO_PRECONFIRMATION, width - 17, "dim")], width)
    most = max(durations.counts)
    columns = "".join(_COLUMNS[-(-count * 8 // most)] * 2 for count in durations.counts)
    cells = [
        label,
        _Cell((("p50 ", "dim"), (_ms(durations.p50), "bold"))),
        _Cell((("p99 ", "dim"), (_ms(durations.p99), "bold"))),
        _Cell(((f"{STEPS_MS[0]:g} ", "dim"), (columns, "green"), (f" {STEPS_MS[-1]:g} ms", "dim")), 1),
    ]
    return _spread(cells, [_Cell(((f"of {durations.count:,}", "dim"),), 4)], width)


def _steps(durations: Durations | None, width: int) -> list[Text]:
    """The histogram with a line for each step."""
    lines = [_heading("Preconfirmation", width)]
    if durations is None:
        lines.append(_line([_sized(_NO_PRECONFIRMATION, width, "dim")], width))
        return lines + [_line([], width)] * (len(STEPS_MS) + 1)
    lines.append(
        _spread(
            [
                _Cell((("p50 ", "dim"), (_ms(durations.p50), "bold"))),
                _Cell((("p99 ", "dim"), (_ms(durations.p99), "bold"))),
            ],
            [_Cell(((f"of the last {durations.count:,}", "dim"),), 1)],
            width,
        )
    )
    names = [f"< {end:g} ms" for end in STEPS_MS] + [f"≥ {STEPS_MS[-1]:g} ms"]
    longest = width - 16
    for name, count in zip(names, durations.counts, strict=True):
        bar = "█" * -(-count * longest // durations.count)
        lines.append(_line([(f"{name:>9} ", "dim"), (bar, "green"), f" {count:,}" if count else ""], width))
    return lines


# -- lines -------------------------------------------------------------------------------------------------------------


def _heading(title: str, width: int, remark: str = "") -> Text:
    said = f"{title}  {remark}" if remark else title
    rule = "─" * max(width - len(said) - 1, 0)
    return _line([(title, "bold"), f"  {remark} " if remark else " ", (rule, "dim")], width)


def _spread(left: Sequence[_Cell], right: Sequence[_Cell], width: int, *, to_edge: bool = False) -> Text:
    """Cells from the left and cells up to the right edge; those that do not fit are left out. Where there is much room
    all stand beside each other, unless ``to_edge``: the eye should not have to travel.
    """
    left, right = list(left), list(right)
    while _length([*left, *right]) > width:
        last = max((each for each in (*left, *right)), key=lambda each: each.rank)
        if last.rank == 0:
            break
        (left if last in left else right).remove(last)
    if width >= WIDE and not to_edge:
        left, right = [*left, *right], []
    pieces: list[Piece] = []
    for each in left:
        pieces += [*([" " * GAP] if pieces else []), *each.pieces]
    if right:
        pieces.append(" " * max(width - _length(left) - _length(right), 0))
        for number, each in enumerate(right):
            pieces += [*([" " * GAP] if number else []), *each.pieces]
    return _line(pieces, width)


def _length(cells: Sequence[_Cell]) -> int:
    return sum(_width(each.pieces) for each in cells) + GAP * max(len(cells) - 1, 0)


def _width(pieces: Iterable[Piece]) -> int:
    """Columns on a terminal."""
    from rich.cells import cell_len

    return sum(cell_len(piece if isinstance(piece, str) else piece[0]) for piece in pieces)


def _line(pieces: Iterable[Piece], width: int) -> Text:
    from rich.text import Text

    line = Text.assemble(*pieces, no_wrap=True, end="")
    if line.cell_len > width:
        line.truncate(width)
    return line


def _joined(first: Text, second: Text, place: int) -> Text:
    """Two lines as one, the second from column ``place`` on."""
    from rich.text import Text

    gap = " " * (place - first.cell_len)
    return Text.assemble(first, gap, second, no_wrap=True, end="")


def _cut(lines: Sequence[Text], count: int) -> list[Text]:
    """Exactly so many lines."""
    from rich.text import Text

    kept = list(lines[: max(count, 0)])
    return kept + [Text("")] * (count - len(kept))


def _sized(text: str, width: int, style: str = "") -> tuple[str, str]:
    """Returns the text that fits, up to the end of a word if one is near; ``…`` marks the cut."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text, style
    if width < 2:
        return "", style
    cut = set_cell_size(text, width - 1)
    ends = max(cut.rfind(char) for char in " ,(")
    if ends >= width // 2 and text[len(cut) : len(cut) + 1] not in (" ", ","):
        cut = cut[: ends + (cut[ends] == "(")]
    return cut.rstrip(" ,") + "…", style


def _in_ascii(line: Text) -> Text:
    """The same where the terminal knows nothing else; each piece keeps its style."""
    from rich.cells import cell_len
    from rich.text import Text

    if line.plain.isascii():
        return line
    made = Text(no_wrap=True, end="")
    starts = sorted({0, len(line), *(span.start for span in line.spans), *(span.end for span in line.spans)})
    for start, end in pairwise(starts):
        plain = "".join(
            char if char.isascii() else _ASCII.get(char, "?" * cell_len(char)) for char in line.plain[start:end]
        )
        made.append(plain, next((span.style for span in line.spans if span.start <= start < span.end), ""))
    return made


def _style_of(chain: str) -> str:
    return "cyan" if chain == "L2" else "magenta"


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.2f} ms" if milliseconds < 100 else f"{milliseconds:.0f} ms"


def _moment(timestamp: int) -> str:
    try:
        return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"@{timestamp}"


def _time_of_day(timestamp: int) -> str:
    return f"{timestamp // 3600 % 24:02}:{timestamp // 60 % 60:02}:{timestamp % 60:02}"


def _shift(seconds: int) -> str:
    """Returns the clock's shift in words: +1 h."""
    return f"{'+' if seconds > 0 else '-'}{_duration(abs(seconds))}"


def _duration(seconds: int) -> str:
    """Two units at most."""
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    for (size, unit), (smaller, next_unit) in pairwise(units):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit} {rest} {next_unit}" if rest else f"{seconds // size} {unit}"
    return f"{seconds} s"
