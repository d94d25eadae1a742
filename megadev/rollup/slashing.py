"""Evidence that a sequencer broke its word, as L1's ``PreconfirmationSlasher`` takes it. Pure: each function turns
signed words, and the block of L2 that they are about, into the call that takes the signer's bond.

Two signatures may contradict each other, or one the chain. What the chain is, L1 knows by a claim that was proven and
is final; headers lead from there to the block in question (``block_proofs``), and nodes of its tries to the place that
was promised. A place is shown to be empty likewise.

Each signature counts as long as the L1 block is on L1 that its L2 block follows, which is signed too (``Word``).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from megadev.chain.blocks import SealedBlock, encode_header
from megadev.chain.mini_blocks import MiniBlock
from megadev.chain.preconfirmations import Preconfirmation, SignedOrigin, receipt_hash
from megadev.chain.receipts import encode_receipt
from megadev.primitives import rlp
from megadev.primitives.abi import Value, encode_call
from megadev.primitives.keccak import keccak
from megadev.primitives.trie import Trie
from megadev.primitives.types import Address, Hash32, Wei
from megadev.rollup.predeploys import L1Addresses
from megadev.rollup.withdrawals import VERSION, Output
from megadev.state.reader import StateReader

HEADERS_PER_CALL = 100
"""Headers that one call shows: they are its data, of which a transaction may have 128 KiB."""
_PROMISE = "(uint256,uint256,uint256,bytes32,bytes32)"
_MINI_BLOCK = "(uint256,uint256,uint256,uint256,uint256,uint256,bytes32,bytes32)"
_ENTRY = "(uint256,bytes[])"
_BONDS, _SLASHED, _BLOCKS = 3, 5, 6
"""Slots of the slasher: mappings of a sequencer's bond, of who was slashed, and of the L2 blocks that it was shown."""

_WORD = "(bytes,uint256,bytes32,bytes)"


class Word(msgspec.Struct, frozen=True):
    """A signature (r ‖ s ‖ v), and the L1 block that it depends on, signed as well."""

    signature: bytes
    origin: SignedOrigin

    @classmethod
    def on_mini_block(cls, signature: tuple[int, int, int], origin: SignedOrigin) -> Word:
        """Returns the word with the signature (y parity, r, s)."""
        return cls(packed(signature), origin)


def bond_of(l1: StateReader, at: L1Addresses, sequencer: Address) -> Wei:
    """Returns the bond of ``sequencer`` in the slasher."""
    return l1.storage(at.preconfirmation_slasher, _entry(_BONDS, sequencer.rjust(32, b"\0")))


def is_slashed(l1: StateReader, at: L1Addresses, sequencer: Address) -> bool:
    """True if ``sequencer`` has lost its bond; it can put up none any more."""
    return l1.storage(at.preconfirmation_slasher, _entry(_SLASHED, sequencer.rjust(32, b"\0"))) != 0


def shown_block(l1: StateReader, at: L1Addresses, number: int) -> Hash32:
    """The hash of L2's block as the slasher was shown it; ``ZERO_HASH``: it was not."""
    return l1.storage(at.preconfirmation_slasher, _entry(_BLOCKS, number.to_bytes(32, "big"))).to_bytes(32, "big")


def mini_blocks_call(first: MiniBlock, first_word: Word, second: MiniBlock, second_word: Word) -> bytes:
    """Two mini-blocks with one number."""
    return encode_call(
        f"slashMiniBlocks({_MINI_BLOCK},{_WORD},{_MINI_BLOCK},{_WORD})",
        _mini_block(first),
        _word(first_word),
        _mini_block(second),
        _word(second_word),
    )


def promises_call(first: Preconfirmation, first_word: Word, second: Preconfirmation, second_word: Word) -> bytes:
    """Two promises about one transaction, or about one place."""
    return encode_call(
        f"slashPromises({_PROMISE},{_WORD},{_PROMISE},{_WORD})",
        _promise(first),
        _word(first_word),
        _promise(second),
        _word(second_word),
    )


def promise_and_mini_block_call(
    promised: Preconfirmation, promise_word: Word, mini_block: MiniBlock, mini_block_word: Word
) -> bytes | None:
    """A promise and a mini-block that contradict each other; None where they do not."""
    transaction: tuple[int, list[bytes]] = (0, [])
    receipt = transaction
    if promised.mini_block_number != mini_block.number or promised.block_number == mini_block.block_number:
        hashes = [tx.hash for tx in mini_block.transactions]
        if promised.transaction_hash not in hashes:
            return None
        index = hashes.index(promised.transaction_hash)
        if receipt_hash(mini_block.receipts[index]) == promised.receipt_hash:
            return None
        transaction = (index, prove_place([tx.encoded for tx in mini_block.transactions], index))
        receipt = (index, prove_place([encode_receipt(each) for each in mini_block.receipts], index))
    return encode_call(
        f"slashPromiseAndMiniBlock({_PROMISE},{_WORD},{_MINI_BLOCK},{_WORD},{_ENTRY},{_ENTRY})",
        _promise(promised),
        _word(promise_word),
        _mini_block(mini_block),
        _word(mini_block_word),
        transaction,
        receipt,
    )


def broken_promise_call(promised: Preconfirmation, word: Word, block: SealedBlock) -> bytes | None:
    """A promise that L2's ``block`` does not keep; None where it does."""
    index = promised.transaction_index
    if index < len(block.transactions):
        is_kept = receipt_hash(block.receipts[index]) == promised.receipt_hash
        if is_kept and block.transactions[index].hash == promised.transaction_hash:
            return None
    return kept_promise_call(promised, word, block)


