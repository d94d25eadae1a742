"""What projects use to test their contracts against a devnet. Owns the web3.py providers over the in-process
client, and the pytest plugin.

May import: everything up to ``rpc``; the plugin, a package of its own, also ``Devnet`` and ``cli``. Start reading at
``web3_provider.py``, or at ``plugin`` for pytest.
"""
