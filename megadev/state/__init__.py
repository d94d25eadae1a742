"""The state of accounts, and its changes: by applying a ``StateDiff``, and in no other way.

May import: clock, errors, files, primitives, chain. Start with ``reader``, what an execution may ask; ``world`` is
sealed state (immutable, with roots and proofs); ``overlay`` lays diffs over a reader for whatever is not sealed yet.

A fork's state: ``upstream`` asks another node, ``answers`` keeps what it said (cache and bundles), ``remote`` is its
state at one block, and ``fork_world`` a world on top of that.

Why immutable worlds: a snapshot, a historical read, a revert and a proof at any block are then a reference to an old
value. Applying a diff costs what the diff holds, whatever the size of the state.
"""