def kept_promise_call(promised: Preconfirmation, word: Word, block: SealedBlock) -> bytes:
    """The same, whether it is kept or not: of what stands at its place, the receipt where the transaction is the one
    that was promised.
    """
    index = promised.transaction_index
    has_it = index < len(block.transactions) and block.transactions[index].hash == promised.transaction_hash
    items = _receipts(block) if has_it else _transactions(block)
    return encode_call(
        f"slashBrokenPromise({_PROMISE},{_WORD},bytes,bytes[],bool)",
        _promise(promised),
        _word(word),
        encode_header(block.header),
        prove_place(items, index),
        has_it,
    )


def broken_mini_block_call(mini_block: MiniBlock, word: Word, block: SealedBlock) -> bytes | None:
    """A mini-block that L2's ``block`` contradicts: by its time, or by what stands where its transactions should. None
    where it does not.
    """
    if mini_block.block_timestamp != block.timestamp:
        call = f"slashMiniBlockTime({_MINI_BLOCK},{_WORD},bytes)"
        return encode_call(call, _mini_block(mini_block), _word(word), encode_header(block.header))
    places = range(len(mini_block.receipts))
    place = next((place for place in places if _is_misplaced(mini_block, place, block)), None)
    return None if place is None else misplaced_call(mini_block, word, block, place)


def misplaced_call(mini_block: MiniBlock, word: Word, block: SealedBlock, place: int) -> bytes:
    """Returns evidence of a misplaced transaction: a mini-block's entry at ``place``, and L2's ``block`` at the same
    gas used.
    """
    gas = mini_block.receipts[place].cumulative_gas_used
    here = sum(receipt.cumulative_gas_used < gas for receipt in block.receipts)
    held, there = [encode_receipt(each) for each in mini_block.receipts], _receipts(block)
    evidence: tuple[Value, ...] = (
        (place, prove_place(held, place)),
        prove_place([tx.encoded for tx in mini_block.transactions], place),
        (max(here - 1, 0), prove_place(there, here - 1) if here else []),
        (here, prove_place(there, here)),
        prove_place(_transactions(block), here),
    )
    return encode_call(
        f"slashBrokenMiniBlock({_MINI_BLOCK},{_WORD},bytes,({_ENTRY},bytes[],{_ENTRY},{_ENTRY},bytes[]))",
        _mini_block(mini_block),
        _word(word),
        encode_header(block.header),
        evidence,
    )


def _is_misplaced(mini_block: MiniBlock, place: int, block: SealedBlock) -> bool:
    """True if what a mini-block has at ``place`` is not where the gas used up to it says that it is in ``block``."""
    receipt, tx = mini_block.receipts[place], mini_block.transactions[place]
    for index, found in enumerate(block.receipts):
        if found.cumulative_gas_used == receipt.cumulative_gas_used:
            return encode_receipt(found) != encode_receipt(receipt) or block.transactions[index].hash != tx.hash
    return True


def block_proofs(game_index: int, output: Output, blocks: Sequence[SealedBlock]) -> list[bytes]:
    """The calls that show the slasher the first of ``blocks``, all of L2 from there up to the one that the game at
    ``game_index`` claims, whose output is ``output``; in the order in which they are to be sent.
    """
    headers = [encode_header(block.header) for block in reversed(blocks)]
    claimed = (VERSION, output.state_root, output.messages_root, output.block_hash)
    start = headers[:HEADERS_PER_CALL]
    calls = [encode_call("proveBlock(uint256,(bytes32,bytes32,bytes32,bytes32),bytes[])", game_index, claimed, start)]
    at = len(start)
    while at < len(headers):
        shown = blocks[-at].number  # the last of the call before, which is where this one begins
        more = headers[at - 1 : at - 1 + HEADERS_PER_CALL]
        calls.append(encode_call("proveEarlierBlock(uint256,bytes[])", shown, more))
        at += len(more) - 1
    return calls


def packed(signature: tuple[int, int, int]) -> bytes:
    """r ‖ s ‖ v, v being 27 or 28."""
    y_parity, r, s = signature
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes((27 + y_parity,))


def prove_place(items: Sequence[bytes], index: int) -> list[bytes]:
    """The nodes that show what stands at ``index`` in the trie of a list, or that nothing does."""
    trie = Trie({rlp.encode(place): item for place, item in enumerate(items)})
    return trie.prove(rlp.encode(index))


def _transactions(block: SealedBlock) -> list[bytes]:
    return [tx.encoded for tx in block.transactions]


def _receipts(block: SealedBlock) -> list[bytes]:
    return [encode_receipt(receipt) for receipt in block.receipts]


def _word(word: Word) -> tuple[Value, ...]:
    return word.signature, word.origin.number, word.origin.hash, word.origin.signature


def _promise(promised: Preconfirmation) -> tuple[Value, ...]:
    return (
        promised.block_number,
        promised.mini_block_number,
        promised.transaction_index,
        promised.transaction_hash,
        promised.receipt_hash,
    )


def _mini_block(each: MiniBlock) -> tuple[Value, ...]:
    return (
        each.block_number,
        each.block_timestamp,
        each.index,
        each.number,
        each.timestamp,
        each.gas_used,
        each.transaction_root,
        each.receipt_root,
    )


def _entry(mapping: int, key: bytes) -> int:
    """The slot of a mapping's entry (Solidity, "Layout of State Variables in Storage")."""
    return int.from_bytes(keccak(key + mapping.to_bytes(32, "big")), "big")
