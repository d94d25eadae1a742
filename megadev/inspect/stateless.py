"""Blocks run with nothing but a witness (``debug_executionWitness``) and their parent's state root.

All else is checked: the ancestors' headers belong together and the last is the parent's, every node and code is known
by its hash, every transaction is signed (or is the protocol's own, or L1's), and the header that comes out is the
block's, hash and all. Of what a block begins with besides its transactions (what L2 is told of L1, where no transaction
does so) nothing but the resulting state root says that it is right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from megadev.chain.admission import validate_transaction
from megadev.chain.blocks import Header, SealedBlock, SystemCall, decode_header
from megadev.chain.documents import header_document
from megadev.chain.fees import next_base_fee, next_excess_blob_gas
from megadev.chain.spec import ChainSpec
from megadev.chain.transactions import DEPOSIT, Transaction, decode_transaction
from megadev.errors import InvalidTransaction, MegadevError, UndecodableTransaction
from megadev.evm.engine import Engine
from megadev.inspect.witness import Witness
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import Hash32
from megadev.sequencer.block_builder import BlockBuilder, BlockPlan, BlockStart
from megadev.sequencer.oracle import system_transaction_of
from megadev.state.reader import StateReader
from megadev.state.witness_world import NotInWitness, WitnessWorld


class WitnessRefused(MegadevError):
    """A block cannot be run from its witness, or does not come out as it is. ``missing``: the hash of what the witness
    lacks, if that is why; ``unused``: hashes of what is in it and belongs to nothing, as a tampered node does.
    """

    def __init__(self, message: str, missing: Hash32 | None = None, unused: Sequence[Hash32] = ()) -> None:
        super().__init__(message)
        self.missing = missing
        self.unused = tuple(unused)


class StatelessBlock(msgspec.Struct, frozen=True):
    """A block as others tell of it: its header and the encodings of its transactions, and what it began with besides
    those.
    """

    header: Header
    hash: Hash32
    transactions: Sequence[bytes]
    system_call: SystemCall | None = None


def run_stateless(
    block: StatelessBlock, witness: Witness, spec: ChainSpec, open_engine: Callable[[ChainSpec], Engine]
) -> SealedBlock:
    """``block`` as it comes out under the rules of ``spec``, which is as it is. Raises ``WitnessRefused``."""
    header, number = block.header, block.header.number
    if spec.salt.live:
        raise WitnessRefused(f"block {number}: how large state buckets are (--salt live) is in no witness")
    parent, hashes = _ancestors(block, witness)
    for name, said, follows in (
        ("number", number, parent.number + 1),
        ("base fee", header.base_fee, next_base_fee(parent, spec.fees)),
        ("excess blob gas", header.excess_blob_gas, next_excess_blob_gas(parent, spec)),
    ):
        if said != follows:
            raise WitnessRefused(f"block {number}: its {name} is {said}, after its parent it is {follows}")
    try:
        world = WitnessWorld(parent.state_root, witness.state, witness.codes)
    except ValueError as problem:
        raise WitnessRefused(f"block {number}: its witness has a malformed trie node: {problem}") from None

    def block_hash(wanted: int) -> Hash32:
        if wanted not in hashes:
            raise WitnessRefused(f"block {number}: the header of block {wanted} is not in the witness")
        return hashes[wanted]

    try:
        plan = BlockPlan.of(header, spec, BlockStart(block.system_call))
        builder = BlockBuilder(spec, open_engine(spec), plan, world, block_hash).begin()
        for index, raw in enumerate(block.transactions):
            try:
                tx = _decoded(raw, spec, builder.state)
                if tx.type != DEPOSIT:
                    builder.check_room(tx)
                builder.append(tx, builder.execute(tx))
            except (UndecodableTransaction, InvalidTransaction) as problem:
                raise WitnessRefused(f"block {number}: its transaction {index} cannot be included: {problem}") from None
        made = builder.seal()
    except NotInWitness as missing:
        raise WitnessRefused(
            f"block {number}: {missing.what} {to_data(missing.hash)} is not in the witness{_strange(world)}",
            missing.hash,
            world.unused,
        ) from None
    if made.hash != block.hash:
        ours, theirs = header_document(made.header), header_document(header)
        fields = [name for name, value in theirs.items() if ours.get(name) != value]
        raise WitnessRefused(
            f"block {number}: {to_data(block.hash)} comes out as {to_data(made.hash)}; other fields: "
            f"{', '.join(fields) or 'none'}"
        )
    return made


def _strange(world: WitnessWorld) -> str:
    """Returns the unused entries of the witness."""
    unused = world.unused
    if not unused:
        return ""
    shown = ", ".join(f"{to_data(each)}" for each in unused[:3])
    return f"; nothing leads to {shown}{' and others' if len(unused) > 3 else ''} in it"


def _ancestors(block: StatelessBlock, witness: Witness) -> tuple[Header, dict[int, Hash32]]:
    """The parent's header, and the hashes of all that are told of."""
    number, expected = block.header.number, block.header.parent_hash
    hashes: dict[int, Hash32] = {}
    parent: Header | None = None
    for encoded in reversed(witness.headers):
        found = keccak(encoded)
        try:
            header = decode_header(encoded)
        except ValueError as problem:
            raise WitnessRefused(f"block {number}: its witness has a malformed header: {problem}") from None
        if found != expected:
            missing = number - 1 - len(hashes)
            raise WitnessRefused(
                f"block {number}: its witness has header {to_data(found)} in the place of block {missing}'s, which is "
                f"{to_data(expected)}",
                expected,
                (found,),
            )
        parent = header if parent is None else parent
        hashes[header.number] = found
        expected = header.parent_hash
    if parent is None:
        raise WitnessRefused(f"block {number}: its parent's header is not in the witness", expected)
    return parent, hashes


def _decoded(raw: bytes, spec: ChainSpec, state: StateReader) -> Transaction:
    """Raises ``UndecodableTransaction``, ``InvalidTransaction``."""
    system = None if spec.system_contracts is None else system_transaction_of(raw, spec.chain_id, state)
    if system is not None:
        return system
    if raw[:1] == bytes((DEPOSIT,)):
        return decode_transaction(raw)
    tx = decode_transaction(raw, spec)
    validate_transaction(tx, spec, sidecar_required=False)
    return tx
