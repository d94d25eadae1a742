"""Golden conversations: every ``<method>/<case>.io`` here is held with a fresh node and must go as it is written.

The format is that of the execution API's own tests: ``//`` a comment, ``>>`` what is sent, ``<<`` what comes back, to
the byte. After a change that is meant, run with ``--update-golden``: answers are rewritten, the test still fails that
once, and the diff is what to review. A new case is a file with its ``>>`` lines; the first update writes the answers.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import megadev.rpc.methods  # noqa: F401  (registers them)
from megadev.rpc.dispatch import Dispatcher, RpcNode
from tests.conformance.rpc.fixed_chain import fixed_node

FOLDER = Path(__file__).parent
CONVERSATIONS = sorted(FOLDER.glob("*/*.io"))
COMMENT, SENT, RECEIVED = "// ", ">> ", "<< "
PAUSED = "// chain: paused"


def hold(written: list[str]) -> list[str]:
    """The lines as they come out now: comments and requests as ``written``, answers from a fresh node."""
    node = fixed_node(paused=PAUSED in written)
    dispatcher = Dispatcher(RpcNode(node, node.l2), before_request=node.settle)
    held: list[str] = []
    for line in written:
        if line.startswith(RECEIVED):
            continue
        assert line.startswith((COMMENT, SENT)), f"not a line of a conversation: {line!r}"
        held.append(line)
        if line.startswith(SENT):
            answer = dispatcher.handle(line.removeprefix(SENT).encode())
            assert isinstance(answer, bytes), "a conversation is of single requests that are answered at once"
            held.append(RECEIVED + answer.decode())
    return held


@pytest.mark.parametrize("path", CONVERSATIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_conversation_goes_as_written(path: Path, pytestconfig: pytest.Config) -> None:
    written = path.read_text(encoding="utf-8").splitlines()
    held = hold(written)
    if held != written and pytestconfig.getoption("--update-golden"):
        path.write_text("\n".join(held) + "\n", encoding="utf-8")
        pytest.fail(f"{path.relative_to(FOLDER)} was out of date and has been rewritten: look at its diff")
    assert written == held


def test_each_conversation_is_about_the_method_it_is_filed_under() -> None:
    for path in CONVERSATIONS:
        assert f'"method":"{path.parent.name}"' in path.read_text(encoding="utf-8"), path
