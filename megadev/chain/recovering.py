"""A process that finds out who signed transactions, for a node that is sent many at once (``node/recovery``).

``python -m megadev.chain.recovering FD`` says that it is there with an empty message, then answers each list of
transactions that comes on the socket FD with what was recovered from each: message hash, y parity, r, s, address; or
None for what is no transaction with a signature. It ends when the other end is closed.

Messages are MessagePack behind their length (4 bytes, little-endian).
"""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from typing import TypeAlias

import msgspec

from megadev.chain.transactions import DEPOSIT, decode_transaction, signing_hash
from megadev.errors import MegadevError
from megadev.primitives.types import Address, Hash32

Recovered: TypeAlias = tuple[Hash32, int, bytes, bytes, Address] | None
LENGTH = 4


def framed(message: object) -> bytes:
    """A message as it is sent."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH, "little") + body


def recovered(raw: bytes) -> Recovered:
    """Returns the sender and other values recovered from a transaction's signature. A transaction that is none is for
    the node to refuse.
    """
    try:
        tx = decode_transaction(raw)
    except MegadevError:
        return None
    if tx.type == DEPOSIT:
        return None
    return signing_hash(tx), tx.y_parity, tx.r.to_bytes(32, "big"), tx.s.to_bytes(32, "big"), tx.sender


def serve(connection: socket.socket) -> None:
    """Answer until the other end is closed."""
    buffer = bytearray()
    connection.sendall(framed([]))
    while True:
        while len(buffer) < LENGTH or len(buffer) < LENGTH + int.from_bytes(buffer[:LENGTH], "little"):
            received = connection.recv(1 << 18)
            if not received:
                return
            buffer += received
        end = LENGTH + int.from_bytes(buffer[:LENGTH], "little")
        transactions = msgspec.msgpack.decode(bytes(buffer[LENGTH:end]), type=list[bytes])
        del buffer[:end]
        connection.sendall(framed([recovered(raw) for raw in transactions]))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the node too, which closes the other end
    with contextlib.suppress(ConnectionError):
        serve(socket.socket(fileno=int(sys.argv[1])))
