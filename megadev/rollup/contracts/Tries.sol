// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {_hash, _members, _word, Item, readItem} from "./MerkleProof.sol";

// What stands under a key in a Merkle-Patricia trie whose keys have any length, such as those of a block's transactions
// and receipts; also that nothing does. And the fields of headers and receipts.

/// A node that does not have the hash it is known by, or one too few or too many.
error InvalidTrieProof();

bytes32 constant EMPTY_TRIE = keccak256(hex"80");

/// How far a proof has been followed: `node` inside `data` is next; `used` nodes and `depth` nibbles lie behind it.
struct Path {
    bytes data;
    Item node;
    uint256 used;
    uint256 depth;
}

/// What the trie with this `root` holds under `key`; empty where it holds nothing. `proof`: the nodes from the root to
/// where the key ends, or stops being one. Reverts where they do not tell.
function lookUp(bytes memory key, bytes[] memory proof, bytes32 root) pure returns (bytes memory value) {
    if (root == EMPTY_TRIE && proof.length == 0) return value;
    Path memory path;
    _enter(path, proof, root);
    while (true) {
        (uint256 count, Item[17] memory items) = _members(path.data, path.node);
        Item memory child;
        if (count == 17) {
            if (path.depth == 2 * key.length) return _last(path, items[16], proof);
            child = items[_nibbleOf(key, path.depth)];
            path.depth += 1;
        } else if (count == 2) {
            (bool matches, bool isLeaf) = _along(path, items[0], key);
            if (!matches) return _last(path, Item(0, 0, 0, false), proof);
            if (isLeaf) return _last(path, items[1], proof);
            child = items[1];
        } else {
            revert InvalidTrieProof();
        }
        if (child.isList) path.node = child; // a node of less than 32 bytes stands inside its parent
        else if (child.length == 0) return _last(path, Item(0, 0, 0, false), proof);
        else if (child.length == 32) _enter(path, proof, _word(path.data, child.offset));
        else revert InvalidTrieProof();
    }
}

function _enter(Path memory path, bytes[] memory proof, bytes32 hash) pure {
    if (path.used == proof.length || keccak256(proof[path.used]) != hash) revert InvalidTrieProof();
    path.data = proof[path.used];
    path.used += 1;
    path.node = readItem(path.data, 0, path.data.length);
    if (!path.node.isList || path.node.offset + path.node.length != path.data.length) revert InvalidTrieProof();
}

/// The end of a proof: all of it must have been needed.
function _last(Path memory path, Item memory item, bytes[] memory proof) pure returns (bytes memory) {
    if (path.used != proof.length || item.isList) revert InvalidTrieProof();
    return slice(path.data, item.offset, item.length);
}

/// Goes along a node's path (hex-prefix encoded) as far as the key has it.
function _along(Path memory path, Item memory encoded, bytes memory key)
    pure
    returns (bool matches, bool isLeaf)
{
    if (encoded.isList || encoded.length == 0) revert InvalidTrieProof();
    uint256 first = uint8(path.data[encoded.offset]);
    if (first >= 0x40) revert InvalidTrieProof();
    isLeaf = first & 0x20 != 0;
    uint256 end = 2 * encoded.length;
    uint256 left = 2 * key.length - path.depth;
    for (uint256 i = first & 0x10 != 0 ? 1 : 2; i < end; ++i) {
        uint256 pair = uint8(path.data[encoded.offset + i / 2]);
        if (left == 0 || (i % 2 == 0 ? pair >> 4 : pair & 0x0f) != _nibbleOf(key, path.depth)) return (false, isLeaf);
        path.depth += 1;
        left -= 1;
    }
    matches = !isLeaf || left == 0;
}

function _nibbleOf(bytes memory key, uint256 index) pure returns (uint256) {
    uint256 pair = uint8(key[index / 2]);
    return index % 2 == 0 ? pair >> 4 : pair & 0x0f;
}

function slice(bytes memory data, uint256 offset, uint256 length) pure returns (bytes memory part) {
    part = new bytes(length);
    assembly ("memory-safe") {
        mcopy(add(part, 0x20), add(add(data, 0x20), offset), length)
    }
}

/// The RLP of a number, which is the key of what has that place in a block.
function encodeNumber(uint256 number) pure returns (bytes memory) {
    if (number == 0) return hex"80";
    uint256 size = 0;
    for (uint256 left = number; left != 0; left >>= 8) {
        size += 1;
    }
    bytes memory digits = slice(abi.encodePacked(number), 32 - size, size);
    return number < 0x80 ? digits : abi.encodePacked(uint8(0x80 + size), digits);
}

/// What of a block's header is asked for here.
struct Header {
    bytes32 parentHash;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    uint256 number;
    uint256 timestamp;
}

function decodeHeader(bytes memory encoded) pure returns (Header memory header) {
    Item memory list = readItem(encoded, 0, encoded.length);
    uint256 at = list.offset;
    for (uint256 field = 0; field < 12; ++field) {
        Item memory item = readItem(encoded, at, list.offset + list.length);
        at = item.offset + item.length;
        if (field == 0) header.parentHash = _word(encoded, item.offset);
        else if (field == 4) header.transactionsRoot = _word(encoded, item.offset);
        else if (field == 5) header.receiptsRoot = _word(encoded, item.offset);
        else if (field == 8) header.number = numberIn(encoded, item);
        else if (field == 11) header.timestamp = numberIn(encoded, item);
    }
}

/// The gas that a block's transactions used up to and with the one that has this receipt (consensus encoding).
function cumulativeGas(bytes memory receipt) pure returns (uint256) {
    uint256 start = uint8(receipt[0]) < 0x80 ? 1 : 0; // EIP-2718
    Item memory list = readItem(receipt, start, receipt.length);
    Item memory status = readItem(receipt, list.offset, receipt.length);
    return numberIn(receipt, readItem(receipt, status.offset + status.length, receipt.length));
}

function numberIn(bytes memory data, Item memory item) pure returns (uint256) {
    if (item.isList || item.length > 32) revert InvalidTrieProof();
    return item.length == 0 ? 0 : uint256(_word(data, item.offset)) >> (8 * (32 - item.length));
}
