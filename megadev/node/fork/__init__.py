"""A fork of a live chain, as a value: which block of which node it begins with, and all that came before.

``request`` says what the settings fork, ``opening`` asks upstream (or a bundle) for the block and gives a ``Fork``: the
first block of the local chain, with a world that fetches the rest when it is asked for. ``history`` answers for
everything up to that block, ``bundle`` writes down what one run read, to be run without upstream.
Nothing here changes a chain. L2 and L1 are forked alike, each on its own; one bundle holds both.
"""

from megadev.node.fork.bundle import write_bundle
from megadev.node.fork.history import ForkHistory
from megadev.node.fork.opening import Fork, open_fork
from megadev.node.fork.request import ForkRequest, check_urls, fork_request, l1_fork_request, request_policy

__all__ = [
    "Fork",
    "ForkHistory",
    "ForkRequest",
    "check_urls",
    "fork_request",
    "l1_fork_request",
    "open_fork",
    "request_policy",
    "write_bundle",
]
