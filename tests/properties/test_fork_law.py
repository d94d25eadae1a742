"""A law of forking: up to the forked block, a fork answers as its upstream does; and a transaction of upstream's that
is run again has the same receipt.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.abi import Value, encode, encode_call
from megadev.rpc.client import RpcError
from tests.anvil import Anvil
from tests.contracts import load

START = 1_700_000_000
KEYS = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
]
TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
NOBODY = "0x" + "42" * 20
HEIR = "0x" + "51" * 20
DELEGATING = Account.from_key("0x" + "07" * 32)
BLOCK_VARIABLES = (0x43, 0x42, 0x41, 0x48, 0x44, 0x45, 0x46)
"""NUMBER, TIMESTAMP, COINBASE, BASEFEE, PREVRANDAO, GASLIMIT, CHAINID."""

Ask: TypeAlias = Callable[..., Any]


class Refused(Exception):
    """The node's error: ``code`` and ``data``."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error.get("message"))
        self.code = error["code"]
        self.data = error.get("data")


def data(signature: str, *args: Value) -> str:
    return "0x" + encode_call(signature, *args).hex()


def raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


@dataclass
class History:
    """What a chain went through before it is forked, and beyond."""

    url: str
    forked: int = 0
    people: list[str] = field(default_factory=list, repr=False)
    contracts: dict[str, str] = field(default_factory=dict, repr=False)
    sent: dict[str, str] = field(default_factory=dict, repr=False)
    """Transactions by what they are."""
    sealing: bool = True
    """Whether each transaction gets a block."""
    questions: st.SearchStrategy[tuple[str, list[Any]]] | None = field(default=None, repr=False)
    """What may be asked about it."""

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def send(self, what: str, to: str | None, payload: str = "0x", **fields: Any) -> str:
        call = {"from": self.people[0], "data": payload, "gas": hex(2_000_000), **fields}
        sent = self.ask("eth_sendTransaction", call if to is None else call | {"to": to})
        self._sent(what, sent)
        return str(sent)

    def _sent(self, what: str, tx_hash: str) -> None:
        self.sent[what] = tx_hash
        if self.sealing:
            self.ask("evm_mine")

    def deploy(self, name: str, arguments: bytes = b"") -> str:
        sent = self.send(f"deployment of {name}", None, "0x" + (load(name).creation + arguments).hex())
        self.contracts[name] = self.ask("eth_getTransactionReceipt", sent)["contractAddress"]
        return self.contracts[name]

    def live(self) -> None:
        """Go through it: a transaction in a block each, then several in one, then what comes after the fork."""
        self.ask("evm_setAutomine", False)  # a node may seal after it has answered
        self.people = self.ask("eth_accounts")[:3]
        alice, bob, _ = self.people
        token = self.deploy("Token", encode(["string", "string", "uint256"], ["Gold", "AU", 10**21]))
        slots, reverter, factory, logger = map(self.deploy, ("Storage", "Reverter", "Factory", "Logger"))
        pay = data("transfer(address,uint256)", raw(bob), 10**18)
        self.send("token transfer", token, pay)
        self.send("token transfer too big", token, data("transfer(address,uint256)", raw(bob), 10**30))
        self.send("approval", token, data("approve(address,uint256)", raw(bob), 10**18))
        spend = data("transferFrom(address,address,uint256)", raw(alice), raw(NOBODY), 10**17)
        self.send("spending of an allowance", token, spend, **{"from": bob})
        self.send("ether to nobody", NOBODY, value="0x5")
        self.send("nothing at all", NOBODY, value="0x0")
        for index in range(5):
            self.send(f"write {index}", slots, data("write(uint256,uint256)", index, index + 7))
        self.send("write of zero", slots, data("write(uint256,uint256)", 2, 0))
        self.send("text", slots, data("setText(string)", "long " * 20))
        for name in ("withReason()", "withNothing()", "withInvalidOpcode()", "withOutOfGas()", "caught()"):
            self.send(f"Reverter.{name}", reverter, data(name), gas=hex(200_000))
        created = data("create2(uint256,bytes32)", 7, bytes(32))
        self.send("create2", factory, created, value="0x9")
        gone = data("createAndDestroy(uint256,bytes32,address)", 8, b"\1" * 32, raw(HEIR))
        self.send("created and destroyed", factory, gone, value="0x3")
        self.send("many logs", logger, data("many(uint256)", 12))
        listed = [{"address": token, "storageKeys": ["0x" + "00" * 32]}]
        self.send("with an access list", token, pay, accessList=listed)
        self.send("old type", token, pay, gasPrice=hex(10**11))
        self.delegate(slots)
        self.sealing = False
        for index in range(4):
            self.send(f"in a full block {index}", token, data("transfer(address,uint256)", raw(HEIR), index))
        self.ask("evm_mine")
        self.sealing = True
        self.ask("anvil_mine", "0x3")
        self.forked = int(self.ask("eth_blockNumber"), 16)
        self.send("after the fork", token, pay)
        self.send("ether after the fork", NOBODY, value="0x5")

    def delegate(self, to: str) -> None:
        """A transaction that makes an account run another's code (EIP-7702), and a call of it."""
        # one that exists: Anvil refunds for one that does not, too
        self.send("ether to who will delegate", DELEGATING.address, value="0x7")
        chain_id = int(self.ask("eth_chainId"), 16)
        promise = DELEGATING.sign_authorization({"chainId": chain_id, "address": raw(to), "nonce": 0})
        transaction = {
            "type": 4,
            "chainId": chain_id,
            "nonce": int(self.ask("eth_getTransactionCount", self.people[0], "latest"), 16),
            "gas": 300_000,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
            "to": DELEGATING.address,
            "value": 0,
            "data": data("write(uint256,uint256)", 3, 33),
            "authorizationList": [promise],
        }
        signed = Account.sign_transaction(transaction, KEYS[0])
        self._sent("delegation", self.ask("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))


@contextmanager
def megadev_chain() -> Iterator[str]:
    with Devnet(clock=ManualClock(START), manual_clock=True, no_l1=True) as net:
        yield net.serve()


@contextmanager
def anvil_chain() -> Iterator[str]:
    with Anvil("--timestamp", str(START)) as anvil:
        yield anvil.url


CHAINS: dict[str, Callable[[], AbstractContextManager[str]]] = {"megadev": megadev_chain, "anvil": anvil_chain}


@pytest.fixture(scope="module", params=["megadev", pytest.param("anvil", marks=pytest.mark.anvil)])
def history(request: pytest.FixtureRequest) -> Iterator[History]:
    with CHAINS[request.param]() as url:
        lived = History(url)
        lived.live()
        lived.questions = questions(lived)
        yield lived


def fork(history: History, cache: Path, **others: Any) -> Devnet:
    """A fork with nobody's balance changed."""
    usual = {"accounts": 0, "no_l1": True, "clock": ManualClock(START + 5_000), "fork_cache": cache}
    return Devnet(fork_url=(history.url,), **usual, **others)


@pytest.fixture(scope="module")
def forked(history: History, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with fork(history, tmp_path_factory.mktemp("cache"), fork_block_number=history.forked) as net:
        yield net


# -- what is asked ------------------------------------------------------------------------------------------------


def block_variables() -> str:
    """Code of a creation that returns what the block is, and the hash of the one before it."""
    code = b"".join(bytes((opcode, 0x60, 32 * place, 0x52)) for place, opcode in enumerate(BLOCK_VARIABLES))
    end = 32 * len(BLOCK_VARIABLES)
    code += bytes((0x60, 1, 0x43, 0x03, 0x40, 0x60, end, 0x52))  # blockhash(number - 1)
    return "0x" + (code + bytes((0x61, *(end + 32).to_bytes(2, "big"), 0x60, 0, 0xF3))).hex()


def calls(history: History) -> st.SearchStrategy[dict[str, Any]]:
    people = [*history.people, NOBODY, HEIR, DELEGATING.address]
    token, slots = history.contracts["Token"], history.contracts["Storage"]
    amounts = st.sampled_from([0, 1, 10**17, 10**18, 10**19, 10**25])
    who = st.sampled_from(people)

    def to(target: str, *signatures: str) -> st.SearchStrategy[dict[str, Any]]:
        payload = st.sampled_from([data(signature) for signature in signatures])
        return st.builds(lambda sender, payload: {"from": sender, "to": target, "data": payload}, who, payload)

    return st.one_of(
        st.builds(lambda owner: {"to": token, "data": data("balanceOf(address)", raw(owner))}, who),
        st.builds(
            lambda sender, receiver, amount: {
                "from": sender,
                "to": token,
                "data": data("transfer(address,uint256)", raw(receiver), amount),
            },
            who,
            who,
            amounts,
        ),
        st.builds(
            lambda sender, owner, amount: {
                "from": sender,
                "to": token,
                "data": data("transferFrom(address,address,uint256)", raw(owner), raw(HEIR), amount),
            },
            who,
            who,
            amounts,
        ),
        st.builds(lambda slot: {"to": slots, "data": data("read(uint256)", slot)}, st.integers(0, 9)),
        st.builds(lambda slot: {"to": DELEGATING.address, "data": data("read(uint256)", slot)}, st.integers(0, 5)),
        st.builds(
            lambda slot, word: {"from": NOBODY, "to": slots, "data": data("write(uint256,uint256)", slot, word)},
            st.integers(0, 6),
            st.sampled_from([0, 1, 7, 8]),
        ),
        to(history.contracts["Reverter"], "withReason()", "withNothing()", "withNested()", "caught()", "nonsense()"),
        to(token, "name()", "decimals()", "totalSupply()"),
        st.builds(
            lambda tag: {
                "from": history.people[0],
                "to": history.contracts["Factory"],
                "data": data("create2(uint256,bytes32)", tag, bytes(32)),
            },
            st.integers(6, 8),
        ),
        st.builds(lambda sender, to, value: {"from": sender, "to": to, "value": hex(value)}, who, who, amounts),
    )


def is_plain(call: dict[str, Any]) -> bool:
    """Whether nodes agree on how much gas is enough: not where the call survives that a part of it had too little, nor
    whether a value that the sender lacks is one to estimate.
    """
    return call.get("data") != data("caught()") and "value" not in call


def questions(history: History) -> st.SearchStrategy[tuple[str, list[Any]]]:
    last = history.forked
    numbers = st.integers(0, last)
    blocks = numbers.map(hex) | st.sampled_from(["earliest", hex(last)])
    hashes = st.sampled_from([history.ask("eth_getBlockByNumber", hex(n), False)["hash"] for n in range(last + 1)])
    places = blocks | hashes.map(lambda block: {"blockHash": block})
    known = [hash_ for what, hash_ in history.sent.items() if "after the fork" not in what]
    transactions = st.sampled_from(known)
    everyone = [*history.people, *history.contracts.values(), NOBODY, HEIR, DELEGATING.address, "0x" + "99" * 20]
    who = st.sampled_from(everyone)
    slots = st.integers(0, 8).map(lambda slot: f"0x{slot:064x}")
    index = st.integers(0, 4).map(hex)

    def ask(method: str, *params: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, list[Any]]]:
        return st.tuples(st.just(method), st.tuples(*params).map(list))

    ranges = st.builds(lambda a, b: {"fromBlock": hex(min(a, b)), "toBlock": hex(max(a, b))}, numbers, numbers)
    filters = st.builds(
        lambda where, narrower: where | narrower,
        ranges | hashes.map(lambda block: {"blockHash": block}),
        st.sampled_from(
            [
                {},
                {"address": history.contracts["Token"]},
                {"address": list(history.contracts.values()), "topics": [[TRANSFER, TRANSFER[:-1] + "0"]]},
                {"topics": [None, "0x" + "00" * 32]},
            ]
        ),
    )
    return st.one_of(
        ask("eth_getBalance", who, places),
        ask("eth_getCode", who, places),
        ask("eth_getTransactionCount", who, places),
        ask("eth_getStorageAt", who, slots, places),
        ask("eth_getProof", who, st.lists(slots, max_size=3), blocks),
        ask("eth_call", calls(history), places),
        # with a price, because nodes differ on what the base fee of a free call is
        ask(
            "eth_call", st.just({"from": history.people[0], "data": block_variables(), "gasPrice": hex(10**11)}), blocks
        ),
        ask("eth_estimateGas", calls(history).filter(is_plain), blocks),
        ask("eth_createAccessList", calls(history), blocks),
        ask("eth_getBlockByNumber", blocks, st.booleans()),
        ask("eth_getBlockByHash", hashes, st.booleans()),
        ask("eth_getBlockReceipts", blocks),
        ask("eth_getBlockTransactionCountByNumber", blocks),
        ask("eth_getBlockTransactionCountByHash", hashes),
        ask("eth_getTransactionByHash", transactions),
        ask("eth_getRawTransactionByHash", transactions),
        ask("eth_getTransactionReceipt", transactions),
        ask("eth_getTransactionByBlockNumberAndIndex", blocks, index),
        ask("eth_getTransactionByBlockHashAndIndex", hashes, index),
        ask("eth_getUncleCountByBlockNumber", blocks),
        ask("eth_getLogs", filters),
    )


def answer(ask: Ask, method: str, params: list[Any]) -> Any:
    """The result, or what was wrong: an error's code, and the data of a revert. Of an access list that cannot be made
    only that, because some nodes give the list up to there.
    """
    listing = method == "eth_createAccessList"
    try:
        result = ask(method, *params)
    except (Refused, RpcError) as problem:
        return "refused" if listing else ("refused", problem.code, problem.data)
    return "refused" if listing and "error" in result else result


# -- the laws -----------------------------------------------------------------------------------------------------


@settings(max_examples=400)
@given(chosen=st.data())
def test_up_to_the_forked_block_it_answers_as_upstream_does(
    history: History, forked: Devnet, chosen: st.DataObject
) -> None:
    assert history.questions is not None
    method, params = chosen.draw(history.questions)
    assert answer(forked.rpc, method, params) == answer(history.ask, method, params)


REPLAYED = [
    "deployment of Token",
    "token transfer",
    "token transfer too big",
    "spending of an allowance",
    "ether to nobody",
    "write of zero",
    "text",
    "Reverter.withReason()",
    "Reverter.withInvalidOpcode()",
    "Reverter.withOutOfGas()",
    "create2",
    "created and destroyed",
    "many logs",
    "with an access list",
    "old type",
    "delegation",
    "in a full block 0",
    "in a full block 3",
]


@pytest.mark.parametrize("what", REPLAYED)
def test_a_transaction_that_is_run_again_has_the_same_receipt(history: History, what: str, tmp_path: Path) -> None:
    tx_hash = history.sent[what]
    theirs = history.ask("eth_getTransactionReceipt", tx_hash)
    with fork(history, tmp_path, fork_transaction_hash=tx_hash) as net:
        ours = net.rpc("eth_getTransactionReceipt", tx_hash)
        assert of_any_node(ours) == of_any_node(theirs)
        sealed = net.rpc("eth_getBlockByHash", ours["blockHash"], False)
        before = history.ask("eth_getBlockByNumber", theirs["blockNumber"], False)
        same = ("parentHash", "timestamp", "baseFeePerGas", "gasLimit", "miner", "mixHash")
        assert [sealed[name] for name in same] == [before[name] for name in same]
        assert sealed["transactions"] == before["transactions"][: int(theirs["transactionIndex"], 16) + 1]
        if tx_hash == before["transactions"][-1]:
            for who in (*history.people[1:], *history.contracts.values(), NOBODY, HEIR, DELEGATING.address):
                for method in ("eth_getCode", "eth_getBalance", "eth_getTransactionCount"):
                    at_upstream = history.ask(method, who, theirs["blockNumber"])
                    assert net.rpc(method, who, "latest") == at_upstream, (method, who)


@pytest.mark.parametrize("percentiles", [[], [50], [0, 25.5, 50, 100]], ids=str)
def test_fees_are_upstreams_on_both_sides_of_the_forked_block(
    history: History, tmp_path: Path, percentiles: list[float]
) -> None:
    with fork(history, tmp_path, fork_block_number=history.forked, no_mining=True) as net:

        def same(newest: int, *counts: int) -> None:
            for count in counts:
                params = [hex(count), hex(newest), percentiles]
                theirs = history.ask("eth_feeHistory", *params)
                if newest >= history.forked:
                    following = history.ask("eth_getBlockByNumber", hex(newest + 1), False)
                    if following is not None:  # Anvil tells what follows its latest instead
                        theirs["baseFeePerGas"][-1] = following["baseFeePerGas"]
                    if not percentiles:  # for which Anvil has no rewards, but a column of them
                        theirs.pop("reward", None)
                assert net.rpc("eth_feeHistory", *params) == theirs, params

        same(history.forked, 1, 4, 2_000)
        for what in ("after the fork", "ether after the fork"):
            net.rpc("eth_sendRawTransaction", history.ask("eth_getRawTransactionByHash", history.sent[what]))
            net.rpc("evm_mine")
        last = history.forked + 2
        same(last, 1, 2, 3, 4, 7, last, 2_000)
        same(last - 1, 1, 2, 5)
        same(last - 2, 1, 5)
        same(last - 3, 1, 5)


def of_any_node(receipt: dict[str, Any]) -> dict[str, Any]:
    """A receipt without what only some nodes add, and without its block's hash: run again, the block has a state root
    of its own.
    """
    dropped = {"blockHash", "blockTimestamp", "blobGasPrice", "blobGasUsed"}
    logs = [{name: value for name, value in log.items() if name not in dropped} for log in receipt["logs"]]
    return {name: value for name, value in receipt.items() if name not in dropped} | {"logs": logs}
