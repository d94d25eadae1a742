"""The crash-safe store: a directory in which a node keeps its chains, block by block, while it runs.

``records`` says what is written, ``database`` how (SQLite in WAL mode, each row with a checksum), ``capture`` takes
what is new of a running node, ``recorder`` writes it on a thread of its own, and ``recovery`` makes a node what a store
says.

Why a moment is one database transaction: both chains, what waits in the txpools and everything that was set belong
together, and a process that is killed leaves the last moment that was written whole.

Why the head is compared and not each event written: whatever leaves a chain (a revert, a reorganisation, a reset, a
loaded dump) is told by one event with the first number that is gone. All above it is written again.
"""
