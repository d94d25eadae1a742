"""Every door through which foreign JSON or RLP comes in, and documents to try them with: nested, huge, cut short, broken.

Run as a program, in a process of its own, since what is looked for ends it: ``python -m tests.journeys.hostile.doors
SEED COUNT``. The recursion limit is raised first, as a program that embeds megadev may do; no door relies on it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import json
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from websockets.sync.server import ServerConnection, serve

from megadev import Devnet
from megadev.artifacts.formats.origin import NotAnArtifact, Origin
from megadev.artifacts.formats.reading import read
from megadev.beacon import PREFIX
from megadev.chain.blocks import decode_block
from megadev.chain.transactions import decode_transaction
from megadev.cli.client import CallFailed, call
from megadev.cli.replica_node import ReplicaNode
from megadev.cli.wait import _named_in
from megadev.config.resolve import resolve
from megadev.devnet import _document as shown_at
from megadev.errors import MegadevError
from megadev.node.replication import Update
from megadev.node.storage import records
from megadev.primitives.guarded_json import decode_json
from megadev.reload.contracts import read_document, read_solc
from megadev.reload.manifest import read_manifest
from megadev.rollup.batches import decode_batch
from megadev.rollup.channel import decode_frames, read_batches
from megadev.rollup.da.client import StoreClient
from megadev.rollup.da.commitments import decode_commitment
from megadev.rollup.da.store import Store
from megadev.rpc.client import RpcError
from megadev.server.data_store import DataStoreServer
from megadev.state.answers import read_bundle

Door = Callable[[bytes], object]
EXPECTED = (MegadevError, RpcError, CallFailed, NotAnArtifact, ValueError)
"""What a door may raise: all of these are told to people as what they are."""


def documents(chance: random.Random, count: int) -> Iterator[bytes]:
    """JSON and RLP that means harm; the first ones always."""
    deep = 100_000
    yield b"[" * deep
    yield b"[" * deep + b"]" * deep
    yield b'{"a":' * deep + b"1" + b"}" * deep
    yield b'{"accounts":' + b'{"a":' * deep + b"{}" + b"}" * deep + b',"block":{},"blocks":[]}'
    yield b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * deep + b"]" * deep + b"}"
    yield b'{"abi":' + b'[{"type":"tuple","components":' * deep + b"[]" + b"}]" * deep + b"}"
    yield b'"' + b"a" * 3_000_000 + b'"'
    yield b"9" * 100_000
    yield b'{"a":1e999999}'
    yield b"\xff\xfe" * 1_000
    yield b""
    yield b"\xf9\xff\xff" * 60_000
    yield b"\xc1" * 60_000
    yield b"\xff" + b"\xff" * 8
    for _ in range(count):
        yield _broken(chance, _document(chance))


def _document(chance: random.Random) -> bytes:
    def value(depth: int) -> Any:
        kind = chance.randrange(9 if depth < 6 else 5)
        if kind == 0:
            return chance.choice([None, True, False, -1, 2**64, 2**256, 1.5, 10**400])
        if kind < 3:
            return "0x" + chance.randbytes(chance.choice([0, 1, 20, 32, 33, 500])).hex()
        if kind < 5:
            return chance.choice(["latest", "", "0x", "\ud800", "abi", "é" * 50])
        if kind < 7:
            return [value(depth + 1) for _ in range(chance.randrange(4))]
        names = ("accounts", "block", "blocks", "transactions", "abi", "bytecode", "storage", "result", "error", "id",
                 "jsonrpc", "contracts", "output", "ast", "balance", "alloc", "config", "megadev", "version")  # fmt: skip
        return {chance.choice(names): value(depth + 1) for _ in range(chance.randrange(6))}

    return json.dumps(value(0)).encode()


def _broken(chance: random.Random, document: bytes) -> bytes:
    kind = chance.randrange(5)
    if kind == 0:
        return document[: chance.randrange(len(document) + 1)]
    if kind == 1:
        at = chance.randrange(len(document) + 1)
        return document[:at] + bytes([chance.randrange(256)]) + document[at + 1 :]
    if kind == 2:
        at, depth = chance.randrange(len(document) + 1), chance.choice([10, 600, 5_000])
        return document[:at] + b"[" * depth + document[at:] + b"]" * chance.choice([0, depth])
    return document


@contextlib.contextmanager
def upstream() -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers whatever is put into the list, to whatever it is asked."""
    answer = [b""]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer[0])))
            self.end_headers()
            self.wfile.write(answer[0])

        def do_PUT(self) -> None:
            self.do_POST()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer[0])))
            self.end_headers()
            self.wfile.write(answer[0])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", answer
    finally:
        server.shutdown()


