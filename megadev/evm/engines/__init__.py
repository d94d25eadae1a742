"""The engines: the only place that may import a third-party EVM, and the only one where its types are seen.

Start at ``py_evm`` (the engine), then ``envelope`` (a transaction from first check to diff), ``machine`` (frames and
the run loop), ``operations`` (the opcodes outside the loop), ``traces`` (hot code, compiled) and ``journal`` (state
during a transaction). ``py_evm_machine`` runs the same frames in py-evm's loop, to compare.
"""
