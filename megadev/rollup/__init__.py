"""What makes the L2 a rollup: the contracts of its bridge on both chains, and where they stand at genesis.

May import: errors, primitives, chain, state, config, events, evm, sequencer. Start reading at ``predeploys.py``.
"""
