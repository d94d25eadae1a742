"""JSON-RPC: bytes in, bytes out. Owns the envelope, the parameters, the table of methods and the table of errors.

Start with ``catalog`` (every method and its status), then ``dispatch`` (how a request becomes a call of a plain
function). ``codec`` says what a method's annotations may be, ``errors`` which exception answers with which code,
``methods`` holds the methods themselves, ``streams`` what can be subscribed to, ``flashblocks`` the same for other
clients, ``gateway`` the public endpoint's limits and ``gateway_limits`` their table, ``client`` the way in without a
socket. Knows nothing of HTTP, WebSockets or files.

May import: clock, errors, primitives, chain, artifacts, config, events, state, evm, sequencer, rollup, node, inspect.

Why methods are plain functions and not a class: a method is three lines that decode nothing and format nothing, and a
reader looks for it by its name.
"""
