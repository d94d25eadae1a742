"""The client side of ``megadev bench``: plain sockets, transactions signed ahead, and what is measured.

The same few instructions run for every endpoint: a request is bytes made before the clock starts, an answer is bytes
looked at after it stopped. One connection is a blocking socket; several take turns under one selector.

Why no HTTP library and no event loop: they would cost as much as a good endpoint does, and hide its differences.
"""

from __future__ import annotations

import json
import selectors
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import httptools
import msgspec

from megadev.bench.contracts import load
from megadev.bench.sockets import WebSocket, connected, listeners
from megadev.chain.transactions import DYNAMIC_FEE, UnsignedTransaction, sign_transaction
from megadev.errors import ConfigError, MegadevError, MethodUnavailable
from megadev.primitives.hexcodec import parse_data, parse_quantity, to_data, to_quantity
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import address_of

SENDERS = 8
"""Dev accounts that send; the rate over eight connections has one on each."""
BATCH = 100
"""Requests in a JSON batch."""
TIMEOUT = 60.0
"""Seconds to wait for one answer, or for transactions to be included."""
RECIPIENT = bytes.fromhex("00000000000000000000000000000000000be4c4")
"""Takes what the measured transfers send: an account that exists from the first of them on."""
TRANSFER_GAS, TOKEN_GAS, DEPLOY_GAS, NOTE_GAS = 21_000, 100_000, 6_000_000, 1_000_000
EMPTY_BLOCKS = 10_000
SUSTAINED = 2_000
"""Transfers of the sustained rate: enough that a node which slows down with every block shows it."""
HEAVY_ROUNDS = 5_000
"""KECCAK256 rounds of the heavy call: about half a million gas."""
LOGS, LOGS_PER_TRANSACTION = 1_000, 100
TRACED_ROUNDS = 9_500
"""KECCAK256 rounds of the traced transaction, which then uses a million gas."""
TRACED_GAS = 1_500_000

SYNC = "eth_sendRawTransactionSync"

Samples = dict[str, list[float]]
"""What a probe measured: label → seconds, or transactions per second."""


def calldata(signature: str, *words: int | bytes) -> bytes:
    """A call's data: the selector of ``signature`` and static arguments, each padded to 32 bytes."""
    padded = (word.to_bytes(32, "big") if isinstance(word, int) else word.rjust(32, b"\0") for word in words)
    return keccak(signature.encode())[:4] + b"".join(padded)


class Connection:
    """One keep-alive HTTP connection to ``url``; also the receiver of httptools' callbacks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"{url}: give an http:// URL, such as http://127.0.0.1:8545")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._head = (
            f"POST {target} HTTP/1.1\r\nHost: {parts.netloc.rpartition('@')[2]}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self.socket = connected(url)
        self._tls = self.socket if isinstance(self.socket, ssl.SSLSocket) else None
        self.status = 0
        """HTTP status of the last answer."""
        self._url = url
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._complete = False

    def on_body(self, chunk: bytes) -> None:
        self._body += chunk

    def on_message_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._complete = True

    def frame(self, body: bytes) -> bytes:
        """``body`` as a whole HTTP request."""
        return f"{self._head}{len(body)}\r\n\r\n".encode() + body

    def receive(self) -> bytes | None:
        """Read what has arrived: the answer's body, or None while it is not complete."""
        try:
            received = self.socket.recv(262_144)
        except OSError as problem:
            raise self._lost(problem) from None
        if not received:
            raise MegadevError(f"{self._url}: the node closed the connection")
        self._parser.feed_data(received)
        while self._tls is not None and self._tls.pending():  # of which no selector knows
            self._parser.feed_data(self._tls.recv(262_144))
        if not self._complete:
            return None
        body = bytes(self._body)
        self._body.clear()
        self._complete = False
        return body

    def send(self, request: bytes) -> None:
        """Send a framed request."""
        try:
            self.socket.sendall(request)
        except OSError as problem:
            raise self._lost(problem) from None

    def exchange(self, request: bytes) -> bytes:
        """Send a framed request and wait for the body of the answer."""
        self.send(request)
        while (body := self.receive()) is None:
            pass
        return body

    def _lost(self, problem: OSError) -> MegadevError:
        return MegadevError(f"{self._url}: {problem.strerror or problem}")

    def call(self, method: str, *params: Any) -> Any:
        """The result of one request. Raises what ``result_of`` raises."""
        return result_of(self.exchange(self.frame(request_body(method, *params))))

    def close(self) -> None:
        self.socket.close()


