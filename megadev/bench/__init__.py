"""``megadev bench``: how fast a node is, alone or side by side with others.

May import: clock, errors, primitives, chain, config, rollup, node, rpc, devnet, cli. Start reading at ``command.py``
(which nodes, in which order, and the table).
"""
