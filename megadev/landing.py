"""A node's pages for browsers: ``GET /`` (what runs here and how to reach it; no keys), the explorer and the
documentation; and the answer of ``GET /health``.
"""

from __future__ import annotations

import json
from functools import cache
from html import escape

from megadev import __version__
from megadev.node.accounts import KeyedAccount
from megadev.node.chain import LocalChain
from megadev.node.node import Node
from megadev.state.reader import StateReader

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:46em;margin:3em auto;padding:0 1em;color-scheme:light dark}"
    "code,td{font-family:ui-monospace,monospace;font-size:.92em}td,th{padding:.1em 1.2em .1em 0;text-align:left}"
)


HTML = b"text/html; charset=utf-8"
JSON = b"application/json"
METHODS = "/explorer/methods.json"
"""Where the explorer's playground finds the catalog of methods."""


PLAYGROUND = "/#/l2/rpc/"
"""The explorer's page of a method, whose name follows."""


def document(target: str, has_explorer: bool = True) -> tuple[str, bytes] | None:
    """Text and content type of what is at ``target``, query included: a file of the explorer's, where there is one, or
    a page of the documentation; None where there is neither.
    """
    from megadev.docs.html import answer as documentation  # what few nodes are asked for is loaded by those
    from megadev.explorer import asset

    if target == METHODS and has_explorer:
        return methods(), JSON
    found = asset(target) if has_explorer else None
    if found is None and (text := documentation(target, PLAYGROUND if has_explorer else "")) is not None:
        found = text, HTML
    return found


@cache
def methods() -> str:
    """The JSON-RPC methods that are offered, as the catalog has them."""
    from megadev.rpc.catalog import CATALOG

    rows = [
        {
            "name": entry.name,
            "aliases": entry.aliases,
            "group": entry.group,
            "params": entry.parameters,
            "result": entry.result,
            "status": entry.status,
            "writes": entry.writes,
        }
        for entry in CATALOG
        if entry.is_available
    ]
    return json.dumps(rows, separators=(",", ":"))


def landing_page(node: Node, chain: LocalChain) -> str:
    """A short HTML document without scripts: version, chain, URLs, accounts with balances in ETH."""
    name = _which(node, chain)[0]
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>megadev: {name}</title><style>{_STYLE}</style>"
        f"{landing(node, chain)}</html>"
    )


def landing(node: Node, chain: LocalChain) -> str:
    """Returns the text of that page."""
    state = chain.state(chain.head.number)
    facts = [
        ("Chain id", str(chain.spec.chain_id)),
        ("Rules", f"{chain.spec.name}, {chain.spec.hardfork.label}"),
        ("Block", str(chain.head.number)),
        *(("HTTP", url) for url in chain.urls),
        *(("WebSocket", url.replace("http", "ws", 1)) for url in chain.urls),
    ]
    name, about = _which(node, chain)
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts)
    accounts = "".join(
        f"<tr><td>{account.address}</td><td>{_balance(state, account)}</td></tr>"
        for account in node.accounts.keyed[:20]
    )
    return (
        f"<h1>megadev {escape(__version__)}: {name}</h1><p>{about} Point a wallet or library at the URLs below; "
        f"JSON-RPC requests are POSTed to this address.</p><table>{rows}</table>"
        f"<h2>Accounts</h2><table><tr><th>Address</th><th>ETH</th></tr>{accounts}</table>"
    )


def _which(node: Node, chain: LocalChain) -> tuple[str, str]:
    """Returns the chain's name and kind, and the other chain's URL, as HTML."""
    if chain is node.l1:
        return "L1", f"The local L1 that the rollup settles on. The rollup itself (L2) is {_link(node.l2)}."
    if node.l1 is None:
        return "L2", "A local rollup node."
    return "L2", f"A local rollup node. The L1 that it settles on is {_link(node.l1)}."


def _link(chain: LocalChain) -> str:
    if not chain.urls:
        return f"chain {chain.spec.chain_id}"
    url = escape(chain.urls[0])
    return f'at <a href="{url}">{url}</a>'


def health(chain: LocalChain) -> dict[str, object]:
    """For readiness checks: 200 with the head's number and the chain id."""
    return {"status": "ok", "chainId": chain.spec.chain_id, "block": chain.head.number}


def _balance(state: StateReader, account: KeyedAccount) -> str:
    """In ETH, with up to six decimals."""
    found = state.account(account.raw_address)
    whole, rest = divmod(found.balance if found is not None else 0, 10**18)
    return f"{whole:,}" + (f".{rest:018d}"[:7].rstrip("0").rstrip(".") if rest else "")
