"""The command line: what a user types and sees. Owns the commands, their options and help, and the activity log.

May import: clock, docs, errors, explorer, files, primitives, chain, artifacts, config, events, state, evm, sequencer,
rollup, node, inspect, reload, rpc, landing, server, testing, devnet. Start reading at ``main.py``; each command has a
file of its own.

Why modules here import so little at the top: ``megadev --help`` must not load the EVM, and ``megadev up`` must answer
within a second. What a command needs is imported inside it.
"""
