"""The chain that every golden conversation is held with: built anew each time, the same to the last hash.

The clock stands at 1,700,000,000. Accounts are the first dev accounts (A, B, C…); fees are fixed, so nothing depends on
what the node would suggest.

    block 1   A sends B 1 ETH                          type 2
    block 2   B sends C 2 ETH                          type 0
    block 3   A deploys Logger (LOGGER)                type 2
    block 4   A calls Logger.each: six logs            type 2
    block 5   B calls Logger.many(2): two logs         type 1, with an access list
    block 6   A deploys Storage (STORAGE)              type 2
    block 7   A writes 42 into slot 0                  type 2
    block 8   A writes 1 into slot 2**256 - 1          type 0, without replay protection
    block 9   A deploys Reverter (REVERTER)            type 2
    block 10  B calls it and fails                     type 2
    block 11  C's authorization makes C run Logger     type 4, sent by A
    block 12  three transactions in one block: B calls Logger.many(1), D sends A 1 wei, B calls Logger.many(1)

A conversation whose comments include ``// chain: paused`` finds the same chain with mining stopped and a filled pool:
two pending transactions (A's, nonce 8, and D's contract creation, nonce 1) and one queued behind a gap (E's, nonce 5).

One with ``// chain: megaeth`` finds a fresh chain under that preset.

One with ``// chain: bridged`` finds it with an L1 beside it. That is the exception, because the bridge's predeploys are
part of every state root, and so of every hash: answers that have nothing to do with it would change with each contract.
``// chain: L1`` is held with that L1, which has no blocks but its first.

One with ``// chain: watched`` finds two blocks more, and the sources of what they create watched (``--reload ask``):

    block 13  A deploys Lib
    block 14  A deploys Counter with 5 and Lib

Since then Counter.sol was saved, with another ``bump``; nothing is reloaded yet.

``// chain: forked`` is held with a fork of the chain at its block 10, of a node that has all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from megadev.chain.transactions import SignedAuthorization, Transaction, UnsignedTransaction, sign_transaction
from megadev.config.settings import DevnetConfig
from megadev.node.accounts import KeyedAccount
from megadev.node.node import Node
from megadev.primitives import rlp
from megadev.primitives.abi import encode, encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.signatures import sign
from megadev.primitives.types import Address
from megadev.reload.reloader import ASK, Reloader, ReloadSettings
from megadev.rpc.dispatch import Dispatcher
from megadev.rpc.node import RpcNode
from megadev.sequencer.modes import MiningMode
from tests.contracts import load
from tests.units.reload.stage import Committed, creation_code

START = 1_700_000_000
FOLDER = Path(__file__).parent
SOURCES = FOLDER.parents[1] / "contracts"
"""What is watched; only names matter, for nothing there is compiled."""
GWEI = 10**9


def fixed_node(*, paused: bool = False, bridged: bool = False) -> Node:
    """A node with the chain above; ``bridged``: with an L1 beside it."""
    # no compiled contracts lie there: what a developer has in the working directory must not name errors
    node = Node(DevnetConfig(manual_clock=True, timestamp=START, project=FOLDER, no_l1=not bridged))
    sequencer = node.l2.sequencer
    alone, together, waiting = fixed_transactions()
    for tx in alone:
        sequencer.submit(tx)
    sequencer.settle()
    sequencer.mode = MiningMode.NONE
    for tx in together:
        sequencer.submit(tx)
    sequencer.mine()
    if paused:
        for tx in waiting:
            sequencer.submit(tx)
    else:
        sequencer.mode = MiningMode.INSTANT
    return node


def megaeth_node() -> Node:
    """A fresh node under the megaeth preset, whose blocks are sealed when asked."""
    return Node(DevnetConfig(preset="megaeth", no_mining=True, manual_clock=True, timestamp=START, project=FOLDER))


def watch(node: Node) -> None:
    """Add to ``node`` what a watched chain has."""
    a = node.accounts.keyed[0]
    compiler = Committed(SOURCES, "solidity")
    made = compiler.compile(None).contracts
    library = "0x" + _created(a, 8).hex()
    counter = creation_code(made["Counter.sol:Counter"], library) + encode(["uint256"], [5])
    for nonce, code in ((8, creation_code(made["Lib.sol:Lib"])), (9, counter)):
        node.l2.sequencer.submit(_signed(a, nonce, to=None, data=code))
        node.l2.sequencer.settle()
    reloader = Reloader(node, SOURCES, [compiler], ReloadSettings(mode=ASK), on_writer=lambda act: act())
    reloader.pipeline.changed(None)
    compiler.version = "doubled"
    reloader.pipeline.changed([SOURCES / "Counter.sol"])
    node.reloads = reloader


def forked_node(url: str) -> Node:
    """A fork of the chain above, which the node at ``url`` has."""
    config = DevnetConfig(
        manual_clock=True,
        timestamp=START + 100,
        project=Path(__file__).parent,
        no_l1=True,
        fork_url=(url,),
        fork_block_number=10,
        no_storage_caching=True,
    )
    return Node(config)


@contextmanager
def upstream() -> Iterator[str]:
    """Serves the chain above, at the URL it gives."""
    node = fixed_node()
    dispatcher = Dispatcher(RpcNode.of(node, node.l2), before_request=node.settle)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            answer = dispatcher.handle(self.rfile.read(int(self.headers["Content-Length"])))
            if answer is not None and not isinstance(answer, bytes):
                answer = asyncio.run(answer)  # type: ignore[arg-type]
            assert isinstance(answer, bytes)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def names_on(node: Node) -> dict[str, str]:
    """What conversations call the hashes of ``node``'s blocks and transactions (see ``conversations.py``)."""
    names: dict[str, str] = {}
    for block in node.l2.store.blocks(node.l2.store.genesis.number, node.l2.head.number):
        names[f"block:{block.number}"] = "0x" + block.hash.hex()
        for index, tx in enumerate(block.transactions):
            names[f"tx:{block.number}:{index}"] = "0x" + tx.hash.hex()
    for index, tx in enumerate(fixed_transactions()[2]):
        names[f"waiting:{index}"] = "0x" + tx.hash.hex()
    return names


