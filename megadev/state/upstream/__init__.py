"""Asking the node that is forked: JSON-RPC over HTTP, in batches, with patience and without noise.

``Upstream.ask`` (``client``) is the one door. It blocks, so it is called on threads that may wait. Below it ``policy``
knows who is asked, when and for how long, ``refusals`` what a node's errors mean, and ``http`` how bytes get there.

What can be mended by asking again (time-outs, 429 and its JSON-RPC kin, 5xx, answers cut short or garbled) is asked
again, of the next URL where there are several, after a pause that doubles and is jittered. A node that cannot be
reached at all is given up within a second. What cannot be mended is said at once. Every error names the URL with its
credentials hidden, the method, and what to do; what takes over a second is logged as a warning to ``megadev.upstream``.

Several URLs share the work: a request goes to the one that has the fewest under way, in turn where they are equal. One
that fails rests, longer each time, while another is well. What one node does not have (a block, its state, a method),
or refuses access to, is asked of each of the others before that counts.

Why no limit on the rate unless it is asked for or upstream complains: a local upstream and a paid one need none, and a
public one says so with its first 429, from which on the limit holds.
"""

from megadev.state.upstream.client import Call, Upstream
from megadev.state.upstream.http import origin_of, shown, url_trouble
from megadev.state.upstream.policy import BATCH, RequestPolicy

__all__ = ["BATCH", "Call", "RequestPolicy", "Upstream", "origin_of", "shown", "url_trouble"]
