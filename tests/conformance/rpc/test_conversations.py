"""Golden conversations: every ``<method>/<case>.io`` here is held with a fresh node and must go as it is written.

Their format is told in ``conversations.py``, the chain they are held with in ``fixed_chain.py``. After a change that is
meant, run with ``--update-golden``: answers are rewritten, the test still fails that once, and the diff is what to
review. A new case is a file with its ``>>`` lines; the first update writes the answers.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Mapping
from pathlib import Path

import pytest

import megadev.rpc.methods  # noqa: F401  (registers them)
from megadev.node.node import Node
from megadev.rpc.catalog import CATALOG
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.history import asked_upstream
from megadev.rpc.node import RpcNode
from tests.conformance.rpc.conversations import (
    BRIDGED,
    CONVERSATIONS,
    FOLDER,
    FORKED,
    MEGAETH,
    ON_L1,
    PAUSED,
    WATCHED,
    answers_of,
    hold,
    lines_of,
    name_of,
    requests_of,
)
from tests.conformance.rpc.fixed_chain import fixed_node, forked_node, megaeth_node, names_on, upstream, watch

NEVER_ANSWERED_WELL = {
    "eth_subscribe": "needs a connection that stays: tests/journeys/test_subscriptions.py",
    "anvil_dumpState": "the answer is compressed, and not to the byte by every zlib: tests/journeys",
    "anvil_setMinGasPrice": "always refuses, as Anvil does",
    "megadev_submitAttestation": "needs attesters that run apart: tests/journeys/test_attest.py",
    "eth_unsubscribe": "needs a connection that stays: tests/journeys/test_subscriptions.py",
}
"""Methods that a conversation only sees refused, and where they are tested instead."""


def hold_here(written: list[str]) -> list[str]:
    """The conversation as a fresh node of ours holds it."""
    if FORKED in written:
        with upstream() as url:
            return hold_with(forked_node(url), written, {"upstream": url})
    if MEGAETH in written:
        return hold_with(megaeth_node(), written)
    return hold_with(fixed_node(paused=PAUSED in written, bridged=BRIDGED in written or ON_L1 in written), written)


def hold_with(node: Node, written: list[str], names: Mapping[str, str] | None = None) -> list[str]:
    chain = node.l1 if ON_L1 in written else node.l2
    assert chain is not None
    if WATCHED in written:
        watch(node)
    dispatcher = Dispatcher(RpcNode.of(node, chain), before_request=node.settle, history=asked_upstream)

    def ask(request: str) -> str:
        answer = dispatcher.handle(request.encode())
        if answer is not None and not isinstance(answer, bytes):
            answer = asyncio.run(_finish(answer))
        assert isinstance(answer, bytes), "a conversation is of requests that are answered"
        return answer.decode()

    try:
        return hold(written, ask, {**names_on(fixed_node() if FORKED in written else node), **(names or {})})
    finally:
        node.close()


async def _finish(answer: object) -> object:
    return await answer  # type: ignore[misc]


@pytest.fixture(autouse=True)
def _chance_repeats_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Filter ids and the node's instance id are drawn; here the same ones each time."""
    drawn = random.Random(0)
    monkeypatch.setattr(secrets, "token_bytes", drawn.randbytes)
    monkeypatch.setattr(secrets, "token_hex", lambda size: drawn.randbytes(size).hex())


@pytest.mark.parametrize("path", CONVERSATIONS, ids=name_of)
def test_the_answers_match_the_conversation(path: Path, pytestconfig: pytest.Config) -> None:
    written = lines_of(path)
    held = hold_here(written)
    if held != written and pytestconfig.getoption("--update-golden"):
        path.write_text("\n".join(held) + "\n", encoding="utf-8")
        pytest.fail(f"{path.relative_to(FOLDER)} was out of date and has been rewritten: look at its diff")
    assert written == held


def test_each_conversation_is_about_the_method_it_is_filed_under() -> None:
    for path in CONVERSATIONS:
        asked = {json.loads(request)["method"] for request in requests_of(lines_of(path))}
        assert path.parent.name in asked, path


def test_every_method_on_offer_is_seen_answering_and_refusing_and_by_each_of_its_names() -> None:
    method_of = {name: entry.name for entry in CATALOG for name in (entry.name, *entry.aliases)}
    offered = {entry.name: {entry.name, *entry.aliases} for entry in CATALOG if entry.is_available}
    answered, refused, called = set(NEVER_ANSWERED_WELL), set(), set()
    for path in CONVERSATIONS:
        written = lines_of(path)
        for request, answer in zip(requests_of(written), answers_of(written), strict=True):
            name = json.loads(request)["method"]
            called.add(name)
            (refused if "error" in json.loads(answer) else answered).add(method_of.get(name))
    assert offered.keys() - answered == set(), "without a conversation in which they answer"
    assert offered.keys() - refused == set(), "without a conversation in which they refuse bad input"
    assert set().union(*offered.values()) - called == set(), "names that no conversation uses"
    assert NEVER_ANSWERED_WELL.keys() - offered.keys() == set(), "exemptions that nothing needs"
