"""``megadev time``: a running node's clock, set from the command line.

Moves and dates are turned into seconds here, where a person can be asked what was meant: no unit is guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from megadev.cli.client import call
from megadev.cli.options import Command, rpc_url_option
from megadev.clock import SystemClock
from megadev.errors import ConfigError

SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
"""Seconds in each unit of a move."""
_MOVE = re.compile(r"([+-])((?:\d{1,10}[wdhms])+)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_TIMESTAMP = re.compile(r"@(\d{1,18})", re.ASCII)
RESET = "reset"


@click.command(cls=Command, short_help="Move a running node's time.", context_settings={"ignore_unknown_options": True})
@click.argument("when")
@click.option("--no-mine", is_flag=True, help="Set the clock only; the next block has the new time.")
@rpc_url_option
def time(when: str, no_mine: bool, rpc_url: str) -> None:
    """Move the node's time to WHEN, seal a block with that time, and print its timestamp.

    \b
      megadev time +1d                 a day forward; also 2w, 3h, 90m, 30s, or combined: +1d12h
      megadev time -90m                back; block timestamps never decrease: the next one is its parent's plus a second
      megadev time 2027-01-01          that day, 00:00 UTC
      megadev time 2027-01-01T12:00Z   to the minute or second; without a zone: UTC
      megadev time @1798761600         seconds since 1970
      megadev time reset               undo all moves
    """
    parsed = read_when(when)
    head = int(call(rpc_url, "eth_getBlockByNumber", ["latest", False])["timestamp"], 16)
    if when == RESET:
        _reset(rpc_url)
    elif isinstance(parsed, timedelta):
        seconds = int(parsed.total_seconds())
        if seconds >= 0:
            call(rpc_url, "evm_increaseTime", [seconds])
        else:
            # how far the clock is off is known before it is set to a known time, and after: this is what it was
            offset = int(call(rpc_url, "evm_increaseTime", [0]))
            known = _set_to_known(rpc_url)
            now = known - int(call(rpc_url, "evm_increaseTime", [0])) + offset
            call(rpc_url, "evm_setTime", [now + seconds])
    else:
        call(rpc_url, "evm_setTime", [int(parsed.timestamp())])
    if not no_mine:
        call(rpc_url, "evm_mine", [])
    tag = "pending" if no_mine else "latest"
    block = call(rpc_url, "eth_getBlockByNumber", [tag, False])
    name = "the next block" if no_mine else f"block {int(block['number'], 16)}"
    if when != RESET and _lies_behind(parsed, head):
        click.echo(
            "blocks cannot go back in time: each follows its parent by a second or more; to go back, revert a snapshot",
            err=True,
        )
    click.echo(f"{_shown(int(block['timestamp'], 16))} in {name}")


def _lies_behind(asked: timedelta | datetime, head: int) -> bool:
    """True if a move or a moment asks for a time that the head, of time ``head``, has passed."""
    return asked < timedelta() if isinstance(asked, timedelta) else asked.timestamp() <= head


def read_when(text: str) -> timedelta | datetime:
    """Parse a move, or a point in time (with its zone); 'reset' is a move of zero. Raises ConfigError."""
    if text == RESET:
        return timedelta()
    move, stamp = _MOVE.fullmatch(text), _TIMESTAMP.fullmatch(text)
    try:
        if move is not None:
            parts = re.findall(r"(\d+)([wdhms])", move[2])
            seconds = sum(int(number) * SECONDS[unit] for number, unit in parts)
            return timedelta(seconds=seconds if move[1] == "+" else -seconds)
        if stamp is not None:
            return datetime.fromtimestamp(int(stamp[1]), UTC)
        if _DATE.fullmatch(text):
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
            if moment.timestamp() >= 0:
                return moment
    except (ValueError, OverflowError, OSError) as problem:
        raise ConfigError(f"WHEN: {text!r} is not a time: {problem}") from None
    hint = ""
    if re.fullmatch(r"[+-]\d+", text):
        hint = f"; add a unit: {text}s, {text}m, {text}h or {text}d"
    elif text.isdecimal():
        hint = f"; seconds since 1970 are written @{text}"
    raise ConfigError(f"WHEN: must be like +1d, 2027-01-01, 2027-01-01T12:00Z or reset, not {text!r}{hint}")


def _reset(url: str) -> None:
    """Take back every move: the clock's offset, the distance between blocks and a timestamp asked for."""
    call(url, "anvil_removeBlockTimestampInterval", [])
    # the offset is asked for at a known time, which tells the node's clock
    known = _set_to_known(url)
    call(url, "evm_setTime", [known - int(call(url, "evm_increaseTime", [0]))])


def _set_to_known(url: str) -> int:
    """Set the node's clock to the present, and tell that; not before the latest block: an increase by 0 counts from
    there."""
    latest = int(call(url, "eth_getBlockByNumber", ["latest", False])["timestamp"], 16)
    known = max(int(SystemClock().now()), latest)
    call(url, "evm_setTime", [known])
    return known


def _shown(timestamp: int) -> str:
    """A timestamp for people, and as it is."""
    try:
        text = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        text = "beyond the year 9999"
    return f"{text} ({timestamp})"
