"""Whatever a client sends to whatever method is offered: a valid JSON-RPC answer, never an internal error; and a request that is
refused has changed nothing.

Parameters are made from each method's own annotations, so a new method is tested the day it is registered: each part is mostly
what its decoder wants, with extreme values among it, and now and then something else altogether.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from megadev import Devnet
from megadev.chain.blocks import Tag
from megadev.primitives.keccak import keccak
from megadev.rpc.catalog import CATALOG
from megadev.rpc.codec import Decode
from megadev.rpc.dispatch import METHODS

# what can be named: accounts of the node, a precompile, nobody; and hashes of nothing
ACCOUNTS = [account.address for account in Devnet(accounts=2).accounts]
ADDRESSES = [*ACCOUNTS, "0x" + "00" * 20, "0x" + "00" * 19 + "05", "0x" + "99" * 20]
HASHES = ["0x" + "00" * 32, "0x" + "ff" * 32, "0x" + keccak(b"nothing").hex()]
EXTREMES = [0, 1, 255, 10**9, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**256 - 1, 2**256, 2**300, -1]
TYPED_DATA = {
    "types": {"EIP712Domain": [], "Mail": [{"name": "to", "type": "address"}, {"name": "list", "type": "uint8[]"}]},
    "primaryType": "Mail",
    "domain": {},
    "message": {"to": ACCOUNTS[0], "list": [1, 256]},
}
# calldata that is also code: halts, stores, logs, calls, creates, reverts with a reason
CODES = [
    "0x",
    "0x00",
    "0xfe",
    "0x5f5ffd",
    "0x600160005500",
    "0x5f5fa0",
    "0x5f5f5f5f5f335af1",
    "0x305ff0",
    "0x08c379a0" + "00" * 64,
]


class Listener:
    """A connection that swallows what it is told."""

    id = "fuzz"

    def notify(self, message: bytes, shared: bytes = b"") -> None:
        msgspec.json.decode(message + shared)

    def on_close(self, callback: Callable[[], None]) -> None:
        """It never closes."""


def spelled(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Any]:
    """Numbers as clients spell them."""
    return st.one_of(numbers.map(hex), numbers, numbers.map(str), numbers.map(float))


NUMBERS = st.integers(0, 20) | st.sampled_from(EXTREMES)
QUANTITIES = spelled(NUMBERS)
WORDS = st.sampled_from(HASHES) | st.integers(0, 2**256 - 1).map(lambda n: f"0x{n:064x}")
DATA = st.sampled_from(CODES) | st.binary(max_size=200).map(lambda data: "0x" + data.hex())
TAGS = st.sampled_from([tag.value for tag in Tag])
BLOCKS = st.one_of(
    TAGS,
    QUANTITIES,
    st.sampled_from(HASHES),
    st.builds(lambda number: {"blockNumber": number}, QUANTITIES),
    st.builds(lambda block, strict: {"blockHash": block, "requireCanonical": strict}, WORDS, st.booleans()),
)
ACCESS = st.lists(
    st.fixed_dictionaries({"address": st.sampled_from(ADDRESSES), "storageKeys": st.lists(WORDS, max_size=2)}),
    max_size=2,
)
AUTHORIZATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "chainId": st.sampled_from(["0x0", "0x7a69", hex(2**256 - 1)]),
            "address": st.sampled_from(ADDRESSES),
            **dict.fromkeys(("nonce", "yParity", "r", "s"), NUMBERS.map(hex)),
        }
    ),
    max_size=2,
)
TOPICS = st.lists(st.none() | WORDS | st.lists(st.none() | WORDS, max_size=3), max_size=5)

GARBAGE = st.one_of(
    st.recursive(
        st.none()
        | st.booleans()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8)
        | st.sampled_from(EXTREMES),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    ),
    st.sampled_from(
        ["0x", "0x0g", "0X10", "0x 1", "latest ", "0x" + "f" * 1000, "١", "\x00", "😀", "1e3", "-0x1", 1e300, "9" * 79]
    ),
)

PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "decode_address": st.sampled_from(ADDRESSES),
    "decode_hash": WORDS,
    "decode_data": DATA,
    "decode_word": WORDS,
    "decode_quantity": QUANTITIES,
    "decode_uint8": QUANTITIES,
    "decode_uint64": QUANTITIES,
    "decode_bool": st.booleans(),
    "decode_string": st.sampled_from(HASHES)
    | st.sampled_from(["newHeads", "logs", "newPendingTransactions", "syncing", "0x1"]),
    "decode_float": st.sampled_from([0, 25.0, 50, 99.9, 100, 101, -1, 10**308, 10**310]),
    "decode_number_or_tag": TAGS | QUANTITIES,
    "decode_block": BLOCKS,
    "_decode_access_list": ACCESS,
    "_decode_authorizations": AUTHORIZATIONS,
    "_decode_filter_addresses": st.sampled_from(ADDRESSES) | st.lists(st.sampled_from(ADDRESSES), max_size=3),
    "_decode_topics": TOPICS,
    "_decode_timestamp": QUANTITIES,
    "_decode_seconds": QUANTITIES | st.floats(0, 100),
    "_decode_mine_options": QUANTITIES
    | st.fixed_dictionaries({}, optional={"timestamp": QUANTITIES, "blocks": QUANTITIES}),
    "_decode_address_or_key": st.sampled_from([*ADDRESSES, *HASHES]),
    "_decode_transaction_index": st.just(-1) | QUANTITIES,
    "_decode_storage_key": QUANTITIES | WORDS,
}
"""What each decoder wants, mostly, by its name. One that is not listed gets anything."""
ANYTHING = GARBAGE | st.just(TYPED_DATA) | st.sampled_from(ADDRESSES)


def wanted(annotation: Any) -> st.SearchStrategy[Any]:
    """Values for an annotation: one in ten is garbage, on every level."""
    fitting = _fitting(annotation)
    return st.integers(0, 9).flatmap(lambda chance: GARBAGE if chance == 9 else fitting)


def _fitting(annotation: Any) -> st.SearchStrategy[Any]:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        mark = next(mark for mark in arguments[1:] if isinstance(mark, Decode))
        return PLAUSIBLE.get(mark.function.__name__, ANYTHING)
    if origin in (typing.Union, types.UnionType):
        inner = next(argument for argument in arguments if argument is not type(None))
        return st.none() | wanted(inner)
    if origin in (list, tuple):
        return st.lists(wanted(arguments[0]), max_size=3)
    if origin is dict:
        keys = _fitting(arguments[0]).map(str)
        return st.dictionaries(keys, wanted(arguments[1]), max_size=2)
    hints = typing.get_type_hints(annotation, include_extras=True)
    fields = msgspec.structs.fields(annotation)
    needed = {f.encode_name: wanted(hints[f.name]) for f in fields if f.default is msgspec.NODEFAULT}
    other = {f.encode_name: wanted(hints[f.name]) for f in fields if f.default is not msgspec.NODEFAULT}
    # few at a time, or nothing would ever fit together
    return (
        st.lists(st.sampled_from(sorted(other)), max_size=4, unique=True).flatmap(
            lambda names: st.fixed_dictionaries(needed | {name: other[name] for name in names})
        )
        if other
        else st.fixed_dictionaries(needed)
    )


def params_of(name: str) -> st.SearchStrategy[Any]:
    """Parameter lists for a method: complete, cut short, or one too many; rarely no list at all."""
    function = METHODS[name].function
    hints = inspect.get_annotations(function, eval_str=True)
    parameters = list(inspect.signature(function).parameters)[1:]
    if name.endswith("Sync"):  # these wait for what never comes: not longer than a millisecond here
        return st.tuples(wanted(hints[parameters[0]]), st.just(1)).map(list)
    whole = st.tuples(*(wanted(hints[parameter]) for parameter in parameters)).map(list)
    cut = st.tuples(whole, st.integers(0, len(parameters))).map(lambda drawn: drawn[0][: drawn[1]])
    return st.integers(0, 19).flatmap(
        lambda chance: (
            GARBAGE
            if chance == 19
            else whole.map(lambda params: [*params, 0])
            if chance == 18
            else cut
            if chance > 14
            else whole
        )
    )


def present(net: Devnet) -> tuple[Any, ...]:
    """All that a refused request must leave alone."""
    net.node.settle()
    chain, sequencer = net.l2.chain, net.l2.chain.sequencer
    return (
        chain.head.hash,
        repr(sequencer.irregular),
        [tx.hash for tx in chain.pool.transactions()],
        sequencer.blocks,
        sequencer.mode,
        net.node.l2.time.settings,
        net.rpc("eth_accounts"),
        net.rpc("anvil_metadata")["snapshots"],
    )


@pytest.fixture
def net() -> Iterator[Devnet]:
    """One for all examples of a method; each begins with going back to where the first began."""
    gc.freeze()  # for debug_freeOSMemory: it need not look through what earlier tests have left
    with Devnet(accounts=2, timestamp=1_700_000_000, manual_clock=True) as net:
        net.rpc("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "value": "0x1"})
        yield net
    gc.unfreeze()


@pytest.fixture
def starts(net: Devnet) -> list[str]:
    """The snapshot that the next example starts from."""
    return [net.rpc("anvil_snapshot")]


REMEDIES = {
    "megadev_sequencer_pause": "megadev_sequencer_resume",
    "megadev_sequencer_crash": "megadev_sequencer_restart",
}
"""What stops the sequencer until it is told to go on, and how it is told."""
OFFERED = sorted(entry.name for entry in CATALOG if entry.is_available)


@pytest.mark.parametrize("name", OFFERED)
@settings(max_examples=25, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_method_answers_random_parameters(net: Devnet, starts: list[str], name: str, data: st.DataObject) -> None:
    params = data.draw(params_of(name), label="params")
    defects: list[BaseException] = []
    net.dispatcher.on_defect = lambda method, error: defects.append(error)
    node = net.dispatcher.node_for(Listener())

    def ask(method: str, params: Any) -> Any:
        body = msgspec.json.encode({"jsonrpc": "2.0", "id": 7, "method": method, "params": params})
        answer = net.dispatcher.handle(body, node)
        if answer is not None and not isinstance(answer, bytes):
            answer = asyncio.run(_awaited(answer))
        assert answer is not None
        net.dispatcher.after_answer()
        return msgspec.json.decode(answer)

    net.rpc("anvil_revert", starts.pop())  # false where the last example has gone back there itself
    starts.append(net.rpc("anvil_snapshot"))
    before = present(net)
    answer = ask(name, params)
    if defects:
        raise defects[0]
    assert answer["jsonrpc"] == "2.0"
    if "error" in answer:
        error = answer["error"]
        assert answer.keys() == {"jsonrpc", "id", "error"}
        # 3: reverted; 4: not included in time, which is the one refusal after the fact
        assert type(error["code"]) is int and (
            error["code"] in (3, 4) or -32800 < error["code"] <= -32000 or -38100 < error["code"] <= -38000
        )
        assert error["code"] != -32603
        assert error["message"]
        if error["code"] != 4:
            assert present(net) == before, "a refusal changes nothing"
    else:
        assert answer.keys() == {"jsonrpc", "id", "result"}
        assert answer["id"] == 7
    if name in REMEDIES and "result" in answer:
        assert "result" in ask(REMEDIES[name], [])
    # and whatever it did, the node goes on: it mines, and its head has the shape of a block
    for follow_up, arguments in (
        ("anvil_mine", []),
        ("eth_getBlockByNumber", ["latest", True]),
        ("eth_feeHistory", [2, "latest", [50]]),
    ):
        assert "result" in ask(follow_up, arguments), follow_up
    assert net.l2.chain.head.header.timestamp < 2**64
    if defects:
        raise defects[0]


async def _awaited(answer: Any) -> Any:
    return await answer
