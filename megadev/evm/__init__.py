"""Executing transactions: the seam (``engine``), what each hardfork means (``rules``), what is asked of an engine
beyond mining (``calls``), and what contracts print (``console``). Imports chain and state; third-party EVMs stay in
``engines``.

Start at ``engine``.
"""
