"""The deployed contracts, found by comparison: deployed code is compared with every version that was compiled while
this runs.

So it does not matter who deployed a contract, by what transaction or factory, nor whether the chain was taken back in
the meantime: nothing is recorded that could be out of date. What deployment filled in is read from the code; what the
constructor was given, from the frame that created it, a factory's perhaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from megadev.chain.blocks import Tag
from megadev.errors import PrefetchNeeded, StateUnavailable, UnknownBlock
from megadev.evm import calls
from megadev.evm.engine import TxEnv
from megadev.inspect.creations import Creation, block_of_code, creation_in
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_CODE_HASH, Address, Hash32
from megadev.reload.contracts import Build, Contract
from megadev.reload.deployed_code import is_of
from megadev.state.reader import StateReader

VERSIONS_KEPT = 1_000
"""Of all contracts together; the oldest go first."""
IMPLEMENTATION_SLOT = int.from_bytes(keccak(b"eip1967.proxy.implementation"), "big") - 1
BEACON_SLOT = int.from_bytes(keccak(b"eip1967.proxy.beacon"), "big") - 1
_IMPLEMENTATION = keccak(b"implementation()")[:4]
_BEACON_GAS = 100_000
"""Enough for a beacon to say what it stands for."""
_CLONES = tuple(
    (bytes.fromhex(before), bytes.fromhex(behind))
    for before, behind in (
        ("363d3d373d3d3d363d73", "5af43d82803e903d91602b57fd5bf3"),
        ("3d3d3d3d363d3d37363d73", "5af43d3d93803e602a57fd5bf3"),
        ("5f5f365f5f37365f73", "5af43d5f5f3e6029573d5ffd5b3d5ff3"),
    )
)
"""Minimal proxies, around the address: ERC-1167's own, and the two shorter ones that Solady makes. Data may follow."""
_DELEGATION = b"\xef\x01\x00"
"""An account that delegates (EIP-7702), before the address."""
L2, L1 = "l2", "l1"
"""What the chains of a node are called, in the order of ``Node.chains``."""
DeployedAt: TypeAlias = tuple[str, Address]
"""An address on a chain of that name."""


def chains_of(node: Node) -> dict[str, LocalChain]:
    """A node's chains by name."""
    return dict(zip((L2, L1), node.chains, strict=False))