@cache
def fixed_transactions() -> tuple[list[Transaction], list[Transaction], list[Transaction]]:
    """What is mined alone, what together in the last block, and what waits in a paused chain's pool."""
    a, b, c, d, e = Node(DevnetConfig(manual_clock=True, timestamp=START)).accounts.keyed[:5]
    logger, storage, reverter = (_created(a, nonce) for nonce in (1, 3, 6))
    many = encode_call("many(uint256)", 1)
    alone = [
        _signed(a, 0, to=b.raw_address, value=10**18),
        _signed(b, 0, type=0, to=c.raw_address, value=2 * 10**18),
        _signed(a, 1, to=None, data=load("Logger").creation),
        _signed(a, 2, to=logger, data=encode_call("each(uint256,uint256,uint256,bytes)", 1, 2, 3, b"\xab\xcd")),
        _signed(b, 1, type=1, to=logger, data=encode_call("many(uint256)", 2), access_list=((logger, (0, 1)),)),
        _signed(a, 3, to=None, data=load("Storage").creation),
        _signed(a, 4, to=storage, data=encode_call("setValue(uint256)", 42)),
        _signed(a, 5, type=0, chain_id=None, to=storage, data=encode_call("write(uint256,uint256)", 2**256 - 1, 1)),
        _signed(a, 6, to=None, data=load("Reverter").creation),
        _signed(b, 2, to=reverter, data=encode_call("withReason()")),
        _signed(a, 7, type=4, to=c.raw_address, data=many, authorization_list=(_authorized(c, logger),)),
    ]
    together = [
        _signed(b, 3, to=logger, data=many, max_priority_fee_per_gas=3 * GWEI),
        _signed(d, 0, to=a.raw_address, value=1, max_priority_fee_per_gas=2 * GWEI),
        _signed(b, 4, to=logger, data=many, max_priority_fee_per_gas=GWEI),
    ]
    waiting = [
        _signed(a, 8, to=b.raw_address, value=1),
        _signed(d, 1, type=0, to=None, data=b"\x00"),
        _signed(e, 5, to=a.raw_address, value=7),
    ]
    return alone, together, waiting


def _signed(account: KeyedAccount, nonce: int, **fields: Any) -> Transaction:
    given: dict[str, Any] = {
        "type": 2,
        "chain_id": 31337,
        "nonce": nonce,
        "gas_limit": 2_000_000,
        "max_fee_per_gas": 5 * GWEI,
        "max_priority_fee_per_gas": GWEI,
    }
    return sign_transaction(UnsignedTransaction(**(given | fields)), account.raw_key)


def _authorized(account: KeyedAccount, code: Address) -> SignedAuthorization:
    """The account's consent (EIP-7702) to run the code at ``code``."""
    y_parity, r, s = sign(keccak(b"\x05" + rlp.encode((31337, code, 0))), account.raw_key)
    return SignedAuthorization(31337, code, 0, y_parity, r, s)


def _created(account: KeyedAccount, nonce: int) -> Address:
    return keccak(rlp.encode((account.raw_address, nonce)))[12:]
