"""The golden conversations, held with Anvil: every difference is one that the table of deviations explains.

Needs Anvil 1.7.1: ``MEGADEV_ANVIL=path``, or ``anvil`` on the PATH. Each conversation has a process of its own, with the
fixed chain built anew. Answers are compared by their shape and, where both nodes must agree, by value; timestamps within some
seconds. ``-s`` prints every difference, explained or not.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.anvil import need_anvil
from tests.conformance.deviations import DEVIATIONS, Difference
from tests.conformance.rpc.conversations import CONVERSATIONS, PAUSED, answers_of, hold, lines_of, name_of, requests_of
from tests.conformance.rpc.fixed_chain import fixed_node, names_on
from tests.stage.fixed_anvil import VERSION, FixedAnvil, Unanswered, values_differ

pytestmark = [pytest.mark.anvil, pytest.mark.slow]


NO_TWO_SHARE = (
    "* | *.hash,*.parentHash,*.blockHash,*.stateRoot,*.mixHash,*.accountProof[] | value",
    "* | *.currentBlockHash,*.latestBlockHash,*.instanceId,result.snapshots.*[] | value",
    "eth_newFilter,eth_newBlockFilter,eth_newPendingTransactionFilter | result | value",
    "eth_newBlockFilter/* | result[] | value",
    "anvil_setTime,evm_setTime,anvil_increaseTime,evm_increaseTime | result | value",
)
"""What follows from the state of the genesis block, is drawn by chance, or tells how far a clock was moved that stands
elsewhere: only its shape is compared, except for the hashes of the fixed chain, which have names. Patterns as in
``Deviation.explains``."""


NOT_WITH_ANVIL = "// not with Anvil: "
"""How a comment begins that says why a conversation is not held with it."""


SENDING = {
    "eth_sendTransaction",
    "eth_sendRawTransaction",
    "eth_sendUnsignedTransaction",
    "anvil_setAutomine",
    "evm_setAutomine",
}
"""After these Anvil mines a moment later; the next request waits for it, or its answer would be a matter of luck."""


def is_for_anvil(path: Path) -> bool:
    return not any(line.startswith(NOT_WITH_ANVIL) for line in lines_of(path))


def replay(path: Path, our_names: Mapping[str, str]) -> list[Difference]:
    """Hold the conversation with Anvil; what went otherwise than written."""
    written = lines_of(path)
    with FixedAnvil(paused=PAUSED in written) as node:
        names = node.names()
        answers: list[str] = []

        def ask(request: str) -> str:
            try:
                answers.append(node.ask(request))
                if json.loads(request)["method"] in SENDING:
                    node.settle()
            except Unanswered:
                answers.append(json.dumps({"id": json.loads(request)["id"], "unanswered": True}))
            return answers[-1]

        # a request that refers to an answer Anvil did not give cannot be asked, nor can those after it be compared
        with contextlib.suppress(KeyError):
            hold(written, ask, names)
    differences = []
    ours_by_value = {value: name for name, value in our_names.items()}
    theirs_by_value = {value: name for name, value in names.items()}
    for request, ours, theirs in zip(requests_of(written), answers_of(written), answers, strict=False):
        asked = json.loads(request)
        for where, kind, one, other in answers_differ(
            named(json.loads(ours), ours_by_value), named(json.loads(theirs), theirs_by_value)
        ):
            found = Difference(f"{name_of(path)}#{asked['id']}", asked["method"], where, kind, one, other)
            if is_named(one) or is_named(other) or not any(matches(pattern, found) for pattern in NO_TWO_SHARE):
                differences.append(found)
    return differences


def is_named(value: Any) -> bool:
    """Whether this is a hash of the fixed chain."""
    return isinstance(value, str) and value.startswith("{")


def named(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` with hashes of the fixed chain replaced by their names."""
    if isinstance(value, dict):
        return {key: named(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [named(member, names) for member in value]
    return f"{{{names[value]}}}" if isinstance(value, str) and value in names else value


def answers_differ(ours: Any, theirs: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Where and how two answers differ: path, kind, what is there here, what is there with Anvil."""
    if "unanswered" in theirs:
        yield "", "unanswered", ours.get("result", ours.get("error")), None
    elif "error" in ours and "error" in theirs:
        one, other = ours["error"], theirs["error"]
        if other["code"] == -32601 and one["code"] != -32601:
            yield "", "not offered", one, other
            return
        if one["code"] != other["code"]:
            yield "error.code", f"code {one['code']} for {other['code']}", one["message"], other["message"]
        elif one["message"] != other["message"]:
            yield "error.message", "words", one["message"], other["message"]
        yield from values_differ("error.data", one.get("data"), other.get("data"))
    elif "error" in ours:
        yield "", "refused here", ours["error"], theirs["result"]
    elif "error" in theirs:
        yield (
            "",
            "not offered" if theirs["error"]["code"] == -32601 else "refused there",
            ours["result"],
            theirs["error"],
        )
    else:
        yield from values_differ("result", ours["result"], theirs["result"])


def matches(pattern: str, difference: Difference) -> bool:
    """Whether ``pattern`` (see ``Deviation.explains``) fits."""
    who, path, kind = pattern.split(" | ")
    facts = (
        (who, difference.conversation if "/" in who else difference.method),
        (path, difference.path),
        (kind, difference.kind),
    )
    return all(any(_fits(fact, choice) for choice in choices.split(",")) for choices, fact in facts)


def _fits(fact: str, pattern: str) -> bool:
    """As a shell's ``*``, and nothing else: brackets are brackets."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), fact) is not None


def shown(difference: Difference, explanation: str) -> str:
    one, other = (
        text if len(text := json.dumps(value)) <= 160 else text[:159] + "…"
        for value in (difference.ours, difference.theirs)
    )
    place = " ".join(part for part in (difference.method, difference.path) if part)
    return (
        f"{difference.conversation}  {place}: {difference.kind}  [{explanation}]\n    here   {one}\n    Anvil  {other}"
    )


@pytest.fixture(scope="module")
def differences() -> list[Difference]:
    need_anvil(VERSION)
    our_names = names_on(fixed_node())
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda path: replay(path, our_names), [path for path in CONVERSATIONS if is_for_anvil(path)])
    return [difference for some in found for difference in some]


def test_every_difference_from_anvil_is_explained(differences: list[Difference]) -> None:
    unexplained = []
    for difference in differences:
        row = next((row for row in DEVIATIONS if any(matches(each, difference) for each in row.explains)), None)
        text = shown(difference, row.what if row is not None else "unexplained")
        print(text)
        if row is None:
            unexplained.append(text)
    assert not unexplained, f"{len(unexplained)} differences that no deviation explains:\n" + "\n".join(unexplained)


def test_every_listed_deviation_still_exists(differences: list[Difference]) -> None:
    stale = [
        f"{row.what}: {pattern}"
        for row in DEVIATIONS
        for pattern in row.explains
        if not any(matches(pattern, difference) for difference in differences)
    ]
    assert stale == []
