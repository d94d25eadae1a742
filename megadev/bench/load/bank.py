"""The senders of a load: accounts created for it, funded in ether and tokens by an account that has some.

That one is an account whose key the node has (as ``eth_accounts`` says), or one whose key the user gives. A contract
gives to many accounts in one transaction, so that funding takes no longer than the load.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from megadev.bench.contracts import load
from megadev.bench.load.workloads import ScriptFault, read_call
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.cli.client import CallFailed, call
from megadev.clock import SystemClock
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.abi import decode, encode, encode_call
from megadev.primitives.hexcodec import parse_data, parse_quantity, to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import SECP256K1_N, address_of

PER_TRANSACTION = 50
"""Accounts funded by one transaction: as many as MegaETH's limits allow with room to spare."""
PATIENCE = 60.0
"""Seconds that a transaction of ours may take to be included."""
_ROOM = 1.3
"""Times the gas that an estimate says: another sender, or a slot that is new, takes more."""


class Node:
    """A node as the one that funds sees it. ``private_key``: of who funds; None: an account of the node's own.

    Raises ``ConfigError`` where there is no such account or it has nothing, ``CallFailed`` where no node answers.
    """

    def __init__(self, url: str, private_key: bytes | None) -> None:
        self.url = url
        self.chain_id = parse_quantity(self.call("eth_chainId"))
        self._key = private_key
        self.funder = self._richest() if private_key is None else to_data(address_of(private_key))
        self.wealth = self.balance(self.funder)
        if not self.wealth:
            raise ConfigError(f"{self.url}: {self.funder} has no ether to fund a load's accounts with")

    def call(self, method: str, *params: Any) -> Any:
        """The result of one request. Raises ``CallFailed``."""
        return call(self.url, method, list(params))

    def balance(self, address: str) -> int:
        """In wei."""
        return parse_quantity(self.call("eth_getBalance", address, "latest"))

    def fees(self) -> tuple[int, int]:
        """The base fee, and the tip per gas that transactions offer (wei)."""
        head = self.call("eth_getBlockByNumber", "latest", False)
        base = parse_quantity(head.get("baseFeePerGas") or "0x0")
        try:
            tip = parse_quantity(self.call("eth_maxPriorityFeePerGas"))
        except CallFailed:
            tip = 10**9
        return base, tip

    def estimate(self, sender: str, to: bytes | None, value: int, data: bytes) -> int:
        """A gas limit for such a transaction, with room to spare."""
        request = {"from": sender, "value": hex(value), "data": to_data(data)}
        if to is not None:
            request["to"] = to_data(to)
        gas = parse_quantity(self.call("eth_estimateGas", request))
        return gas if gas == 21_000 else int(gas * _ROOM)

    def send(self, to: bytes | None, *, value: int = 0, data: bytes = b"") -> dict[str, Any]:
        """The receipt of a transaction of who funds. Raises ``MegadevError`` where it failed or does not come."""
        gas = self.estimate(self.funder, to, value, data)
        if self._key is None:
            request = {"from": self.funder, "value": hex(value), "data": to_data(data), "gas": hex(gas)}
            if to is not None:
                request["to"] = to_data(to)
            tx_hash = self.call("eth_sendTransaction", request)
        else:
            base, tip = self.fees()
            nonce = parse_quantity(self.call("eth_getTransactionCount", self.funder, "pending"))
            unsigned = UnsignedTransaction(
                type=DYNAMIC_FEE,
                chain_id=self.chain_id,
                nonce=nonce,
                gas_limit=gas,
                to=to,
                value=value,
                data=data,
                max_fee_per_gas=2 * base + tip,
                max_priority_fee_per_gas=tip,
            )
            raw = sign_transaction(unsigned, self._key).encoded
            tx_hash = self.call("eth_sendRawTransaction", to_data(raw))
        receipt = self._receipt(tx_hash)
        if receipt["status"] != "0x1":
            raise MegadevError(f"{self.url}: the transaction {tx_hash}, which prepares the load, failed")
        return receipt

    def _receipt(self, tx_hash: str) -> dict[str, Any]:
        clock = SystemClock()
        deadline = clock.monotonic_ns() + int(PATIENCE * 1e9)
        pause = 0.001
        while (receipt := self.call("eth_getTransactionReceipt", tx_hash)) is None:
            if clock.monotonic_ns() > deadline:
                raise MegadevError(
                    f"{self.url}: {tx_hash}, which prepares the load, is in no block after {PATIENCE:.0f} s"
                )
            time.sleep(pause)
            pause = min(2 * pause, 0.25)
        found: dict[str, Any] = receipt
        return found

    def _richest(self) -> str:
        try:
            accounts = self.call("eth_accounts")
        except CallFailed as failure:
            if failure.code is None:
                raise
            accounts = []
        if not accounts:
            raise ConfigError(
                f"the node at {self.url} has no account of its own to fund a load with: name a key with --private-key"
            )
        return str(max(accounts[:20], key=self.balance))


