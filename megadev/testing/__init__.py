"""What projects use to test their contracts against a devnet. Owns the in-process client, the web3.py providers over
it, and the pytest plugin.

May import: everything up to ``rpc``; the plugin, a package of its own, also ``Devnet`` and ``cli``. Start reading at
``client.py``, or at ``plugin`` for pytest.
"""