@contextlib.contextmanager
def followed() -> Iterator[tuple[str, list[bytes]]]:
    """The same over WebSocket: a node that a replica follows. What is in the list is the result of every request."""
    result = [b""]

    def answer(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            for message in connection:
                number = json.loads(message)["id"]
                connection.send((b'{"jsonrpc":"2.0","id":%d,"result":' % number + result[0] + b"}").decode("latin-1"))

    with serve(answer, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", result
        server.shutdown()
        thread.join(10)


def doors(
    net: Devnet, folder: Path, url: str, answer: list[bytes], store: str, leader: str, told: list[bytes]
) -> dict[str, Door]:
    """All of them, by name. ``store`` is a DA store's URL, ``leader`` that of a node to follow."""

    def from_file(use: Callable[[Path], object]) -> Door:
        def door(document: bytes) -> object:
            path = folder / "document.json"
            path.write_bytes(document)
            return use(path)

        return door

    def answered(use: Callable[[], object]) -> Door:
        def door(document: bytes) -> object:
            answer[0] = document
            return use()

        return door

    def body(document: bytes) -> object:
        given = net.dispatcher.handle(document)
        return given if given is None or isinstance(given, bytes) else asyncio.run(_awaited(given))

    def start(**settings: Any) -> object:
        Devnet(no_l1=True, **settings).close()
        return None

    def put(path: str) -> Door:
        """A DA store answers whatever it is sent, and says what is wrong with it."""

        def door(document: bytes) -> object:
            connection = http.client.HTTPConnection(store.removeprefix("http://"), timeout=60)
            with contextlib.closing(connection):
                connection.request("PUT", path, document)
                status = connection.getresponse().status
                assert status in (200, 400, 413), status
                return status

        return door

    def follow(document: bytes) -> object:
        told[0] = document
        with ReplicaNode(leader, 0.0).opened():
            return None

    def shown(document: bytes) -> object:
        """A path that a browser asks for: at most some kilobytes of it come that far."""
        path = "/" + document[:4_000].decode("latin-1")
        places = (path, f"{PREFIX}blobs{path}", PREFIX + path[1:], f"/docs{path}", f"/explorer{path}", f"/da/get{path}")
        return [shown_at(net.node, net.node.l2, place, True) for place in places]

    client = StoreClient(url)
    return {
        "what a followed node tells": follow,
        "a replica's update": lambda document: decode_json(document, Update),
        "a store's record": lambda document: records.decode(document, records.BlockRecord),
        "a path": shown,
        "data for a DA store": put("/put"),
        "faults of a DA store": put("/faults"),
        "a DA store's certificate": answered(lambda: client.put(b"data")),
        "a DA store's data": answered(lambda: client.get(bytes(32))),
        "a commitment": decode_commitment,
        "frames of a channel": decode_frames,
        "a channel": lambda document: list(read_batches(document)),
        "a batch": lambda document: decode_batch(document, 1),
        "a deployment file": from_file(read_manifest),
        "a file of preinstalls": from_file(lambda path: start(preinstalls=path)),
        "a settings file": from_file(lambda path: resolve({}, {}, path)),
        "a request": body,
        "requests in a batch": lambda document: body(b"[" + document + b"]"),
        "anvil_loadState": lambda document: net.rpc("anvil_loadState", "0x" + document.hex()),
        "anvil_loadState, compressed": lambda document: net.rpc(
            "anvil_loadState", "0x" + gzip.compress(document).hex()
        ),
        "typed data": lambda document: net.rpc(
            "eth_signTypedData_v4", net.accounts[0].address, document.decode("utf-8", "replace")
        ),
        "an artifact over RPC": lambda document: net.rpc("megadev_addArtifact", document.decode("utf-8", "replace")),
        "an artifact": lambda document: read(document, Origin()),
        "a document of contracts": read_document,
        "solc's output": lambda document: read_solc(document, folder),
        "a raw transaction": decode_transaction,
        "a raw block": decode_block,
        "eth_sendRawTransaction": lambda document: net.rpc("eth_sendRawTransaction", "0x" + document.hex()),
        "debug_traceBlock": lambda document: net.rpc("debug_traceBlock", "0x" + document.hex()),
        "a genesis file": from_file(lambda path: start(init=path)),
        "a state file": from_file(lambda path: start(load_state=path)),
        "a bundle": from_file(read_bundle),
        "a ready file": from_file(_named_in),
        "upstream's answers": answered(lambda: start(fork_url=url, retries=0)),
        "a node's answers": answered(lambda: call(url, "eth_chainId", [])),
    }


async def _awaited(given: Any) -> object:
    return await given


def main() -> None:
    """Try all doors with all documents; prints how many were tried, or what a door did that it may not."""
    sys.setrecursionlimit(1_000_000)
    chance = random.Random(int(sys.argv[1]))
    tried = 0
    store = DataStoreServer(Store(bytes(31) + b"\x01"))
    with (
        tempfile.TemporaryDirectory() as folder,
        upstream() as (url, answer),
        followed() as (leader, told),
        Devnet(no_l1=True) as net,
    ):
        net.dispatcher.on_defect = lambda method, error: print(f"{method}: {error!r}")
        ways = doors(net, Path(folder), url, answer, store.url, leader, told)
        for document in documents(chance, int(sys.argv[2])):
            for name, door in ways.items():
                tried += 1
                try:
                    door(document)
                except EXPECTED:
                    continue
                except BaseException as wrong:
                    print(f"{name}: {wrong!r} for {document[:200]!r}")
    store.close()
    print(f"tried {tried}")


if __name__ == "__main__":
    main()
