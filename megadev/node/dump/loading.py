"""Loading a dump into a running node, whole or not at all.

What a dump holds is each chain and its state: blocks, transactions, receipts, accounts. What it does not hold, as in
Anvil: the txpool, impersonations, filters, snapshots, the clock's offset and the chain id.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from megadev.chain.blocks import SealedBlock
from megadev.chain.spans import Piece, Span, span_of
from megadev.errors import InvalidParams
from megadev.node.chain import LocalChain
from megadev.node.dump.accounts import Accounts, DumpedAccount, put_account
from megadev.node.dump.capture import world_of_now
from megadev.node.dump.document import Dump, OnProgress, decode_dump, silent
from megadev.node.dump.settings import apply_settings
from megadev.node.faults import apply
from megadev.rollup.predeploys import L1Addresses, other_profile
from megadev.sequencer.reorganisation import replace_above, restart
from megadev.sequencer.reserved import EmptyRow
from megadev.state.diff import Cause, StateDiff
from megadev.state.fork_world import ForkWorld
from megadev.state.remote import load
from megadev.state.unavailable import OLDER_ON_FORK, UnavailableWorld
from megadev.state.world import World

if TYPE_CHECKING:
    from megadev.node.node import Node


_LOG = logging.getLogger("megadev.node")


def load_state(node: Node, data: bytes, on_progress: OnProgress = silent) -> None:
    """Make what a dump (JSON, plain or compressed) says the node's chains and state, whole or not at all.

    A chain is the dump's from then on; blocks that both have are kept as they are. Accounts are laid over those that
    are here, as in Anvil: the higher nonce counts, what the dump does not name stays. A dump without blocks only
    changes accounts. So does any on a fork, unless it is of a fork of the same block: then its blocks follow that one,
    with the state after the last of them. L1 stays as it is where the dump has none, as Anvil's have not, and L2
    follows it from there on.

    Raises ``InvalidParams`` saying what is wrong with it, and ``SequencerStopped`` where L2 has a block open that must
    stay; then nothing changed.
    """
    node.between_blocks()
    l1 = node.l1
    dump, l1_dump = decode_dump(data, node.l2.spec, None if l1 is None else l1.spec, on_progress)
    if l1_dump is not None and node.driver is not None:
        _check_contracts(l1_dump, node.driver.addresses)
    _load_chain(node, node.l2, dump)
    apply_settings(node.l2, dump.settings)
    if l1 is not None and l1_dump is not None:
        _load_chain(node, l1, l1_dump)
    if node.driver is not None and dump.blocks:
        if l1_dump is not None:
            node.driver.adopt(dump.adopted)
            node.driver.go_on_from(dump.rollup.sync_start, dump.rollup.by_hand)
            for data in dump.rollup.data:
                node.da_store.put(data)
        else:
            node.driver.adopt_if_strange()
    standbys = node.standbys
    if standbys is not None and dump.settings.standbys and standbys.check_order(dump.settings.standbys):
        standbys.up = dump.settings.standbys
    apply(node, dump.settings.faults)


def _check_contracts(l1: Dump, at: L1Addresses) -> None:
    """Raises ``InvalidParams`` where the bridge in a dump is that of other contracts than stand here."""
    portal = l1.accounts.get(at.portal)
    other = None if portal is None else other_profile(at, portal.code)
    if other is not None:
        raise InvalidParams(
            f"the L1 in this dump has the contracts of --l1-contracts {other.name}, but this node has those of "
            f"{at.profile.name}: start it with --l1-contracts {other.name}"
        )


def _load_chain(node: Node, chain: LocalChain, dump: Dump) -> None:
    sequencer, present = chain.sequencer, world_of_now(chain)
    if isinstance(present, ForkWorld) and len(dump.blocks) > 1:
        if _is_of_same_fork(chain, dump.blocks):
            _load_after_fork(node, chain, dump, present)
            return
        _LOG.warning(
            "only accounts are loaded, not blocks: the dump's chain begins with block %d (0x%s), this fork with block "
            "%d (0x%s); --fork-block-number says which block is forked",
            *(dump.blocks.first, dump.blocks[0].hash.hex(), chain.store.genesis.number, chain.store.genesis.hash.hex()),
        )
    if not dump.blocks or not present.is_whole:
        if isinstance(present, ForkWorld):
            load(present.base, dump.accounts)
        diff = StateDiff(Cause.CHEAT)
        for address, account in _merged(dump.accounts, present).items():
            put_account(diff, address, account)
        sequencer.apply_irregular(diff)
        return
    irregular = _left_over(dump, present)
    common = _last_common(chain, dump.blocks)
    if common is None:
        node.snapshots.forget()
        node.snapshots.keep_all(chain)
        restart(sequencer, dump.blocks, irregular)
    else:
        node.snapshots.keep_blocks_above(chain, common)
        replace_above(sequencer, common, _following(chain, dump.blocks, common), irregular)
    _set_blocks_to_come(chain, dump)
    _drop_used(chain)


def _is_of_same_fork(chain: LocalChain, blocks: Span) -> bool:
    forked = chain.store.genesis
    return (blocks.first, blocks[0].hash) == (forked.number, forked.hash)


def _load_after_fork(node: Node, chain: LocalChain, dump: Dump, present: ForkWorld) -> None:
    """Put the dump's blocks after the forked one. What a dump says of older states is not all that was written here:
    where a word was set to 0, or back, upstream's would come through. So only the last block's is known.
    """
    forked = chain.store.genesis
    state = StateDiff(Cause.CHEAT)
    load(present.base, dump.accounts)
    for address, account in _merged(dump.accounts, present).items():
        put_account(state, address, account)
    pieces: list[Piece] = []
    for piece in dump.blocks.between(forked.number + 1, dump.blocks.last).pieces():
        if isinstance(piece, EmptyRow):
            unknown = msgspec.structs.replace(piece.plan, world=UnavailableWorld(piece.first, OLDER_ON_FORK))
            pieces.append(EmptyRow.planned(unknown, piece.last).part(piece.first, piece.last))
        else:
            assert isinstance(piece, SealedBlock), "there are no other pieces"
            world = UnavailableWorld(piece.number, OLDER_ON_FORK)
            after = forked.world.apply(state) if piece.number == dump.blocks.last else world
            pieces.append(msgspec.structs.replace(piece, world=after))
    kept = StateDiff(Cause.CHEAT)
    for address, here in present.accounts():
        if address not in dump.accounts:
            kept.accounts[address] = here
            kept.codes[here.code_hash] = present.code(here.code_hash)
    for address in present.storages_changed():
        if address not in dump.accounts:
            kept.storage[address] = dict(present.storage_of(address))
    node.snapshots.keep_blocks_above(chain, forked.number)
    replace_above(chain.sequencer, forked.number, span_of(pieces), None if kept.is_empty else kept)
    _set_blocks_to_come(chain, dump)
    _drop_used(chain)


def _drop_used(chain: LocalChain) -> None:
    sequencer = chain.sequencer
    for tx in chain.pool.transactions():
        if tx.nonce < sequencer.next_nonce(tx.sender):
            sequencer.drop(tx.hash, "its nonce was used in the chain that was loaded")


def _following(chain: LocalChain, blocks: Span, common: int) -> Span:
    """The blocks of a dump after ``common``. Where its state there differs from that of the block here, cheats made the
    difference before the next block.
    """
    following = list(blocks.between(common + 1, blocks.last).pieces())
    here, there = chain.block_with_state(common).world, blocks.at(common).world
    first = following[0] if following else None
    if isinstance(first, SealedBlock) and first.irregular is None and here.is_known and there.is_known:
        following[0] = msgspec.structs.replace(first, irregular=_between(here, there))
    return span_of(following) if following else Span(common + 1, [])


def _between(before: World, after: World) -> StateDiff | None:
    """Returns the difference between the states ``before`` and ``after``; None: nothing."""
    diff = StateDiff(Cause.CHEAT)
    if before.state_root == after.state_root:
        return None
    for address, account in after.accounts():
        if before.account(address) != account:
            diff.accounts[address] = account
            code = after.code(account.code_hash)
            if code:
                diff.codes[account.code_hash] = code
        were, are = before.storage_of(address), after.storage_of(address)
        slots = {slot: are.get(slot, 0) for slot in were.keys() | are.keys() if were.get(slot, 0) != are.get(slot, 0)}
        if slots:
            diff.storage[address] = slots
    for address, _ in before.accounts():
        if after.account(address) is None:
            diff.accounts[address] = None
    return diff


def _merged(accounts: Accounts, present: World) -> Accounts:
    """``accounts`` with the nonces of those that are here, where these are higher."""
    merged: Accounts = {}
    for address, account in accounts.items():
        here = present.account(address)
        nonce = account.nonce if here is None else max(account.nonce, here.nonce)
        merged[address] = DumpedAccount(nonce, account.balance, account.code, account.storage)
    return merged


def _left_over(dump: Dump, present: World) -> StateDiff | None:
    """Returns the additions to the dump's state that keep what exists here and not in the dump; None: nothing."""
    loaded = dump.blocks[-1].world
    diff = StateDiff(Cause.CHEAT)
    for address, here in present.accounts():
        account = dump.accounts.get(address)
        if account is None:
            diff.accounts[address] = here
            code = present.code(here.code_hash)
            if code:
                diff.codes[here.code_hash] = code
        elif here.nonce > account.nonce:
            put_account(diff, address, DumpedAccount(here.nonce, account.balance, account.code, {}))
        named = account.storage if account is not None else {}
        slots = {slot: value for slot, value in present.storage_of(address).items() if slot not in named}
        if slots:
            diff.storage[address] = slots
    return None if diff.is_empty or loaded is present else diff


