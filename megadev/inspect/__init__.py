"""Read-only analysis of a chain: replays, simulations, stack traces, witnesses, access lists, appearances.

May import: errors, primitives, chain, artifacts, state, evm, sequencer, rollup, node. Start reading at ``replay.py``,
which most of the others stand on.
"""
