"""``megadev bench``: how fast a node is, alone or side by side with others.

May import: clock, errors, primitives, chain, config, evm, sequencer, rollup, node, inspect, rpc, devnet, cli. Start
reading at ``command.py`` (which nodes, in which order, and the table).
"""
