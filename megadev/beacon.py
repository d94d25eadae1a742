"""The beacon REST API, as far as tools need it to fetch blobs.

Only the three paths such tools use (https://ethereum.github.io/beacon-APIs). A slot is a block number here, for there
are no empty slots; validators, and with them signatures and inclusion proofs, do not exist.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import msgspec

from megadev.chain.blocks import BlockRef, Tag
from megadev.chain.transactions import blobs_of
from megadev.node.chain import LocalChain
from megadev.primitives.hexcodec import to_data

PREFIX = "/eth/v1/beacon/"
_NAMES: dict[str, BlockRef] = {"head": Tag.LATEST, "genesis": Tag.EARLIEST, "finalized": Tag.FINALIZED}


def beacon_answer(chain: LocalChain, path: str) -> tuple[int, str] | None:
    """Status and JSON for a GET of ``path`` (query included); None where it is none of these paths."""
    where, _, query = path.partition("?")
    if not where.startswith(PREFIX):
        return None
    match where.removeprefix(PREFIX).split("/"):
        case ["genesis"]:
            return _ok(
                {
                    "data": {
                        "genesis_time": str(chain.store.genesis.header.timestamp),
                        "genesis_validators_root": to_data(bytes(32)),
                        "genesis_fork_version": "0x00000000",
                    }
                }
            )
        case ["blob_sidecars", _]:
            return _refused(410, "This endpoint is deprecated. Use `GET /eth/v1/beacon/blobs/{block_id}` instead.")
        case ["blobs", block_id]:
            return _blobs(chain, block_id, parse_qs(query).get("versioned_hashes", []))
    return _refused(404, "this node does not serve that path of the beacon API")


def _blobs(chain: LocalChain, block_id: str, wanted: list[str]) -> tuple[int, str]:
    ref = _block_ref(block_id)
    if ref is None:
        return _refused(400, f"Invalid block ID: {block_id}")
    block = chain.find_block(ref)
    if block is None:
        return _refused(404, "Block not found")
    hashes = {part.lower() for item in wanted for part in item.split(",")}
    blobs = [blob for known, blob in blobs_of(block.transactions) if not hashes or to_data(known) in hashes]
    final = chain.block(Tag.FINALIZED).number >= block.number
    return _ok({"execution_optimistic": False, "finalized": final, "data": [to_data(blob) for blob in blobs]})


def _block_ref(block_id: str) -> BlockRef | None:
    """A name, a slot in decimal, or a block's hash."""
    if block_id in _NAMES:
        return _NAMES[block_id]
    if block_id.isascii() and block_id.isdecimal() and len(block_id) <= 20:
        return int(block_id)
    if block_id.startswith("0x") and len(block_id) == 66:
        try:
            return bytes.fromhex(block_id[2:])
        except ValueError:
            return None
    return None


def _ok(answer: dict[str, Any]) -> tuple[int, str]:
    return 200, msgspec.json.encode(answer).decode()


def _refused(status: int, message: str) -> tuple[int, str]:
    return status, msgspec.json.encode({"code": status, "message": message}).decode()
