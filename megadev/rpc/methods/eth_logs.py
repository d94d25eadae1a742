"""eth_getLogs, and the search behind every log query.

Where a block is open while transactions arrive, ``pending`` is that block: its logs are found as they are executed,
with a block hash of ``ff`` throughout. Everywhere else the pending block has no logs to show, and counts as the head.

A range that is upside down or ends beyond the head is refused, as the execution API's records have it; an installed
filter goes on, and finds nothing there.
"""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.rpc.codec import FilterParam
from megadev.rpc.dispatch import method
from megadev.rpc.log_queries import check_range, logs_in_range
from megadev.rpc.node import RpcNode


@method("eth_getLogs")
def eth_getLogs(node: RpcNode, filter_: FilterParam) -> list[JsonObject]:
    """Logs, oldest first: of sealed blocks, and at ``pending`` of the open one."""
    check_range(node.chain, filter_)
    return logs_in_range(node, filter_)
