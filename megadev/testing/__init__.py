"""Tests of contracts against a devnet. Owns the web3.py providers over the in-process client, and the pytest plugin.

May import: errors, primitives, chain, artifacts, config, events, evm, rollup, node, inspect, reload,
rpc, devnet, cli. Start reading at ``web3_provider.py``, or at ``plugin`` for pytest.
"""
