"""megadev_*: storage and its changes by the names of the source; which contracts of the project stand on a chain, and
their sources."""

from __future__ import annotations

from itertools import chain as chain_of
from itertools import islice

from megadev.artifacts.artifact import Artifact
from megadev.chain.blocks import Tag
from megadev.chain.documents import JsonObject
from megadev.inspect.storage import (
    Named,
    Part,
    contracts_of,
    implementation_of,
    kept_accounts,
    kept_storage,
    known_contracts,
    named_changes,
    names_of,
)
from megadev.primitives.hexcodec import checksum_address, to_data, to_word
from megadev.rpc.codec import AddressParam, HashParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.tracing import Bounded, Budget

SLOTS_SHOWN = 1_000
"""Slots of one answer; further ones are asked for by how many come before."""
ACCOUNTS_GUESSED = 2_000
"""Accounts of the chain that are tried as keys of mappings."""


@method("megadev_getStateChanges")
def megadev_getStateChanges(node: RpcNode, tx_hash: HashParam) -> list[JsonObject]:
    """The changes of an included transaction: balances, nonces, code and storage of each account, before and after.

    Slots have the ``parts`` that changed in them, by name, type and value, where the layout is known: from the
    project's artifacts (``storageLayout`` or syntax trees, Vyper's ``layout``), and with --watch always. Raises
    ``NotFound`` for a transaction that is in no block.
    """
    budget = Budget(node.node.clock)
    found = named_changes(node.chain, node.node.artifacts, tx_hash, lambda tracer: Bounded(tracer, budget))
    return [_change(address, named) for address, named in found.items()]


def _change(address: bytes, named: Named) -> JsonObject:
    before, after = named.change.before, named.change.after
    then, now = (before.balance, before.nonce), (0, 0) if after is None else (after.balance, after.nonce)
    return {
        "address": to_data(address),
        "contract": named.contract or None,
        "isGone": after is None,
        "balance": _pair(then[0], now[0]),
        "nonce": _pair(then[1], now[1]),
        "codeChanged": after is None or before.code_hash != after.code_hash,
        "storage": [
            {
                "slot": to_word(slot),
                "before": to_word(old),
                "after": to_word(new),
                "parts": [
                    {"name": part.name, "type": part.type.label, "before": part.value(old), "after": part.value(new)}
                    for part in named.names.get(slot, ())
                    if part.value(old) != part.value(new)
                ],
            }
            for slot, (old, new) in named.change.storage.items()
        ],
    }


def _pair(before: int, after: int) -> JsonObject | None:
    """None for what is as it was."""
    return None if before == after else {"before": hex(before), "after": hex(after)}


@method("megadev_getStorage")
def megadev_getStorage(node: RpcNode, address: AddressParam, start: Uint64Param = 0) -> JsonObject:
    """An account's storage now, in the order of slots from number ``start`` on, 1,000 at most; ``total`` counts them.

    Slots have ``parts`` by name, type and value where the layout is known; keys of mappings are guessed among the
    chain's accounts and small numbers. On a fork only slots that were asked for before are there.
    """
    chain = node.chain
    slots = kept_storage(chain, address)
    shown = sorted(slots)[start : start + SLOTS_SHOWN]
    artifacts = contracts_of(chain.state(Tag.LATEST), node.node.artifacts, address)
    keyed = (account.raw_address for account in node.node.accounts.keyed)
    accounts = tuple(dict.fromkeys(islice(chain_of(keyed, kept_accounts(chain)), ACCOUNTS_GUESSED)))
    names = names_of(artifacts, shown, accounts=accounts)
    return {
        "contract": artifacts[-1].name if artifacts else None,
        "layoutKnown": any(artifact.layout is not None for artifact in artifacts),
        "total": len(slots),
        "slots": [
            {
                "slot": to_word(slot),
                "value": to_word(slots[slot]),
                "parts": [_part(part, slots[slot]) for part in names.get(slot, ())],
            }
            for slot in shown
        ],
    }


def _part(part: Part, word: int) -> JsonObject:
    return {"name": part.name, "type": part.type.label, "value": part.value(word)}


@method("megadev_listContracts")
def megadev_listContracts(node: RpcNode) -> list[JsonObject]:
    """The contracts on this chain that are known, by address; ``implementation`` of proxies and delegations."""
    state = node.chain.state(Tag.LATEST)
    found = []
    for address, artifacts in known_contracts(node.chain, node.node.artifacts):
        account = state.account(address)
        code = b"" if account is None else state.code(account.code_hash)
        behind = implementation_of(state, address, code)
        found.append(
            {
                "address": checksum_address(address),
                "name": artifacts[0].name,
                "source": artifacts[0].source_path,
                "implementation": None if behind is None else checksum_address(behind),
            }
        )
    return found


@method("megadev_getSources")
def megadev_getSources(node: RpcNode, address: AddressParam) -> dict[str, str]:
    """The source files of the code at an address, and of a proxy's implementation, by path: the contract's own first.
    Empty where they are not known. As they are on disk now.
    """
    found: dict[str, str] = {}
    for artifact in contracts_of(node.chain.state(Tag.LATEST), node.node.artifacts, address):
        for path, text in _sources(artifact):
            found.setdefault(path, text)
    return found


def _sources(artifact: Artifact) -> list[tuple[str, str]]:
    sources = sorted(artifact.details.sources.values(), key=lambda each: (each.path != artifact.source_path, each.path))
    return [(each.path, each.content.decode(errors="replace")) for each in sources if each.content]
