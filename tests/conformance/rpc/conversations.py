"""What a golden conversation is: a text of requests and answers, held with whoever answers.

``//`` begins a comment, ``>>`` what is sent, ``<<`` what comes back, as in the execution API's own tests. A request may
name what depends on the chain or on earlier answers; answers are always literal:

    {block:3}         the hash of the fixed chain's block 3
    {tx:12:0}         the hash of the first transaction in its block 12
    {waiting:1}       the hash of the second transaction that waits in a paused chain's pool
    {answer:2}        what the request with id 2 was answered with, where that is a string
    {answer:2:hash}   a member of it that is one
    {upstream}        the URL of the node that a forked chain forks; answers that have it are written so, too
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
CONVERSATIONS = sorted(FOLDER.glob("*/*.io"))
COMMENT, SENT, RECEIVED = "// ", ">> ", "<< "
PAUSED = "// chain: paused"
BRIDGED = "// chain: bridged"
ON_L1 = "// chain: L1"
WATCHED = "// chain: watched"
FORKED = "// chain: forked"
MEGAETH = "// chain: megaeth"

_REFERENCE = re.compile(r"\{((?:block|tx|waiting|answer):[\w:]+|upstream)\}")


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def name_of(path: Path) -> str:
    """``method/case``."""
    return f"{path.parent.name}/{path.stem}"


def requests_of(written: list[str]) -> Iterator[str]:
    """The requests as they are written, references and all."""
    return (line.removeprefix(SENT) for line in written if line.startswith(SENT))


def answers_of(written: list[str]) -> Iterator[str]:
    """The answers."""
    return (line.removeprefix(RECEIVED) for line in written if line.startswith(RECEIVED))


def hold(written: list[str], ask: Callable[[str], str], names: Mapping[str, str]) -> list[str]:
    """The lines as they come out: comments and requests as ``written``, answers as ``ask`` gives them.

    ``names``: what references stand for, answers apart. Raises ``KeyError`` for a reference to nothing.
    """
    known = dict(names)
    held: list[str] = []
    for line in written:
        if line.startswith(RECEIVED):
            continue
        assert line.startswith((COMMENT, SENT)), f"not a line of a conversation: {line!r}"
        held.append(line)
        if line.startswith(SENT):
            answer = ask(_expand(line.removeprefix(SENT), known))
            known |= _strings_in(answer)
            upstream = known.get("upstream")
            held.append(RECEIVED + (answer if upstream is None else answer.replace(upstream, "{upstream}")))
    return held


def _expand(request: str, known: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda found: known[found[1]], request)


def _strings_in(answer: str) -> dict[str, str]:
    """What later requests can refer to in an answer."""
    decoded = json.loads(answer)
    result = decoded.get("result")
    members = result.items() if isinstance(result, dict) else [(None, result)]
    return {
        f"answer:{decoded['id']}" + ("" if member is None else f":{member}"): value
        for member, value in members
        if isinstance(value, str)
    }
