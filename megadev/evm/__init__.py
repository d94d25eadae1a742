"""Executing transactions: the seam (``engine``), what each hardfork means (``rules``), what is asked of an engine
beyond mining (``calls``), and what contracts print (``console``). Third-party EVMs stay in ``engines``.

May import: errors, files, primitives, chain, state.

Start at ``engine``.
"""
