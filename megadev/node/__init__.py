"""A running node without any transport: chains wired up, accounts with keys, cheats and snapshots, and why executions
went as they did.

May import: clock, errors, files, primitives, chain, artifacts, config (it stops here), events, state, evm, sequencer,
rollup. Start reading at ``node.py`` (what a node is made of), then ``chain.py`` (one chain wired up and what can be
asked of it).
"""
