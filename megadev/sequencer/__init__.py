"""The single writer: the txpool, the block being built, and the sequencer that orders, executes and seals.

May import: clock, errors, primitives, chain, events, state, evm. Start reading at ``sequencer.py``: ``submit`` is the
path of a transaction, ``settle`` is what happens once its sender has been answered; ``faults`` is what it can be told
to do wrong; ``parallel`` has workers execute waiting transactions ahead of their turn.

Why one object owns all mutation: with one writer on one thread there are no locks, and "a receipt asked for after the
answer exists" is a matter of order, not of waiting.
"""