def request_body(method: str, *params: Any, id: int = 1) -> bytes:
    """A JSON-RPC request."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": id, "method": method, "params": params})


def result_of(body: bytes) -> Any:
    """The result in an answer. Raises MethodUnavailable for code -32601, MegadevError for any other error."""
    try:
        answer = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise MegadevError(f"not a JSON-RPC answer: {body[:80]!r}") from None
    for member in answer if isinstance(answer, list) else [answer]:
        if error := member.get("error"):
            kind = MethodUnavailable if error.get("code") == -32601 else MegadevError
            raise kind(str(error.get("message", error)))
    return None if isinstance(answer, list) else answer["result"]


def await_receipt(connection: Connection, tx_hash: str) -> dict[str, Any]:
    """Ask for the receipt until it is there. Raises MegadevError when the transaction failed."""
    request = connection.frame(request_body("eth_getTransactionReceipt", tx_hash))
    deadline = time.perf_counter() + TIMEOUT
    while (receipt := result_of(connection.exchange(request))) is None:
        if time.perf_counter() > deadline:
            raise MegadevError(f"no receipt within {TIMEOUT:.0f} seconds")
    if receipt["status"] != "0x1":
        raise MegadevError(f"the transaction {tx_hash} failed")
    return dict(receipt)


def send_and_wait(connection: Connection, raw: bytes) -> tuple[float, float]:
    """Send a transaction: seconds until the answer, and until its receipt is had."""
    request = connection.frame(request_body("eth_sendRawTransaction", to_data(raw)))
    start = time.perf_counter()
    body = connection.exchange(request)
    answered = time.perf_counter()
    await_receipt(connection, result_of(body))
    return answered - start, time.perf_counter() - start


def drive(connections: Sequence[Connection], requests: Sequence[Sequence[bytes]]) -> list[bytes]:
    """Send each connection its own framed requests, the next one when the answer to the last is there. Returns the
    answers' bodies in the order they came."""
    bodies: list[bytes] = []
    pending = [iter(queue) for queue in requests]
    with selectors.DefaultSelector() as selector:
        for index, connection in enumerate(connections):
            if first := next(pending[index], None):
                selector.register(connection.socket, selectors.EVENT_READ, index)
                connection.send(first)
        while selector.get_map():
            ready = selector.select(TIMEOUT)
            if not ready:
                raise MegadevError(f"no answer within {TIMEOUT:.0f} seconds")
            for key, _ in ready:
                connection = connections[key.data]
                body = connection.receive()
                if body is None:
                    continue
                bodies.append(body)
                if following := next(pending[key.data], None):
                    connection.send(following)
                else:
                    selector.unregister(connection.socket)
    return bodies