def in_words(chain: str, address: Address) -> str:
    """Returns a place in words; L2 is not mentioned."""
    return checksum_address(address) + (f" on {chain.upper()}" if chain != L2 else "")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A contract on the chain. ``contract``: the version that its ``code`` is of. ``proxies`` run this code with
    storage of their own. ``certain``: the code says so, not only a user. ``doubles``: other versions of the contract
    with the same code and other storage, and ``twins`` other contracts with it, of which it may be as well."""

    address: Address
    contract: Contract
    code: bytes
    proxies: tuple[Address, ...] = ()
    certain: bool = True
    chain: str = L2
    doubles: tuple[Contract, ...] = ()
    twins: tuple[str, ...] = ()

    @property
    def place(self) -> DeployedAt:
        return self.chain, self.address

    @property
    def where(self) -> str:
        """The same for people."""
        return in_words(self.chain, self.address)


@dataclass(frozen=True, slots=True)
class Built:
    """The creation of a contract. ``arguments``: of its constructor, encoded."""

    creation: Creation
    arguments: bytes


class Versions:
    """Every version of every contract that was compiled, and what users said of addresses."""

    def __init__(self) -> None:
        self._by_size: dict[int, list[Contract]] = {}
        self._order: list[Contract] = []
        self._codes: dict[Hash32, tuple[Contract, ...]] = {}
        self._named: dict[DeployedAt, Contract] = {}
        self._creations: dict[tuple[Hash32, Address], Creation | None] = {}
        self._strangers: set[tuple[DeployedAt, Hash32]] = set()

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

    def name(self, place: DeployedAt, contract: Contract) -> None:
        """Take a user's word for what stands there."""
        self._named[place] = contract

    def is_named(self, place: DeployedAt) -> bool:
        """True if a user said what stands there."""
        return place in self._named

    def of_code(self, code: bytes, code_hash: Hash32 | None = None) -> tuple[Contract, ...]:
        """The versions that deployed ``code`` may be of, the latest first."""
        key = keccak(code) if code_hash is None else code_hash
        if key not in self._codes:
            candidates = self._by_size.get(len(code), ())
            exact = tuple(contract for contract in candidates if is_of(contract, code))
            self._codes[key] = exact or tuple(each for each in candidates if is_of(each, code, ignore_trailer=True))
        return self._codes[key]

    def creation_size(self, key: str, data: bytes) -> int | None:
        """Returns the length of the creation code with which ``data`` begins, of some version of this contract."""
        sizes = [
            len(creation.code)
            for contract in self._order
            if contract.key == key and (creation := contract.artifact.creation) is not None and creation.matches(data)
        ]
        return max(sizes, default=None)

    def find(self, node: Node) -> list[Deployed]:
        """All that is deployed and known, chain by chain in the order of addresses; with the proxies of each."""
        return [one for name, chain in chains_of(node).items() for one in self._find(name, chain)]

    def _find(self, name: str, chain: LocalChain) -> list[Deployed]:
        state = chain.sequencer.head_state()
        found: list[Deployed] = []
        proxies: dict[Address, list[Address]] = {}
        beacons: dict[Address, list[Address]] = {}
        said = {address: contract for (where, address), contract in self._named.items() if where == name}
        for address, code_hash in _contracts(chain, state, said):
            code = _code(state, code_hash)
            target = _delegates_to(chain, address, code)
            if target is not None:
                proxies.setdefault(target, []).append(address)
            elif beacon := _written(chain, address, BEACON_SLOT):
                beacons.setdefault(_address(beacon), []).append(address)
            candidates = self.of_code(code, code_hash)
            if candidates:
                found.append(_one_of(candidates, said.get(address), address, code, name))
            elif address in said:
                found.append(Deployed(address, said[address], code, certain=False, chain=name))
        for address, followers in beacons.items():
            target = _stands_for(chain, address)
            if target is not None:
                proxies.setdefault(target, []).extend(followers)
        found.sort(key=lambda deployed: deployed.address)
        return [replace(one, proxies=tuple(sorted(set(proxies.get(one.address, ()))))) for one in found]

    def look_alikes(self, node: Node, build: Build) -> Iterator[tuple[DeployedAt, Contract]]:
        """Contracts that are none of the versions, but have all functions of one in ``build``: it was compiled with
        other settings, or before this runs. Each is told once."""
        for name, chain in chains_of(node).items():
            state = chain.sequencer.head_state()
            for address, code_hash in _contracts(chain, state, ()):
                place = name, address
                if (place, code_hash) in self._strangers or place in self._named:
                    continue
                code = _code(state, code_hash)
                self._strangers.add((place, code_hash))
                if not self.of_code(code, code_hash) and _delegates_to(chain, address, code) is None:
                    alike = [contract for contract in build.values() if _has_functions(code, contract)]
                    if alike:
                        yield place, max(alike, key=lambda contract: len(contract.artifact.interface.functions))

    def built(self, chain: LocalChain, deployed: Deployed) -> Built | None:
        """Returns how ``chain`` created a contract; None if it did not, or not with a known version of its code."""
        try:
            block = block_of_code(chain, deployed.address)
            if block is None:
                return None
            key = (block.hash, deployed.address)
            if key not in self._creations:
                self._creations[key] = creation_in(chain, block, deployed.address)
        except PrefetchNeeded:
            raise
        except (StateUnavailable, UnknownBlock):  # a chain that was loaded without its history
            return None
        creation = self._creations[key]
        size = None if creation is None else self.creation_size(deployed.contract.key, creation.code)
        return None if creation is None or size is None else Built(creation, creation.code[size:])


