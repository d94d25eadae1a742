"""What accounts hold, and how that changes: by applying a ``StateDiff``, and in no other way.

Imports ``primitives`` and ``errors`` only. Start with ``reader``, what an execution may ask; ``world`` is sealed state
(immutable, with roots and proofs); ``overlay`` lays diffs over a reader for whatever is not sealed yet.

Why immutable worlds: a snapshot, a historical read, a revert and a proof at any block are then a reference to an old
value. Applying a diff costs what the diff holds, whatever the size of the state.
"""
