"""Executing transactions: the seam (``engine``), what each hardfork means (``rules``), and what is asked of an engine
beyond mining (``calls``). Imports chain and state; third-party EVMs stay in ``engines``.

Start at ``engine``.
"""