def _one_of(
    candidates: Sequence[Contract], said: Contract | None, address: Address, code: bytes, chain: str
) -> Deployed:
    """The contract that a user says it is, if it can be; otherwise what was compiled last."""
    contract = next((each for each in candidates if said is not None and each.key == said.key), candidates[0])
    others = [each for each in candidates if each.key == contract.key and each.layout != contract.layout]
    twins = {each.key for each in candidates if said is None} - {contract.key}
    return Deployed(address, contract, code, chain=chain, doubles=tuple(others), twins=tuple(sorted(twins)))


def _contracts(chain: LocalChain, state: StateReader, named: Iterable[Address]) -> Iterator[tuple[Address, Hash32]]:
    """Every account with code that the chain holds itself, and those ``named``, wherever they are."""
    tip = chain.sequencer.tip
    changed = {} if tip.irregular is None else tip.irregular.accounts
    seen = set(changed)
    for address, account in tip.head.world.accounts():
        if address not in changed and account.code_hash != EMPTY_CODE_HASH:
            seen.add(address)
            yield address, account.code_hash
    for address, now in changed.items():
        if now is not None and now.code_hash != EMPTY_CODE_HASH:
            yield address, now.code_hash
    for address in named:
        there = state.account(address) if address not in seen else None
        if there is not None and there.code_hash != EMPTY_CODE_HASH:
            yield address, there.code_hash


def _code(state: StateReader, code_hash: Hash32) -> bytes:
    """b'' where a fork's upstream does not answer."""
    try:
        return state.code(code_hash)
    except PrefetchNeeded:
        raise
    except StateUnavailable:
        return b""


def _delegates_to(chain: LocalChain, address: Address, code: bytes) -> Address | None:
    """Returns the address whose code runs for ``address``, if it names one itself."""
    for before, behind in _CLONES:
        if code.startswith(before) and code.startswith(behind, len(before) + 20):
            return code[len(before) : len(before) + 20]
    if len(code) == 23 and code.startswith(_DELEGATION):
        return code[3:]
    word = _written(chain, address, IMPLEMENTATION_SLOT)
    return _address(word) if word else None


def _written(chain: LocalChain, address: Address, slot: int) -> int:
    """A word of storage as the chain itself holds it: a fork is not asked for what only upstream has."""
    tip = chain.sequencer.tip
    if tip.irregular is not None:
        now = tip.irregular.storage.get(address, {}).get(slot)
        if now is not None or address in tip.irregular.cleared:
            return now or 0
    return tip.head.world.storage_of(address).get(slot, 0)


def _stands_for(chain: LocalChain, beacon: Address) -> Address | None:
    """The implementation that a beacon tells its proxies."""
    env, state = chain.scene(Tag.LATEST)
    tx = TxEnv(sender=beacon, to=beacon, data=_IMPLEMENTATION, gas_limit=_BEACON_GAS)
    execution = calls.call(chain.engine, env, tx, state)
    output = execution.result.output
    return output[12:32] if execution.succeeded and len(output) == 32 else None


def _address(word: int) -> Address:
    return word.to_bytes(32, "big")[12:]


def _has_functions(code: bytes, contract: Contract) -> bool:
    """True if every selector of the contract stands in ``code``, where compilers leave out zeros in front."""
    functions = contract.artifact.interface.functions
    return contract.has_code and bool(functions) and all(selector.lstrip(b"\0") in code for selector in functions)


def _size(contract: Contract) -> int:
    runtime = contract.artifact.runtime
    assert runtime is not None
    return len(runtime.code) + contract.data_size


def named(build: Build, which: str) -> list[Contract]:
    """Contracts called ``which``, or ``path:which``."""
    return [contract for key, contract in build.items() if which in (key, contract.name)]