def in_a_process(module: str, rows: Sequence[str], quick: bool) -> Samples:
    """Return what ``module`` measures for ``rows`` in a process of its own. Raises ``MegadevError`` if it fails."""
    command = [sys.executable, "-m", module, json.dumps(rows), json.dumps(quick)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MegadevError((done.stderr.strip().splitlines() or ["no output"])[-1])
    found: Samples = json.loads(done.stdout)
    return found


@dataclass
class Measured:
    """A node under measurement: where it is, who sends there, and what was deployed.

    ``pid`` is set when the bench started it. ``nonces`` are the senders' next ones. ``is_metered``: its prices
    are not Ethereum's, so that it is asked, once for each kind of transaction, how much gas that needs.
    """

    name: str
    url: str
    keys: list[bytes]
    pid: int | None = None
    nonces: list[int] = field(default_factory=list)
    chain_id: int = 0
    fee_cap: int = 0
    is_metered: bool = False
    token: bytes = b""
    work: bytes = b""
    log_range: tuple[int, int] = (0, 0)
    traced: str = ""
    contracts: dict[str, bytes] = field(default_factory=dict)
    gas_limits: dict[tuple[bytes | None, bytes, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.senders = [address_of(key) for key in self.keys]
        self.connection = Connection(self.url)
        self.chain_id = parse_quantity(self.connection.call("eth_chainId"))
        self.refresh()
        payment = {"from": to_data(self.senders[0]), "to": to_data(RECIPIENT), "value": "0x1"}
        self.is_metered = parse_quantity(self.connection.call("eth_estimateGas", payment)) > TRANSFER_GAS

    def refresh(self) -> None:
        """Connect anew and read the senders' nonces and the fees from the node, as after a failure."""
        self.connection.close()
        self.connection = Connection(self.url)
        head = self.connection.call("eth_getBlockByNumber", "latest", False)
        self.fee_cap = 10 * parse_quantity(head.get("baseFeePerGas", "0x0")) + 2 * 10**9
        self.nonces = [self.sent(index, "pending") for index in range(len(self.senders))]
        need = self.fee_cap * 30_000_000
        for address in self.senders:
            if parse_quantity(self.connection.call("eth_getBalance", to_data(address), "latest")) < need:
                raise ConfigError(
                    f"{self.url}: {to_data(address)} has no funds there; the bench needs the first {SENDERS} "
                    "accounts of the mnemonic 'test test … junk'"
                )

    def sent(self, sender: int, tag: str) -> int:
        """Returns the sender's transaction count at ``tag``."""
        return parse_quantity(self.connection.call("eth_getTransactionCount", to_data(self.senders[sender]), tag))

    def sign(self, sender: int, to: bytes | None, gas: int, data: bytes = b"", value: int = 0) -> bytes:
        """A signed transaction (EIP-1559) with the sender's next nonce, which is then used up. ``gas`` is what it needs
        on Ethereum.
        """
        if self.is_metered:
            gas = self._gas_limit(sender, to, data, value)
        unsigned = UnsignedTransaction(
            type=DYNAMIC_FEE,
            chain_id=self.chain_id,
            nonce=self.nonces[sender],
            gas_limit=gas,
            to=to,
            value=value,
            data=data,
            max_fee_per_gas=self.fee_cap,
            max_priority_fee_per_gas=10**9,
        )
        self.nonces[sender] += 1
        return sign_transaction(unsigned, self.keys[sender]).encoded

    def _gas_limit(self, sender: int, to: bytes | None, data: bytes, value: int) -> int:
        """Return the node's estimate for the first transaction of its kind, and a quarter: later ones may cost more."""
        kind = to, data[:4], len(data)
        if kind not in self.gas_limits:
            call = {"from": to_data(self.senders[sender]), "data": to_data(data), "value": to_quantity(value)}
            if to is not None:
                call["to"] = to_data(to)
            self.gas_limits[kind] = parse_quantity(self.connection.call("eth_estimateGas", call)) * 5 // 4
        return self.gas_limits[kind]

    def transfer(self, sender: int = 0, to: bytes = RECIPIENT) -> bytes:
        return self.sign(sender, to, TRANSFER_GAS, value=1)

    def submission(self, raw: bytes, method: str = "eth_sendRawTransaction") -> bytes:
        """The framed request that sends ``raw``."""
        return self.connection.frame(request_body(method, to_data(raw)))

    def await_receipt(self, tx_hash: str) -> dict[str, Any]:
        """See ``await_receipt``."""
        return await_receipt(self.connection, tx_hash)

    def await_inclusion(self, senders: Sequence[int], patience: float = TIMEOUT) -> None:
        """Wait until every transaction signed for ``senders`` is in a block, for so many seconds at most."""
        deadline = time.perf_counter() + patience
        for sender in senders:
            while self.sent(sender, "latest") < self.nonces[sender]:
                if time.perf_counter() > deadline:
                    raise MegadevError(f"not all transactions were included within {patience:.0f} seconds")
                time.sleep(0.0005)

    def deploy(self, name: str) -> bytes:
        """The address of a new instance of a bench contract."""
        raw = self.sign(0, None, DEPLOY_GAS, load(name).creation)
        receipt = self.await_receipt(result_of(self.connection.exchange(self.submission(raw))))
        return parse_data(receipt["contractAddress"])

    def contract(self, name: str) -> bytes:
        """The address of the one instance of a bench contract that is deployed when it is first asked for."""
        if name not in self.contracts:
            self.contracts[name] = self.deploy(name)
        return self.contracts[name]

    def traced_transaction(self) -> str:
        """The hash of a mined transaction of a million gas."""
        if not self.traced:
            raw = self.sign(0, self.work, TRACED_GAS, calldata("hash(uint256)", TRACED_ROUNDS))
            self.traced = result_of(self.connection.exchange(self.submission(raw)))
            self.await_receipt(self.traced)
        return self.traced

    def prepare(self) -> None:
        """Deploy what the probes call, and leave ``LOGS`` logs to find."""
        self.token, self.work = self.deploy("BenchToken"), self.deploy("BenchWork")
        blocks = []
        for _ in range(LOGS // LOGS_PER_TRANSACTION):
            raw = self.sign(0, self.work, NOTE_GAS, calldata("note(uint256)", LOGS_PER_TRANSACTION))
            receipt = self.await_receipt(result_of(self.connection.exchange(self.submission(raw))))
            blocks.append(parse_quantity(receipt["blockNumber"]))
        self.log_range = (min(blocks), max(blocks))


@dataclass(frozen=True)
class Measure:
    """One row: ``label`` is its name on the command line and in JSON. More is better in 'tx/s', less in any other."""

    label: str
    title: str
    unit: str = "ms"


@dataclass(frozen=True)
class Probe:
    """Something to do to an endpoint and the rows it fills.

    ``run(endpoint, count)`` does it ``count`` times. A full measurement is ``rounds`` such turns per endpoint, taken in
    alternation, so that what disturbs the machine disturbs all alike. ``alone``: on nodes started for it, where the
    bench can start them, because some nodes slow down with every block they hold. ``tracing``: those are started with
    what they need to trace opcodes, which slows some of them down. ``realtime``: those that can are started so that
    they make transactions known before their block. ``warm_ups``: turns before those that are measured.
    """

    measures: tuple[Measure, ...]
    run: Callable[[Measured, int], Samples]
    count: int
    rounds: int = 10
    alone: bool = False
    tracing: bool = False
    realtime: bool = False
    warm_ups: int = 0

    def quick(self) -> Probe:
        """The same with the least work that still gives figures; with so few, the first ones must not be of a node that
        has yet to load what they need."""
        return replace(self, count=max(1, self.count // 5), rounds=2, warm_ups=1)


def timed(endpoint: Measured, requests: Sequence[bytes], check: Callable[[Any], bool]) -> list[float]:
    """Seconds of each exchange; ``check`` sees each result afterwards."""
    seconds = []
    for request in requests:
        start = time.perf_counter()
        body = endpoint.connection.exchange(request)
        seconds.append(time.perf_counter() - start)
        if not check(result_of(body)):
            raise MegadevError(f"unexpected answer: {body[:120]!r}")
    return seconds


def _ask(
    label: str, check: Callable[[Any], bool], question: Callable[[Measured], bytes]
) -> Callable[[Measured, int], Samples]:
    """A probe's run that repeats one read-only question."""

    def run(endpoint: Measured, count: int) -> Samples:
        request = endpoint.connection.frame(question(endpoint))
        return {label: timed(endpoint, [request] * count, check)}

    return run


def _send(label: str, make: Callable[[Measured], bytes]) -> Callable[[Measured, int], Samples]:
    """A probe's run that sends transactions one at a time: the answer's time, and the time until the receipt is had."""

    def run(endpoint: Measured, count: int) -> Samples:
        samples: Samples = {f"send-{label}": [], f"receipt-{label}": []}
        for raw in [make(endpoint) for _ in range(count)]:
            answered, had = send_and_wait(endpoint.connection, raw)
            samples[f"send-{label}"].append(answered)
            samples[f"receipt-{label}"].append(had)
        return samples

    return run


def _send_sync(endpoint: Measured, count: int) -> Samples:
    """eth_sendRawTransactionSync (EIP-7966): the answer is the receipt."""
    requests = [endpoint.submission(endpoint.transfer(), SYNC) for _ in range(count)]
    return {"sync-transfer": timed(endpoint, requests, lambda receipt: receipt["status"] == "0x1")}


def _preconfirmed(subscribers: int) -> Callable[[Measured, int], Samples]:
    """Token transfers one after the other, answered with their receipts, while so many listen to each stream: over
    HTTP, over WebSocket, and (a fifth of them, each when the one before was seen) until one more listener sees its log
    and its mini-block.
    """

    def run(endpoint: Measured, count: int) -> Samples:
        def request() -> bytes:
            return request_body(SYNC, to_data(signed_token_transfer(endpoint)))

        http, socket, logs, minis = (
            f"{name}-{subscribers}" for name in ("preconf", "preconf-ws", "seen-log", "seen-mini")
        )
        samples: Samples = {http: [], socket: []}
        address = to_data(endpoint.token)
        with listeners(endpoint.url, subscribers, address):
            samples[http] = timed(endpoint, [endpoint.connection.frame(request()) for _ in range(count)], _succeeded)
            asking = WebSocket(endpoint.url)
            requests = [asking.frame(request()) for _ in range(count)]
            for one in requests:
                start = time.perf_counter()
                body = asking.exchange(one)
                samples[socket].append(time.perf_counter() - start)
                if not _succeeded(result_of(body)):
                    raise MegadevError(f"unexpected answer: {body[:120]!r}")
            asking.close()
            if subscribers:
                listening = WebSocket(endpoint.url)
                wanted = {listening.subscribe("logs", address): logs, listening.subscribe("miniBlocks", address): minis}
                wanted.pop(None, None)
                for _ in range(count // 5 or 1):
                    body = endpoint.connection.exchange(endpoint.connection.frame(request()))
                    tx_hash = result_of(body)["transactionHash"]
                    answered = time.perf_counter()
                    for label in _seen(listening, wanted, tx_hash):
                        samples.setdefault(label, []).append(time.perf_counter() - answered)
                listening.close()
        return samples

    return run


def _seen(listening: WebSocket, wanted: Mapping[str | None, str], tx_hash: str) -> Iterator[str]:
    """The label of each subscription when the first message that has ``tx_hash`` in it has come."""
    missing = dict(wanted)
    while missing:
        message = listening.receive()
        if tx_hash.encode() in message:
            label = missing.pop(msgspec.json.decode(message)["params"]["subscription"], None)
            if label is not None:
                yield label


def _succeeded(receipt: Any) -> bool:
    return bool(receipt["status"] == "0x1")


def seconds_of(work: Callable[[], object]) -> float:
    """Returns the duration of ``work`` in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def throughput(endpoint: Measured, count: int) -> float:
    """``count`` transfers on ``SENDERS`` connections, as transfers per second until included."""
    (rate,) = _rate(SENDERS)(endpoint, count)[f"rate-{SENDERS}"]
    return rate


def _rate(connections: int, label: str = "rate") -> Callable[[Measured, int], Samples]:
    """Transfers per second until included: ``count`` in all, one sender per connection."""

    def run(endpoint: Measured, count: int) -> Samples:
        share = max(1, count // connections)
        queues = [
            [endpoint.submission(endpoint.transfer(sender)) for _ in range(share)] for sender in range(connections)
        ]
        opened = [Connection(endpoint.url) for _ in range(connections)]
        try:
            start = time.perf_counter()
            bodies = drive(opened, queues)
            endpoint.await_inclusion(range(connections))
            seconds = time.perf_counter() - start
        finally:
            for connection in opened:
                connection.close()
        for body in bodies:
            result_of(body)
        return {f"{label}-{connections}": [share * connections / seconds]}

    return run


def batches(endpoint: Measured, transactions: Sequence[bytes]) -> list[bytes]:
    """Framed JSON batches of ``BATCH`` submissions each."""
    bodies = [request_body("eth_sendRawTransaction", to_data(raw), id=index) for index, raw in enumerate(transactions)]
    return [
        endpoint.connection.frame(b"[" + b",".join(bodies[start : start + BATCH]) + b"]")
        for start in range(0, len(bodies), BATCH)
    ]


def _rate_batch(endpoint: Measured, count: int) -> Samples:
    """Transfers per second until included, sent in batches; the senders take turns."""
    turn = cycle(range(SENDERS))
    requests = batches(endpoint, [endpoint.transfer(next(turn)) for _ in range(count)])
    start = time.perf_counter()
    bodies = [endpoint.connection.exchange(request) for request in requests]
    endpoint.await_inclusion(range(SENDERS))
    seconds = time.perf_counter() - start
    for body in bodies:
        result_of(body)
    return {"rate-batch": [count / seconds]}


def _mine(endpoint: Measured, count: int) -> Samples:
    """``EMPTY_BLOCKS`` blocks in one request, ``count`` times."""
    request = endpoint.connection.frame(request_body("anvil_mine", EMPTY_BLOCKS))
    return {"mine": timed(endpoint, [request] * count, lambda result: result is None)}


def _snapshot(endpoint: Measured, count: int) -> Samples:
    """evm_snapshot, evm_mine, evm_revert, together."""
    connection = endpoint.connection
    seconds = []
    for _ in range(count):
        start = time.perf_counter()
        snapshot = connection.call("evm_snapshot")
        connection.call("evm_mine")
        reverted = connection.call("evm_revert", snapshot)
        seconds.append(time.perf_counter() - start)
        if reverted is not True:
            raise MegadevError(f"evm_revert answered {reverted!r}")
    return {"snapshot": seconds}


def _eth_call(to: bytes, data: bytes) -> bytes:
    return request_body("eth_call", {"to": to_data(to), "data": to_data(data)}, "latest")


def _pairing() -> bytes:
    """Four pairs on bn254 whose product is one, as many as a Groth16 verifier checks: e(G, H) e(-G, H), twice."""
    g1 = (1).to_bytes(32, "big") + (2).to_bytes(32, "big")
    minus = g1[:32] + bytes.fromhex("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd45")
    g2 = bytes.fromhex(
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c21800deef121f1e76426a00665e5c4479674322d4f75e"
        "dadd46debd5cd992f6ed090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b12c85ea5db8c6deb4aab7180"
        "8dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
    )
    return (g1 + g2 + minus + g2) * 2


def _blake2f() -> bytes:
    """A million rounds."""
    return (1_000_000).to_bytes(4, "big") + bytes(208) + b"\x01"


def _modexp() -> bytes:
    """Base, exponent and modulus of 256 bytes each, with all kinds of digits."""
    size = (256).to_bytes(32, "big")
    digits = b"".join(keccak(bytes([index])) for index in range(24))
    return size * 3 + digits[:-1] + b"\x01"


def _precompiled(label: str, title: str, number: int, data: bytes) -> Probe:
    """eth_call of a precompile."""
    request = _eth_call(number.to_bytes(20, "big"), data)
    return Probe(
        (Measure(label, f"eth_call {title}"),),
        _ask(label, lambda result: len(parse_data(result)) >= 32, lambda endpoint: request),
        5,
    )


def _get_logs(endpoint: Measured) -> bytes:
    first, last = endpoint.log_range
    where = {"address": to_data(endpoint.work), "fromBlock": to_quantity(first), "toBlock": to_quantity(last)}
    return request_body("eth_getLogs", where)


def _deployment(endpoint: Measured) -> bytes:
    return endpoint.sign(0, None, DEPLOY_GAS, load("BenchToken").creation)


def signed_token_transfer(endpoint: Measured) -> bytes:
    """A transfer of the bench's token by the first sender."""
    return endpoint.sign(0, endpoint.token, TOKEN_GAS, calldata("transfer(address,uint256)", RECIPIENT, 1))


def _preconfirmations(subscribers: int) -> tuple[Measure, ...]:
    among = f"{subscribers} subscribers of each stream"
    rows = (
        Measure(f"preconf-{subscribers}", f"ERC-20 transfer → receipt, HTTP, {among}"),
        Measure(f"preconf-ws-{subscribers}", f"ERC-20 transfer → receipt, WebSocket, {among}"),
        Measure(f"seen-log-{subscribers}", f"receipt → log seen, {among}"),
        Measure(f"seen-mini-{subscribers}", f"receipt → mini-block seen, {among}"),
    )
    return rows if subscribers else rows[:2]


def _sent_and_had(label: str, what: str) -> tuple[Measure, Measure]:
    return (
        Measure(f"send-{label}", f"{what}: send answered"),
        Measure(f"receipt-{label}", f"{what}: send → receipt"),
    )


def _traces(endpoint: Measured, count: int) -> Samples:
    """The same transaction under several tracers."""
    tx_hash = endpoint.traced_transaction()
    asked: dict[str, tuple[dict[str, Any], Callable[[Any], bool]]] = {
        "trace-calls": ({"tracer": "callTracer"}, lambda frame: frame["type"] == "CALL"),
        "trace-prestate": ({"tracer": "prestateTracer"}, lambda accounts: to_data(endpoint.work) in accounts),
        "trace-steps": ({}, lambda trace: len(trace["structLogs"]) > 10 * TRACED_ROUNDS),
    }
    samples: Samples = {}
    for label, (options, check) in asked.items():
        request = endpoint.connection.frame(request_body("debug_traceTransaction", tx_hash, options))
        samples[label] = timed(endpoint, [request] * count, check)
    return samples


PROBES: tuple[Probe, ...] = (
    Probe(
        (Measure("chain-id", "eth_chainId"),),
        _ask("chain-id", lambda result: parse_quantity(result) > 0, lambda endpoint: request_body("eth_chainId")),
        50,
    ),
    Probe(_sent_and_had("transfer", "transfer"), _send("transfer", Measured.transfer), 20),
    Probe(_sent_and_had("erc20", "ERC-20 transfer"), _send("erc20", signed_token_transfer), 20),
    Probe(_sent_and_had("deploy", "deployment"), _send("deploy", _deployment), 5),
    Probe((Measure("sync-transfer", "transfer: eth_sendRawTransactionSync"),), _send_sync, 10),
    Probe(
        (Measure("call-small", "eth_call balanceOf"),),
        _ask(
            "call-small",
            lambda result: parse_data(result) > bytes(32),
            lambda endpoint: _eth_call(endpoint.token, calldata("balanceOf(address)", endpoint.senders[0])),
        ),
        20,
    ),
    Probe(
        (Measure("call-heavy", f"eth_call {HEAVY_ROUNDS:,} × KECCAK256"),),
        _ask(
            "call-heavy",
            lambda result: len(parse_data(result)) == 32,
            lambda endpoint: _eth_call(endpoint.work, calldata("hash(uint256)", HEAVY_ROUNDS)),
        ),
        2,
    ),
    _precompiled("pairing", "4 bn254 pairs", 0x08, _pairing()),
    _precompiled("blake2f", "1,000,000 rounds of BLAKE2F", 0x09, _blake2f()),
    _precompiled("modexp", "MODEXP of 256 bytes", 0x05, _modexp()),
    Probe((Measure("rate-1", "transfers, 1 connection", "tx/s"),), _rate(1), 200, 4, alone=True),
    Probe(
        (Measure(f"rate-{SENDERS}", f"transfers, {SENDERS} connections", "tx/s"),), _rate(SENDERS), 200, 4, alone=True
    ),
    Probe(
        (Measure(f"sustained-{SENDERS}", f"transfers, {SENDERS} connections, {SUSTAINED:,} in a row", "tx/s"),),
        _rate(SENDERS, "sustained"),
        SUSTAINED,
        1,
        alone=True,
    ),
    Probe((Measure("rate-batch", f"transfers, JSON batches of {BATCH}", "tx/s"),), _rate_batch, 200, 4, alone=True),
    Probe(
        (Measure("get-logs", f"eth_getLogs, {LOGS:,} logs"),),
        _ask("get-logs", lambda logs: len(logs) == LOGS, _get_logs),
        2,
    ),
    Probe(
        (
            Measure("trace-calls", "callTracer, 1 Mgas"),
            Measure("trace-prestate", "prestateTracer, 1 Mgas"),
            Measure("trace-steps", "struct logs, 1 Mgas"),
        ),
        _traces,
        1,
        5,
        alone=True,
        tracing=True,
    ),
    *(
        Probe(_preconfirmations(subscribers), _preconfirmed(subscribers), 50, 4, alone=True, realtime=True)
        for subscribers in (0, 10, 100)
    ),
    Probe(
        (Measure(f"realtime-{SENDERS}", f"transfers, {SENDERS} connections, {SUSTAINED:,}, mini-blocks", "tx/s"),),
        _rate(SENDERS, "realtime"),
        SUSTAINED,
        1,
        alone=True,
        realtime=True,
    ),
    Probe((Measure("mine", f"anvil_mine, {EMPTY_BLOCKS:,} empty blocks"),), _mine, 1, 1, alone=True),
    Probe((Measure("snapshot", "evm_snapshot + evm_mine + evm_revert"),), _snapshot, 5),
)
"""In the order of the table."""


def grow(endpoint: Measured, blocks: int, on_progress: Callable[[int, int], object] = lambda done, count: None) -> int:
    """Make the chain at least ``blocks`` blocks long with as many new accounts: a transfer to a fresh address each, and
    empty blocks where the node put several transfers into one. Returns how many blocks were added; ``on_progress``
    hears how many of how many transfers are sent."""
    turn = cycle(range(SENDERS))
    before = parse_quantity(endpoint.connection.call("eth_blockNumber"))
    fresh = int.from_bytes(keccak(b"megadev bench")[:20], "big")
    for start in range(0, blocks, 10 * BATCH):
        some = range(start, min(start + 10 * BATCH, blocks))
        raws = [endpoint.transfer(next(turn), (fresh ^ index).to_bytes(20, "big")) for index in some]
        for request in batches(endpoint, raws):
            result_of(endpoint.connection.exchange(request))
        endpoint.await_inclusion(range(SENDERS))
        on_progress(some.stop, blocks)
    missing = blocks - parse_quantity(endpoint.connection.call("eth_blockNumber"))
    if missing > 0:
        endpoint.connection.call("anvil_mine", to_quantity(missing))
    return parse_quantity(endpoint.connection.call("eth_blockNumber")) - before
