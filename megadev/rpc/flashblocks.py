"""Flashblocks: the open block in pieces of twenty mini-blocks' time, as clients made for Base and Unichain read them.

Each message is one piece, as JSON. ``index`` counts within the block; the piece with index 0 brings ``base``, what was
decided about the block before anything ran in it. ``diff`` has the piece's own transactions and the block as it stands
after them: state root, receipts root, bloom, gas and the hash that it would have. The block's last piece comes when it
is sealed, so what that one says is what the header says, and the block can be made again from its pieces. Numbers are
hex quantities, but for ``index`` and ``metadata.block_number``. A block without transactions is one piece.

Where blocks were taken back or a crash lost what was made known, the next piece has index 0 again, and its ``base``
names the parent that it builds on: that is how clients notice.

Why a piece's roots are real: clients may check a block against its last piece, and the state root of an open block
costs no more than a look at the pending one. Nothing is worked out while nobody listens.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.documents import JsonObject
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.receipts import Receipt
from megadev.events import BlockSealed, BlocksRemoved, Event, MiniBlockSealed, PreconfirmationsLost
from megadev.node.bus import Bus
from megadev.node.chain import LocalChain
from megadev.node.link import Link
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Address, Wei
from megadev.rpc.session import Session

MINI_BLOCKS = 20
"""Mini-blocks to one piece."""

_encode = msgspec.json.Encoder().encode


class Flashblocks:
    """The feed of one chain. All methods run on the event loop's thread, as events do.

    ``mini_block_time``: seconds; None where each block has one mini-block, and so one piece. On a slow ``link`` pieces
    come later, in order.
    """

    def __init__(self, chain: LocalChain, bus: Bus, mini_block_time: float | None, link: Link) -> None:
        self._chain = chain
        self._link = link
        self._late: deque[bytes] = deque()
        """Pieces that are sent later, in order."""
        self._late_until = 0.0
        """When the last of them is sent, by the loop's clock."""
        self._period = None if mini_block_time is None else MINI_BLOCKS * mini_block_time
        self._listeners: dict[str, Session] = {}
        self._waiting: list[MiniBlock] = []
        self._told = 0
        """Transactions of the present block that were told."""
        self._index = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_due = False
        bus.subscribe(self._on_event)

    def add(self, session: Session) -> None:
        """Send every piece from now on, until the connection ends."""
        self._listeners[session.id] = session
        session.on_close(lambda: self._listeners.__delitem__(session.id))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, MiniBlockSealed):
            self._waiting.append(event.mini_block)
            if self._is_due or len(self._waiting) == MINI_BLOCKS:
                self._tell_open()
            elif self._timer is None and self._listeners and self._period is not None and self._chain.is_continuous:
                self._timer = asyncio.get_running_loop().call_later(self._period, self._period_over)
        elif isinstance(event, BlockSealed):
            self._tell(event.block)
            self._begin_anew()
        elif isinstance(event, BlocksRemoved | PreconfirmationsLost):
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._waiting = []
        self._told = self._index = 0
        self._stop_timer()

    def _stop_timer(self) -> None:
        self._is_due = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _period_over(self) -> None:
        self._timer = None
        self._tell_open()

    def _tell_open(self) -> None:
        """Tell what the mini-blocks brought, if they hold all that the open block does: else after the next one."""
        self._stop_timer()
        block = self._chain.open_block
        if block is None or not self._waiting or block.number != self._waiting[-1].block_number:
            return
        last = self._waiting[-1]
        if block.count > last.tx_offset + len(last.transactions):
            self._is_due = True
        elif self._listeners:
            self._tell(block.sealed)
        else:
            self._count(block.count)

    def _tell(self, block: SealedBlock) -> None:
        if self._listeners:
            self._send(_encode(flashblock(block, self._index, self._told, self._waiting)))
        self._count(len(block.transactions))

    def _send(self, message: bytes) -> None:
        self._late.append(message)
        if self._link.stream is None and len(self._late) == 1:
            self._send_oldest()
        else:
            loop = asyncio.get_running_loop()
            self._late_until = max(self._late_until, loop.time() + self._link.stream_delay())
            loop.call_at(self._late_until, self._send_oldest)

    def _send_oldest(self) -> None:
        message = self._late.popleft()
        for session in tuple(self._listeners.values()):
            session.notify(b"", message)

    def _count(self, told: int) -> None:
        self._told = told
        self._index += 1
        self._waiting = []


def flashblock(block: SealedBlock, index: int, told: int, mini_blocks: Sequence[MiniBlock]) -> JsonObject:
    """The piece number ``index`` of ``block``, as it stands after ``mini_blocks``; its first ``told`` transactions are
    those of earlier pieces.
    """
    header = block.header
    new = range(told, len(block.transactions))
    payload = keccak(header.parent_hash + header.timestamp.to_bytes(8, "big"))[:8]
    piece: JsonObject = {"payload_id": to_data(payload), "index": index}
    if index == 0:
        piece["base"] = {
            "parent_beacon_block_root": to_data(header.parent_beacon_root),
            "parent_hash": to_data(header.parent_hash),
            "fee_recipient": to_data(header.coinbase),
            "prev_randao": to_data(header.prev_randao),
            "block_number": hex(header.number),
            "gas_limit": hex(header.gas_limit),
            "timestamp": hex(header.timestamp),
            "extra_data": to_data(header.extra_data),
            "base_fee_per_gas": hex(header.base_fee),
        }
    piece["diff"] = {
        "state_root": to_data(header.state_root),
        "receipts_root": to_data(header.receipts_root),
        "logs_bloom": to_data(header.logs_bloom),
        "gas_used": hex(header.gas_used),
        "block_hash": to_data(block.hash),
        "transactions": [to_data(block.transactions[place].encoded) for place in new],
        "withdrawals": [],
        "withdrawals_root": to_data(header.withdrawals_root),
        "blob_gas_used": hex(header.blob_gas_used),
    }
    piece["metadata"] = {
        "block_number": header.number,
        "new_account_balances": {to_data(address): hex(balance) for address, balance in _balances(mini_blocks).items()},
        "receipts": {to_data(block.transactions[place].hash): _receipt(block.receipts[place]) for place in new},
    }
    return piece


def _balances(mini_blocks: Iterable[MiniBlock]) -> dict[Address, Wei]:
    """Returns the balances of the changed accounts."""
    balances: dict[Address, Wei] = {}
    for mini_block in mini_blocks:
        for diff in mini_block.diffs:
            for address, account in diff.accounts.items():
                balances[address] = 0 if account is None else account.balance
    return balances


def _receipt(receipt: Receipt) -> JsonObject:
    """A receipt as consensus has it."""
    return {
        "type": hex(receipt.type),
        "status": "0x1" if receipt.succeeded else "0x0",
        "cumulativeGasUsed": hex(receipt.cumulative_gas_used),
        "logs": [
            {
                "address": to_data(log.address),
                "topics": [to_data(topic) for topic in log.topics],
                "data": to_data(log.data),
            }
            for log in receipt.logs
        ],
        "logsBloom": to_data(receipt.bloom),
    }
