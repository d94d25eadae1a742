"""The chain, apart from its state: transactions, receipts, headers, fees, genesis and the store of sealed blocks.

May import: errors, primitives, state (only as the type of ``SealedBlock.world``). Start reading with ``spec`` (what
makes one chain differ from another), then ``transactions`` and ``blocks``; ``store`` is the only thing here that
changes.

Why decoding, recovery and validation of a transaction are pure functions of bytes and a ``ChainSpec``: they run before
the single writer is asked, in any thread, and say the same for the L1 and the L2.
"""
