"""What looks at a chain and changes nothing: replays, simulations, stack traces, witnesses, access lists, appearances.

May import: errors, primitives, chain, artifacts, state, evm, sequencer, rollup, node. Start reading at ``replay.py``,
which most of the others stand on.
"""
