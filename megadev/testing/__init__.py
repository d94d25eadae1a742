"""What projects use to test their contracts against a devnet. Owns the pytest plugin (and, as they arrive, strategies
and the in-process client).

May import: everything below the server. Start reading at ``plugin.py``.
"""
