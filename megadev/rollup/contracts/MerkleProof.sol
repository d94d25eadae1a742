// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// Inclusion in a secure Merkle-Patricia trie (Yellow Paper, appendices B and D), such as the storage of an account.

/// An empty input where an RLP item should be.
error EmptyItem();

/// An RLP item longer than what holds it.
error ContentLengthMismatch();

/// An RLP header that is not the shortest one.
error InvalidHeader();

/// Bytes after the end of a node.
error InvalidDataRemainder();

error UnexpectedList();

error UnexpectedString();

/// An RLP item inside `bytes`: `start` is its header, `offset` its payload.
struct Item {
    uint256 start;
    uint256 offset;
    uint256 length;
    bool isList;
}

/// The RLP item at `start` of `data`, none of which may lie at or after `end`.
function readItem(bytes memory data, uint256 start, uint256 end) pure returns (Item memory item) {
    if (start >= end) revert EmptyItem();
    uint256 prefix = uint8(data[start]);
    item.start = start;
    item.isList = prefix >= 0xc0;
    if (prefix < 0x80) {
        item.offset = start;
        item.length = 1;
        return item;
    }
    item.offset = start + 1;
    item.length = prefix - (item.isList ? 0xc0 : 0x80);
    if (item.length > 55) {
        uint256 width = item.length - 55;
        item.offset += width;
        if (item.offset > end) revert ContentLengthMismatch();
        item.length = 0;
        for (uint256 i = start + 1; i < item.offset; ++i) {
            item.length = (item.length << 8) | uint8(data[i]);
        }
        if (item.length < 56 || item.length >> (8 * (width - 1)) == 0) revert InvalidHeader();
    }
    if (item.length > end - item.offset) revert ContentLengthMismatch();
    if (!item.isList && item.length == 1 && uint8(data[item.offset]) < 0x80) revert InvalidHeader();
}

/// How far a proof has been followed: `node` inside `data` is next, `used` nodes of the proof and `depth` nibbles of the
/// key lie behind it.
struct Walk {
    bytes data;
    Item node;
    uint256 used;
    uint256 depth;
}

/// Whether the trie with this `root` holds `value` under `key` (the hash of the slot, for storage).
///
/// `proof` holds the nodes from the root on. A node shorter than 32 bytes stands inside its parent; it may be repeated
/// in `proof`, as some clients do, or left out, as eth_getProof does.
function provesInclusion(bytes32 key, bytes memory value, bytes[] memory proof, bytes32 root) pure returns (bool) {
    Walk memory walk;
    if (!_descend(walk, proof, root)) return false;
    while (true) {
        (uint256 count, Item[17] memory items) = _members(walk.data, walk.node);
        Item memory child;
        if (count == 17) {
            if (walk.depth == 64) return false; // every key is 64 nibbles long: no branch ends one
            child = items[_nibble(key, walk.depth)];
            walk.depth += 1;
        } else if (count == 2) {
            (bool matches, bool isLeaf) = _follow(walk, items[0], key);
            if (!matches) return false;
            child = items[1];
            if (isLeaf) {
                if (child.isList) revert UnexpectedList();
                bool isValue = _hash(walk.data, child.offset, child.length) == keccak256(value);
                return isValue && walk.depth == 64 && walk.used == proof.length;
            }
        } else {
            return false;
        }
        if (child.isList) {
            uint256 size = child.offset + child.length - child.start;
            if (size >= 32) return false;
            walk.node = child;
            if (walk.used < proof.length && keccak256(proof[walk.used]) == _hash(walk.data, child.start, size)) {
                walk.used += 1;
            }
        } else if (child.length != 32 || !_descend(walk, proof, _word(walk.data, child.offset))) {
            return false;
        }
    }
    return false;
}

/// Goes on to the next node of the proof, which must be the one with that hash.
function _descend(Walk memory walk, bytes[] memory proof, bytes32 hash) pure returns (bool) {
    if (walk.used == proof.length || keccak256(proof[walk.used]) != hash) return false;
    walk.data = proof[walk.used];
    walk.used += 1;
    walk.node = readItem(walk.data, 0, walk.data.length);
    if (walk.node.offset + walk.node.length != walk.data.length) revert InvalidDataRemainder();
    if (!walk.node.isList) revert UnexpectedString();
    return true;
}

/// The items of a list; no node has more than 17.
function _members(bytes memory data, Item memory list) pure returns (uint256 count, Item[17] memory items) {
    uint256 at = list.offset;
    uint256 end = list.offset + list.length;
    while (at < end) {
        if (count == 17) revert InvalidDataRemainder();
        items[count] = readItem(data, at, end);
        at = items[count].offset + items[count].length;
        count += 1;
    }
}

/// Goes along a node's path (hex-prefix encoded), which must be how the key goes on.
function _follow(Walk memory walk, Item memory path, bytes32 key) pure returns (bool matches, bool isLeaf) {
    if (path.isList) revert UnexpectedList();
    if (path.length == 0) return (false, false);
    uint256 first = uint8(walk.data[path.offset]);
    isLeaf = first & 0x20 != 0;
    uint256 skip = first & 0x10 != 0 ? 1 : 2; // an even path leaves the first byte's second nibble zero
    if (first >= 0x40 || (skip == 2 && first & 0x0f != 0)) return (false, false);
    uint256 end = 2 * path.length;
    if (end - skip > 64 - walk.depth) return (false, false);
    for (uint256 i = skip; i < end; ++i) {
        uint256 pair = uint8(walk.data[path.offset + i / 2]);
        if ((i % 2 == 0 ? pair >> 4 : pair & 0x0f) != _nibble(key, walk.depth)) return (false, false);
        walk.depth += 1;
    }
    matches = true;
}

function _nibble(bytes32 key, uint256 index) pure returns (uint256) {
    return (uint256(key) >> (252 - 4 * index)) & 0x0f;
}

function _hash(bytes memory data, uint256 offset, uint256 length) pure returns (bytes32 hash) {
    assembly ("memory-safe") {
        hash := keccak256(add(add(data, 0x20), offset), length)
    }
}

function _word(bytes memory data, uint256 offset) pure returns (bytes32 word) {
    assembly ("memory-safe") {
        word := mload(add(add(data, 0x20), offset))
    }
}