def _last_common(chain: LocalChain, blocks: Span) -> int | None:
    """The number up to which the chain has the same blocks as the dump; None: not even the first."""
    if blocks.first != chain.store.genesis.number:
        return None
    common = None
    for piece in blocks.pieces():
        last = piece.number if isinstance(piece, SealedBlock) else piece.last
        # where a row's last block is the same, all of it is
        if chain.store.block_hash(last) != (piece.hash if isinstance(piece, SealedBlock) else piece.hash_of(last)):
            break
        # the head's state is the dump's; an older block's is the one that is here, and better known
        if last == blocks.last and not _have_same_state(chain.store.resolve(last), blocks.made[-1]):
            break
        common = last
    return common


def _have_same_state(here: SealedBlock, loaded: SealedBlock) -> bool:
    return not isinstance(here.world, UnavailableWorld) and here.world.state_root == loaded.world.state_root


def _set_blocks_to_come(chain: LocalChain, dump: Dump) -> None:
    """Applies the dump's coinbase and gas limit; a base fee or PREVRANDAO for one block is forgotten."""
    sequencer = chain.sequencer
    before = sequencer.blocks
    sequencer.blocks = type(before)(
        coinbase=before.coinbase if dump.coinbase is None else dump.coinbase,
        gas_limit=dump.gas_limit or before.gas_limit,
        max_transactions=before.max_transactions,
        extra_data=before.extra_data,
    )
