"""The bridge between a forked L2 and a forked or simulated L1.

A live rollup's bridge cannot be carried over: its output roots are claimed and proven by others, and they are claims
about a state that goes on elsewhere. So the bridge between the two chains of a node is always ours, and as much of what
upstream has is kept as can be:

- **On a forked L2** every predeploy stays what it is upstream, and those that are missing (of a chain that is no OP
  Stack's) are ours. L1Block alone always runs our code, over its upstream values: from now on it tells of our L1.
- **A simulated L1** begins at the number of the L1 block that the forked L2 block has got to, so that L1's block
  numbers go on rising. Its messenger and its bridge stand where L2's predeploys look for them, the rest at the usual
  addresses; the portal holds more ether than there is on L2.
- **On a forked L1** the bridge's contracts are laid over whatever stands at those addresses. Messenger, bridge and
  token factory keep what upstream has in their storage (messages relayed, tokens in custody), the others start afresh.
  Where both chains are forked and nobody says which L1 block, it is the one that the forked L2 block has got to.

What is on its way when the chains are forked does not arrive: deposits that L2 has not taken up, withdrawals that were
sent before. Withdrawals are proven against a storage trie of the message passer's that holds what was sent here alone
(``state/fork_world``).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from megadev.chain.contracts import MULTICALL3
from megadev.chain.genesis import GenesisAccount
from megadev.chain.spec import L1_BLOCK, MESSAGE_PASSER
from megadev.node.fork import Fork
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, ZERO_HASH, Address, Wei
from megadev.rollup.deposits import DEPOSITOR
from megadev.rollup.derivation import L1Origin
from megadev.rollup.predeploys import L2_BRIDGE, L2_MESSENGER, MAINNET_ADDRESSES, PREDEPLOYS, L1Addresses
from megadev.state.account import EMPTY_ACCOUNT, Account
from megadev.state.diff import Cause, StateDiff

FORKED_ETHER: Wei = 10**9 * 10**18
"""What the portal holds for a forked L2, whose accounts nobody can count: more than there is of ether."""
_OTHER_MESSENGER, _OTHER_BRIDGE = 207, 4
"""The slots in which L2's messenger and bridge keep where their other halves stand."""
_LOADED = (
    *((L1_BLOCK, slot) for slot in range(9)),
    (L2_MESSENGER, _OTHER_MESSENGER),
    (L2_BRIDGE, _OTHER_BRIDGE),
    (MESSAGE_PASSER, 1),
)


def load_bridge(fork: Fork) -> None:
    """Fetch in one go what a forked L2's bridge is about; what every L2 block reads and writes is among it, so that
    the sequencer never waits for it. Blocks.
    """
    fork.state.load([DEPOSITOR, *(each.address for each in PREDEPLOYS)], _LOADED)


def origin_of(fork: Fork) -> L1Origin | None:
    """The L1 origin of the forked L2 block; None if it is unknown. Blocks."""
    load_bridge(fork)
    if not _has_code(fork, L1_BLOCK):
        return None
    read = fork.state.storage
    origin = L1Origin(
        read(L1_BLOCK, 0) & (2**64 - 1), read(L1_BLOCK, 2).to_bytes(32, "big"), read(L1_BLOCK, 3) & (2**64 - 1)
    )
    return None if origin.hash == ZERO_HASH else origin


def addresses_on_l1(fork: Fork) -> L1Addresses:
    """The addresses of a forked L2's bridge on L1. Blocks."""
    load_bridge(fork)
    found = MAINNET_ADDRESSES
    for field, predeploy, slot in (("messenger", L2_MESSENGER, _OTHER_MESSENGER), ("bridge", L2_BRIDGE, _OTHER_BRIDGE)):
        word = fork.state.storage(predeploy, slot) if _has_code(fork, predeploy) else 0
        if 0 < word < 2**160:
            found = replace(found, **{field: word.to_bytes(20, "big")})
    return found


def laid_on_l2(fork: Fork, ours: Mapping[Address, GenesisAccount]) -> StateDiff:
    """The contracts added to a forked L2: those of ``ours`` that it lacks, and L1Block's code. Blocks."""
    load_bridge(fork)
    diff = StateDiff(Cause.GENESIS)
    for address, account in ours.items():
        if address == L1_BLOCK or not _has_code(fork, address):
            _lay(fork, diff, address, account)
    return diff


def laid_on_l1(fork: Fork, at: L1Addresses, ours: Mapping[Address, GenesisAccount]) -> StateDiff:
    """The contracts added to a forked L1: the bridge's at ``at``, and Multicall3 if it is missing. Blocks."""
    kept = {at.messenger, at.bridge, at.token_factory}
    fork.state.load([*ours, fork.header.coinbase])
    diff = StateDiff(Cause.GENESIS)
    for address, account in ours.items():
        if address == MULTICALL3 and _has_code(fork, address):
            continue
        if address not in kept:
            diff.cleared.add(address)
        _lay(fork, diff, address, account)
    return diff


def _lay(fork: Fork, diff: StateDiff, address: Address, account: GenesisAccount) -> None:
    """Put the code, the balance and the slots of ``account`` over what is there."""
    present = fork.state.account(address) or EMPTY_ACCOUNT
    code_hash = keccak(account.code)
    laid = Account(max(present.nonce, account.nonce), max(present.balance, account.balance), code_hash)
    if laid != present:
        diff.accounts[address] = laid
        diff.codes[code_hash] = account.code
    if account.storage:
        diff.storage[address] = dict(account.storage)


def _has_code(fork: Fork, address: Address) -> bool:
    account = fork.state.account(address)
    return account is not None and account.code_hash != EMPTY_CODE_HASH