class Bank:
    """The load's contracts on a chain: two tokens, a pool of them, and the one that funds."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.address = parse_data(node.send(None, data=load("LoadBank").creation)["contractAddress"])
        self.token, self.pool = self._part("token()"), self._part("pool()")

    def _part(self, name: str) -> bytes:
        answer = self._node.call(
            "eth_call", {"to": to_data(self.address), "data": to_data(encode_call(name))}, "latest"
        )
        (found,) = decode(["address"], parse_data(answer))
        assert isinstance(found, bytes)
        return found

    def fund(self, accounts: Sequence[bytes], values: Sequence[int], *, tokens: bool) -> Iterator[int]:
        """Give each account so much wei, and tokens. Yields how many have got theirs."""
        for start in range(0, len(accounts), PER_TRANSACTION):
            some, each = accounts[start : start + PER_TRANSACTION], values[start : start + PER_TRANSACTION]
            if tokens or any(each):
                data = encode_call("fund(address[],uint256[],bool)", list(some), list(each), tokens)
                self._node.send(self.address, value=sum(each), data=data)
            yield start + len(some)


def account_keys(seed: str, count: int) -> list[bytes]:
    """The private keys of a load's accounts: the same ones for the same seed."""
    return [
        (int.from_bytes(keccak(f"megadev load {seed} {index}".encode()), "big") % (SECP256K1_N - 1) + 1).to_bytes(
            32, "big"
        )
        for index in range(count)
    ]


class Setup:
    """The argument of a script's ``prepare``: the node, and an account that pays."""

    def __init__(self, node: Node, accounts: Sequence[str]) -> None:
        self._node = node
        self.accounts = list(accounts)
        """Addresses of the load's senders."""
        self.funder = node.funder
        """Address of the account that pays for what is prepared."""

    def call(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC request."""
        return self._node.call(method, *params)

    def send(self, **transaction: Any) -> dict[str, Any]:
        """The receipt of a transaction (to, value, data) that ``funder`` sends."""
        made = read_call(transaction)
        return self._node.send(made.to, value=made.value, data=made.data)

    def deploy(self, creation: str | bytes, *, arguments: tuple[Sequence[str], Sequence[Any]] | None = None) -> str:
        """The address of a contract made from its creation code; ``arguments``: types and values of its constructor."""
        code = read_call({"data": creation}).data
        if arguments is not None:
            code += encode(list(arguments[0]), list(arguments[1]))
        return str(self._node.send(None, data=code)["contractAddress"])


def prepared(path: Path, prepare: Any, setup: Setup) -> Any:
    """Returns the result of a script's ``prepare``. Raises ``ScriptFault``."""
    try:
        return prepare(setup)
    except MegadevError:
        raise
    except Exception as problem:
        raise ScriptFault(path, "prepare", problem) from None
