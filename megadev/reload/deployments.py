"""Which contract stands at which address, found out by looking: deployed code is compared with every version that was
compiled while this runs.

So it does not matter who deployed a contract, by what transaction or factory, nor whether the chain was taken back in
the meantime: nothing is recorded that could be out of date. What deployment filled in is read from the code, and
constructor arguments from the transaction that created it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from megadev.chain.transactions import Transaction
from megadev.node.chain import LocalChain
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.reload.contracts import Build, Contract
from megadev.reload.deployed_code import is_of
from megadev.state.reader import StateReader

VERSIONS_KEPT = 1_000
"""Of all contracts together; the oldest go first."""
IMPLEMENTATION_SLOT = int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1
BEACON_SLOT = int.from_bytes(keccak(b"eip1967.proxy.beacon"), "big") - 1
_BEACON_SLOTS = 2
"""In one of its first slots a beacon keeps the implementation; in another its owner, which is none."""
_CLONE = (bytes.fromhex("363d3d373d3d3d363d73"), bytes.fromhex("5af43d82803e903d91602b57fd5bf3"))
"""A minimal proxy (ERC-1167), around the address."""
_DELEGATION = b"\xef\x01\x00"
"""An account that delegates (EIP-7702), before the address."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on the chain. ``contract``: the version that its ``code`` is of. ``proxies`` run this code with
    storage of their own. ``certain``: the code says so, not only a user."""

    address: Address
    contract: Contract
    code: bytes
    proxies: tuple[Address, ...] = ()
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Creation:
    """The transaction that created a contract, with its constructor's encoded arguments."""

    tx: Transaction
    arguments: bytes


class Versions:
    """Every version of every contract that was compiled, and what users said of addresses."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Contract]] = {}
        self._order: list[Contract] = []
        self._codes: dict[Hash32, Contract | None] = {}
        self._named: dict[Address, Contract] = {}

    def learn(self, contracts: Iterable[Contract]) -> None:
        """Know these versions too; what is the latest counts first."""
        for contract in contracts:
            if not contract.has_code:
                continue
            self._by_size.setdefault(_size(contract), []).insert(0, contract)
            self._order.append(contract)
        while len(self._order) > VERSIONS_KEPT:
            gone = self._order.pop(0)
            self._by_size[_size(gone)].remove(gone)
        self._codes.clear()

    def name(self, address: Address, contract: Contract) -> None:
        """Take a user's word for what stands at ``address``."""
        self._named[address] = contract

    def is_named(self, address: Address) -> bool:
        """Whether a user said what stands there."""
        return address in self._named

    def of_code(self, code: bytes, code_hash: Hash32 | None = None) -> Contract | None:
        """The version that deployed ``code`` is of."""
        key = keccak(code) if code_hash is None else code_hash
        if key not in self._codes:
            candidates = self._by_size.get(len(code), ())
            exact = (contract for contract in candidates if is_of(contract, code))
            alike = (contract for contract in candidates if is_of(contract, code, ignore_trailer=True))
            self._codes[key] = next(exact, None) or next(alike, None)
        return self._codes[key]

    def creation_size(self, key: str, data: bytes) -> int | None:
        """How long the creation code is with which ``data`` begins, that of some version of this contract."""
        sizes = [
            len(creation.code)
            for contract in self._order
            if contract.key == key and (creation := contract.artifact.creation) is not None and creation.matches(data)
        ]
        return max(sizes, default=None)

    def find(self, chain: LocalChain) -> list[Deployed]:
        """All that is deployed and known, in the order of addresses; with the proxies of each."""
        state = chain.sequencer.head_state()
        found: list[Deployed] = []
        proxies: dict[Address, list[Address]] = {}
        beacons: dict[Address, list[Address]] = {}
        for address, code_hash in _contracts(chain, state):
            code = state.code(code_hash)
            target = _delegates_to(state, address, code)
            if target is not None:
                proxies.setdefault(target, []).append(address)
            elif beacon := state.storage(address, BEACON_SLOT):
                beacons.setdefault(_address(beacon), []).append(address)
            contract = self.of_code(code, code_hash)
            if contract is not None:
                found.append(Deployed(address, contract, code))
            elif address in self._named:
                found.append(Deployed(address, self._named[address], code, certain=False))
        for beacon_address, followers in beacons.items():
            for slot in range(_BEACON_SLOTS):
                proxies.setdefault(_address(state.storage(beacon_address, slot)), []).extend(followers)
        found.sort(key=lambda deployed: deployed.address)
        return [replace(one, proxies=tuple(sorted(set(proxies.get(one.address, ()))))) for one in found]


def creations(chain: LocalChain, found: Iterable[Deployed], versions: Versions) -> dict[Address, Creation]:
    """The transactions that created contracts, of those that a transaction created by itself with code of a known
    version."""
    wanted = {deployed.address: deployed.contract for deployed in found}
    store = chain.store
    made: dict[Address, Creation] = {}
    for block in store.blocks(store.genesis.number, store.head.number):
        for tx, receipt in zip(block.transactions, block.receipts, strict=True):
            contract = wanted.get(receipt.created) if receipt.created is not None else None
            if contract is None or receipt.created is None:
                continue
            size = versions.creation_size(contract.key, tx.data)
            if size is not None:
                made[receipt.created] = Creation(tx, tx.data[size:])
    return made


def _contracts(chain: LocalChain, state: StateReader) -> Iterator[tuple[Address, Hash32]]:
    """Every account with code."""
    tip = chain.sequencer.tip
    changed = {} if tip.irregular is None else tip.irregular.accounts
    for address, account in tip.head.world.accounts():
        if address not in changed and account.code_hash != EMPTY_CODE_HASH:
            yield address, account.code_hash
    for address, now in changed.items():
        if now is not None and now.code_hash != EMPTY_CODE_HASH:
            yield address, now.code_hash


def _delegates_to(state: StateReader, address: Address, code: bytes) -> Address | None:
    """Whose code runs for ``address``, if it says so itself."""
    if len(code) == 45 and code.startswith(_CLONE[0]) and code.endswith(_CLONE[1]):
        return code[10:30]
    if len(code) == 23 and code.startswith(_DELEGATION):
        return code[3:]
    word = state.storage(address, IMPLEMENTATION_SLOT)
    return _address(word) if word else None


def _address(word: int) -> Address:
    return word.to_bytes(32, "big")[12:]


def _size(contract: Contract) -> int:
    runtime = contract.artifact.runtime
    assert runtime is not None
    return len(runtime.code) + contract.data_size


def named(build: Build, which: str) -> list[Contract]:
    """Contracts called ``which``, or ``path:which``."""
    return [contract for key, contract in build.items() if which in (key, contract.name)]
