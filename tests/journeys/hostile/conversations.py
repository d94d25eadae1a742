"""Conversations over HTTP and WebSocket that begin as they should and then go wrong, and what must be so of each.

Whatever a client does: what it asked for rightly before it went wrong is answered, in order and once; its connection
comes to an end; nothing is raised on the node's event loop; and another client is answered meanwhile.

Run as a program, for as long as one likes: ``python -m tests.journeys.hostile.conversations SEED COUNT``.
"""

from __future__ import annotations

import contextlib
import json
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from megadev import Devnet

PATIENCE = 30.0
"""Seconds after which a connection counts as hanging."""
HANDSHAKE = (
    b"GET /%b HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
_ID = re.compile(rb'"id":(\d+),"result":"0x7a69"')


@dataclass(frozen=True)
class Conversation:
    """What a client sends. ``ahead``: how many of its requests (ids from 0 on) are whole before the first byte that is
    wrong; these are answered. ``pieces``: how it arrives."""

    data: bytes
    ahead: int
    pieces: tuple[int, ...]


def request(number: int) -> bytes:
    """A request that can be answered at once."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "eth_chainId", "params": []}).encode()


def frame(opcode: int, data: bytes, *, fin: bool = True, mask: bytes = bytes(4)) -> bytes:
    """A frame as clients send it (RFC 6455 §5.2)."""
    size = len(data)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(data))
    return bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked


def conversation(chance: random.Random) -> Conversation:
    """One of them."""
    opens = chance.random() < 0.5
    units = _frames(chance) if opens else _posts(chance)
    data, ends, asked = (HANDSHAKE % b"" if opens else b""), [], 0
    for unit, asks in units:
        data += unit
        asked += asks
        if asks:
            ends.append(len(data))
    data, wrong_from = _broken(chance, data)
    ahead = sum(1 for end in ends if end <= wrong_from)
    pieces = tuple(chance.choice([1, 7, 100, 5_000, 100_000]) for _ in range(chance.randrange(6)))
    return Conversation(data, ahead, pieces)


def _posts(chance: random.Random) -> Iterator[tuple[bytes, bool]]:
    for number in range(chance.choice([0, 1, 3, 40, 1_500])):
        body, heads = request(number), [b"Host: localhost"]
        kind = chance.randrange(12)
        if kind == 0:
            heads += [b"Connection: Upgrade", chance.choice([b"Upgrade: h2c", b"Upgrade: TLS/1.0"])]
        if kind == 1:
            heads.append(b"Expect: 100-continue")
        if kind == 2:
            heads += [b"X-%d: y" % each for each in range(chance.randrange(50))]
        if kind == 3:
            at = chance.randrange(len(body))
            heads.append(b"Transfer-Encoding: chunked")
            body = (
                b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:at], body[at:]) if part) + b"0\r\n\r\n"
            )
        else:
            heads.append(b"Content-Length: %d" % len(body))
        yield b"POST / HTTP/1.1\r\n" + b"\r\n".join(heads) + b"\r\n\r\n" + body, True
        if kind == 4:
            path = chance.choice([b"/", b"/health", b"/nothing", b"/%00", b"/?dialect=hardhat"])
            yield (
                chance.choice([b"GET", b"HEAD", b"OPTIONS", b"DELETE"])
                + b" %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path,
                False,
            )


def _frames(chance: random.Random) -> Iterator[tuple[bytes, bool]]:
    for number in range(chance.choice([0, 1, 3, 40, 1_500])):
        kind, mask, body = chance.randrange(8), chance.randbytes(4), request(number)
        if kind == 0:
            cuts = sorted(chance.randrange(len(body)) for _ in range(chance.randrange(1, 6)))
            parts = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
            whole = b""
            for at, part in enumerate(parts):
                whole += frame(1 if at == 0 else 0, part, fin=at == len(parts) - 1, mask=mask)
                whole += frame(9, b"ping") * chance.randrange(2)
            yield whole, True
        else:
            yield frame(chance.choice([1, 2]), body, mask=mask), True
        if kind == 1:
            yield frame(chance.choice([9, 10]), chance.randbytes(chance.randrange(126))), False


def _broken(chance: random.Random, data: bytes) -> tuple[bytes, int]:
    """The same with something wrong, and from where on."""
    at = chance.randrange(len(data) + 1)
    kind = chance.randrange(10)
    if kind == 0:
        return data[:at], at
    if kind == 1 and at < len(data):
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :], at
    if kind == 2:
        return data[:at] + chance.randbytes(chance.randrange(1, 300)) + data[at:], at
    if kind == 3:
        return data + chance.choice(
            [b"CONNECT x:1 HTTP/1.1\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 9]
        ), len(data)
    if kind == 4:
        return data + frame(1, b"", fin=False) + frame(0, b"", fin=False) * 20_000, len(data)
    if kind == 5:
        return data + frame(8, chance.choice([b"", b"\x03", b"\x03\xe8bye", b"\x00\x00", b"\xff" * 100])) * 2, len(data)
    if kind == 6:
        changed = HANDSHAKE % chance.choice([b"", b"ws", b"nothing", b"?dialect=x"])
        old, new = chance.choice([
            (b"Version: 13", b"Version: 8"), (b"GET", b"POST"), (b"Key: dGhl", b"Key: "), (b"HTTP/1.1", b"HTTP/1.0"),
            (b"Host: localhost", b"Host: evil.example"), (b"Host: localhost", b"Content-Length: 5"), (b"\r\n\r\n", b"\r\nX: " + b"y" * 9_000 + b"\r\n\r\n"),
        ])  # fmt: skip
        return data + changed.replace(old, new) + frame(1, request(0)), len(data)
    if kind == 7:
        return (
            data + b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n[\r\n" * 5_000,
            len(data),
        )
    if kind == 8:
        head = chance.choice(
            [b"Content-Length: -1", b"Content-Length: 99999999999", b"X: " + b"y" * 70_000, b"X" * 70_000]
        )
        return data + b"POST / HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n\r\n", len(data)
    return data, len(data)


def hold(port: int, wanted: Conversation) -> str:
    """Have it with the node at ``port``; what is wrong with how that went, or nothing."""
    received = bytearray()
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as client:
        sender = threading.Thread(target=_send, args=(client, wanted), daemon=True)
        sender.start()
        try:
            has_shut, end = False, time.monotonic() + PATIENCE
            while True:
                if not has_shut and len(_ID.findall(received)) >= wanted.ahead and not sender.is_alive():
                    with contextlib.suppress(OSError):  # the node was quicker
                        client.shutdown(socket.SHUT_WR)
                    has_shut = True
                client.settimeout(0.05 if not has_shut else PATIENCE)
                try:
                    piece = client.recv(1 << 20)
                except TimeoutError:
                    if has_shut or time.monotonic() > end:
                        return f"stuck: {len(_ID.findall(received))} answers, {wanted.ahead} due"
                    continue
                if not piece:
                    break
                received += piece
        except ConnectionError:
            pass  # cut; what it must have got before is looked at all the same
        except OSError as problem:
            return repr(problem)
        sender.join(PATIENCE)
    ids = [int(found) for found in _ID.findall(received)]
    if ids[: wanted.ahead] != list(range(wanted.ahead)):
        return f"of {wanted.ahead} requests before the mistake were answered: {ids[:10]}… ({len(ids)})"
    return ""


def _send(client: socket.socket, wanted: Conversation) -> None:
    at = 0
    with contextlib.suppress(OSError):
        for size in wanted.pieces:
            client.sendall(wanted.data[at : at + size])
            at += size
        client.sendall(wanted.data[at:])


def hold_many(seed: int, count: int) -> Iterator[tuple[int, str]]:
    """Have so many conversations with one node, a seed for each; gives the seeds of those that went wrong, and how."""
    raised: list[str] = []
    with Devnet(no_l1=True) as net:
        port = int(net.serve().rpartition(":")[2])
        assert net._thread is not None
        net._thread.loop.set_exception_handler(lambda loop, context: raised.append(repr(context)))
        for number in range(seed, seed + count):
            problem = hold(port, conversation(random.Random(number)))
            with socket.create_connection(("127.0.0.1", port), PATIENCE) as other:
                body = request(7)
                other.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                if not _ID.search(other.recv(1 << 16)):
                    problem += " nobody else is answered"
            if raised:
                problem += f" raised: {raised.pop()}"
                raised.clear()
            if problem:
                yield number, problem


def main() -> None:
    """Print what went wrong."""
    count = int(sys.argv[2])
    for seed, problem in hold_many(int(sys.argv[1]), count):
        print(f"{seed}: {problem}", flush=True)
    print(f"held {count}")


if __name__ == "__main__":
    main()
