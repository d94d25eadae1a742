"""The vocabulary below every rule: named bytes and integers, their encodings, hashes, signatures and tries.

May import: errors. Everything here is a pure function of its arguments (caches are by content) or an immutable value;
start with ``types`` for the names, ``rlp`` and ``trie`` for what makes a block hash.

Why our own RLP, trie and ABI where libraries exist: the first two run several times for every transaction, and the
libraries' versions cost more than the transaction's execution; the ABI is needed at start, and ``eth_abi`` takes longer
to import than the node takes to start. The libraries are the oracles of our tests instead.
"""
