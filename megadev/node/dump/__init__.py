"""Anvil's state dump, both ways: a JSON document of accounts, blocks, transactions and, where asked for, the state
after each block; and our values. ``document`` and what it is made of are pure functions; ``capture``, ``loading`` and
``files`` apply them to a running node.

A document as Anvil 1.7.1 writes it has::

    block               the environment of the last block: number, beneficiary, gas_limit (a number), basefee, …
    accounts            {address: {nonce (a number), balance, code, storage: {slot: word}}}, the state of now
    best_block_number   a number; where blocks of several chains are there, the chain that ends in it is meant
    blocks              [{header (as in RPC, without its hash), transactions, ommers, withdrawals}], in any order
    transactions        [{info, receipt, block_hash, block_number}]: what receipts are made of
    historical_states   null, or [[block hash, {accounts, storage, block_hashes}]], in the form revm keeps them
    l1                  ours alone, and nothing to Anvil: L1's own document, where the node has an L1
    settings            ours alone: what MegaETH's oracle reads, sizes of state buckets, keys of a changed sequencer
    adopted             ours alone: up to which of its blocks L2 has followed another L1 than that
    rollup              ours alone: what L1 and L2 do not say of each other by themselves (``rollup``)

Older files spell some of it differently (``coinbase``, ``ommersHash``, numbers as hex, transactions under their type's
name); they are read too. The chain id is in no file.

Why a block's hash is computed only from the fields that the file has: a chain that began under older rules has shorter
headers, and their hashes are over what was there. Where a child names another parent all the same, the child is right.
"""
