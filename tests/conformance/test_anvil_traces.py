"""The same transactions traced here and by Anvil, field by field: struct logs, calls, prestate and its diff, selectors.

Needs Anvil 1.7.1, as ``test_anvil_replay``. ``-s`` prints every difference with what explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import megadev.rpc.methods  # noqa: F401  (registers them)
from megadev.chain.transactions import Transaction, encode_network_form
from megadev.primitives.abi import encode_call
from megadev.primitives.types import Address
from megadev.rpc.client import InProcessClient
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.node import RpcNode
from tests.anvil import need_anvil
from tests.conformance.engine_suite.worlds import asm, call, returning
from tests.conformance.rpc.fixed_chain import START, _created, _signed, fixed_node
from tests.contracts import load
from tests.stage.fixed_anvil import VERSION, FixedAnvil, values_differ

pytestmark = [pytest.mark.anvil, pytest.mark.slow]

TRACERS: dict[str, dict[str, Any]] = {
    "struct": {"enableMemory": True, "enableReturnData": True},
    "plain": {"disableStack": True, "disableStorage": True},
    "callTracer": {"tracer": "callTracer", "tracerConfig": {"withLog": True}},
    "onlyTopCall": {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}},
    "prestate": {"tracer": "prestateTracer"},
    "diff": {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}},
    "4byte": {"tracer": "4byteTracer"},
}
HEIR = b"\x77" * 20
STRANGER = b"\x78" * 20


@dataclass(frozen=True)
class Difference:
    tx: str
    tracer: str
    path: str
    kind: str
    ours: Any
    theirs: Any


@dataclass(frozen=True)
class Explained:
    """A kind of difference and its reason; ``fits`` tells it."""

    why: str
    fits: Callable[[Difference], bool]


def field(difference: Difference) -> str:
    return difference.path.rpartition(".")[2]


EXPLAINED = (
    Explained(
        "memory and return data that are empty are left out (geth)",
        lambda d: field(d) in ("memory", "returnData") and d.kind == "only there" and d.theirs in ([], "0x"),
    ),
    Explained(
        "a refund counter of 0 is left out (geth)",
        lambda d: field(d) == "refund" and d.kind == "only there" and d.theirs == 0,
    ),
    Explained(
        "the refund counter of an SSTORE is the one after it (geth), not the one before (revm)",
        lambda d: field(d) == "refund" and d.kind in ("value", "only here") and d.tx in ("stores", "stores again"),
    ),
    Explained(
        "errors in geth's words; revm has names of its own",
        lambda d: field(d) == "error" and d.kind == "value",
    ),
    Explained(
        "an opcode that does not exist: geth says which",
        lambda d: d.path == "[].op" and d.theirs == "Unknown",
    ),
    Explained(
        "a creation costs what it charges itself (geth); revm counts in the gas handed on",
        lambda d: d.path == "[].gasCost" and d.theirs > d.ours and d.tx in CREATING,
    ),
    Explained(
        "a step that fails costs what it asked for (geth); revm tells what it took of what was there",
        lambda d: d.path == "[].gasCost" and d.tx in FAILING and d.ours > d.theirs,
    ),
    Explained(
        "a contract created of nothing runs no code; revm makes a STOP of it",
        lambda d: d.path == "structLogs" and d.tx == "creation of nothing" and (d.ours, d.theirs) == (0, 1),
    ),
    Explained(
        "the top frame has the transaction's gas limit (geth), not what was left after the intrinsic gas",
        lambda d: d.tracer in ("callTracer", "onlyTopCall") and d.path == "gas",
    ),
    Explained(
        "onlyTopCall: no SELFDESTRUCT either, which is a frame of its own (geth)",
        lambda d: d.tracer == "onlyTopCall" and d.path == "calls" and d.kind == "only there",
    ),
    Explained(
        "a Panic by its name and its number, as in every message here; Anvil has geth's table of names",
        lambda d: field(d) == "revertReason" and d.ours.startswith("panic: "),
    ),
    Explained(
        "codeHash: geth since 1.16",
        lambda d: field(d) == "codeHash" and d.kind == "only here",
    ),
    Explained(
        "accounts that were empty before: not without includeEmpty (geth since 1.16)",
        lambda d: (
            d.tracer in ("prestate", "diff")
            and d.kind == "only there"
            and d.theirs["balance"] == "0x0"
            and not d.theirs.keys() & {"code", "nonce"}
        ),
    ),
    Explained(
        "precompiles have no functions (geth)",
        lambda d: d.tracer == "4byte" and d.tx == "precompiles" and d.kind == "only there",
    ),
)
CREATING = {"create", "create2", "create2 again: taken", "create reverts", "create and destroy"}
FAILING = {
    "out of gas", "all kinds of calls, little gas", "memory too dear", "a store too dear", "recursion",
    "beyond the return data",
}  # fmt: skip


def transactions() -> tuple[dict[str, Transaction], set[str]]:
    """What is traced, by name; those in the set are only there for others."""
    node = fixed_node()
    e = node.accounts.keyed[4]
    nonce = iter(range(100))
    made: dict[str, Transaction] = {}
    only_setting: set[str] = set()

    def tx(name: str, **fields: Any) -> Address:
        number = next(nonce)
        made[name] = _signed(e, number, **{"gas_limit": 3_000_000, **fields})
        return _created(e, number)

    def contract(name: str, code: bytes) -> Address:
        only_setting.add(f"deploy {name}")
        return tx(f"deploy {name}", to=None, data=returning(code))

    factory = tx("creation of Factory", to=None, data=load("Factory").creation)
    tx("create", to=factory, data=encode_call("create(uint256)", 1), value=5)
    tx("create2", to=factory, data=encode_call("create2(uint256,bytes32)", 1, bytes(32)), value=5)
    tx(
        "create2 again: taken",
        to=factory,
        data=encode_call("create2(uint256,bytes32)", 1, bytes(32)),
        gas_limit=500_000,
    )
    tx("create reverts", to=factory, data=encode_call("create(uint256)", 13))
    tx("create and destroy", to=factory, value=3,
       data=encode_call("createAndDestroy(uint256,bytes32,address)", 2, bytes(32), HEIR))  # fmt: skip
    reverter = tx("creation of Reverter", to=None, data=load("Reverter").creation)
    for name, *asked in (
        ("reason", "withReason()"), ("custom error", "withCustomError(uint256)", 7), ("nothing", "withNothing()"),
        ("assert", "withAssert(uint256)", 0), ("INVALID", "withInvalidOpcode()"), ("caught", "caught()"),
        ("reason deeper down", "withNested()"), ("out of gas", "withOutOfGas()"),
    ):  # fmt: skip
        tx(name, to=reverter, data=encode_call(*asked), gas_limit=200_000)
    storage = contract(
        "storage", asm(1, "SLOAD", 7, 1, "SSTORE", 0, 2, "SSTORE", 8, 2, "SSTORE", 0, 1, "SSTORE", "STOP")
    )
    tx("stores", to=storage)
    tx("stores again", to=storage)
    inner = contract("inner", asm(5, 1, "SSTORE", 0, 0, "LOG0", 42, 0, "MSTORE", 32, 0, "RETURN"))
    kinds = ("CALL", "CALLCODE", "DELEGATECALL", "STATICCALL")
    outer = contract("outer", b"".join(call(kind, inner, out_size=32) + asm("POP") for kind in kinds) + asm("STOP"))
    tx("all kinds of calls", to=outer)
    tx("all kinds of calls, little gas", to=outer, gas_limit=60_000)
    precompiles = b"".join(
        call("STATICCALL", number, in_size=64, out_size=32) + asm("POP") for number in (1, 2, 3, 4, 6)
    )
    tx("precompiles", to=contract("precompiles", precompiles + asm("STOP")))
    tx("a precompile alone", to=bytes(19) + b"\x02", data=b"abc")
    tx("balances", to=contract("balances", asm(
        STRANGER, "BALANCE", HEIR, "EXTCODESIZE", factory, "EXTCODEHASH", "SELFBALANCE", "STOP")))  # fmt: skip
    tx("refused for lack of balance", to=contract("poor", call("CALL", STRANGER, value=9) + asm("STOP")))
    tx("pays a stranger", to=contract("payer", call("CALL", STRANGER, value=9) + asm("STOP")), value=20)
    tx("selfdestruct", to=contract("mortal", asm(HEIR, "SELFDESTRUCT")), value=4)
    tx("selfdestruct in creation", to=None, data=asm(HEIR, "SELFDESTRUCT"), value=4)
    tx("creation reverts", to=None, data=asm(0x1234, 0, "MSTORE", 2, 30, "REVERT"), value=1)
    tx("creation of nothing", to=None, data=b"")
    tx("creation of forbidden code", to=None, data=returning(b"\xef\x00"), gas_limit=200_000)
    tx("recursion", to=contract("recursion", asm(0, 0, 0, 0, 0, "ADDRESS", "GAS", "CALL", "STOP")))
    tx("transient", to=contract("transient", asm(5, 1, "TSTORE", 1, "TLOAD", 0, "MSTORE", 32, 0, 64, "MCOPY", "STOP")))
    for name, code in (
        ("stack underflow", asm("ADD")), ("bad jump", asm(7, "JUMP")), ("no such opcode", b"\x0c"),
        ("memory too dear", asm(1, 1 << 24, "MSTORE")), ("a store too dear", asm(5, 1, "SSTORE")),
        ("beyond the return data", asm(1, 0, 0, "RETURNDATACOPY")),
    ):  # fmt: skip
        tx(name, to=contract(name, code), gas_limit=30_000)
    return made, only_setting


def node_here() -> InProcessClient:
    node = fixed_node()
    return InProcessClient(Dispatcher(RpcNode.of(node, node.l2), before_request=node.settle))


def differences(name: str, tracer: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    if "structLogs" in ours and "structLogs" in theirs:
        one, other = ours.pop("structLogs"), theirs.pop("structLogs")
        if len(one) != len(other):
            yield Difference(name, tracer, "structLogs", "length", len(one), len(other))
        for mine, its in zip(one, other, strict=False):
            for path, kind, a, b in values_differ("[]", mine, its):
                yield Difference(name, tracer, path, kind, a, b)
    for path, kind, a, b in values_differ("", ours, theirs):
        yield Difference(name, tracer, path.removeprefix("."), kind, a, b)


@pytest.fixture(scope="module")
def found() -> list[Difference]:
    need_anvil(VERSION)
    sent, only_setting = transactions()
    here = node_here()
    result = []
    with FixedAnvil("--steps-tracing", paused=False) as there:
        for number, tx in enumerate(sent.values()):
            _send_to_both(here, there, tx, START + 100 + number)
        for name, tx in sent.items():
            if name in only_setting:
                continue
            for tracer, options in TRACERS.items():
                asked = ("debug_traceTransaction", "0x" + tx.hash.hex(), options)
                result += differences(name, tracer, here.rpc(*asked), there.rpc(*asked))
    return result


def _send_to_both(here: InProcessClient, there: FixedAnvil, tx: Transaction, time: int) -> None:
    raw = "0x" + encode_network_form(tx).hex()
    there.rpc("evm_setNextBlockTimestamp", time)
    here.rpc("evm_setNextBlockTimestamp", time)
    there.rpc("eth_sendRawTransactionSync", raw)
    here.rpc("eth_sendRawTransactionSync", raw)


def unexplained_of(found: Iterable[Difference], explained: Iterable[Explained]) -> list[str]:
    """What no row of ``explained`` fits, in words; prints all of them."""
    unexplained = []
    for difference in found:
        row = next((row for row in explained if row.fits(difference)), None)
        text = f"{difference}  [{'unexplained' if row is None else row.why}]"
        print(text[:400])
        if row is None:
            unexplained.append(text[:400])
    return unexplained


def test_every_difference_in_traces_is_explained(found: list[Difference]) -> None:
    unexplained = unexplained_of(found, EXPLAINED)
    assert not unexplained, f"{len(unexplained)} differences:\n" + "\n".join(unexplained)


def test_every_explanation_is_still_needed(found: list[Difference]) -> None:
    assert [row.why for row in EXPLAINED if not any(map(row.fits, found))] == []
