"""Tracers of executions: one module per tracer, each a ``Tracer`` of the engine seam.

Start with ``call_tree``: the frames of a transaction, which most of the others are another view of. Tracers keep
values; how they are written as JSON is ``rpc``'s business. They may import what ``evm`` may, and no engine.
"""
