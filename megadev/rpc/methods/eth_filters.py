"""eth_*: filters that a client polls. What they remember is ``rpc/filters``' business."""

from __future__ import annotations

from megadev.chain.documents import JsonObject
from megadev.rpc.codec import BoolParam, FilterParam, LogFilter, StringParam
from megadev.rpc.dispatch import method
from megadev.rpc.log_queries import logs_in_range, logs_of_history
from megadev.rpc.node import RpcNode


@method("eth_newFilter")
def eth_newFilter(node: RpcNode, filter_: FilterParam | None = None) -> str:
    """Watch logs; with ``fromBlock`` given, the first poll also brings those that exist already."""
    return node.filters.add_logs(node.chain, filter_ if filter_ is not None else LogFilter())


@method("eth_newBlockFilter")
def eth_newBlockFilter(node: RpcNode) -> str:
    """Watch for blocks."""
    return node.filters.add_blocks(node.chain)


@method("eth_newPendingTransactionFilter")
def eth_newPendingTransactionFilter(node: RpcNode, full: BoolParam = False) -> str:
    """Watch the txpool: hashes, or with ``full`` whole transactions."""
    return node.filters.add_pending(full=full)


@method("eth_getFilterChanges")
def eth_getFilterChanges(node: RpcNode, filter_id: StringParam) -> list[JsonObject] | list[str]:
    """The logs, block hashes or transactions since the last poll."""
    filters = node.filters
    older = filters.unread_history(node.chain, filter_id)
    earlier = None if older is None else logs_of_history(node.chain, older)  # nothing is read yet, should this fail
    changes = filters.changes(node.chain, filter_id)
    return changes if earlier is None else [*earlier, *changes]


@method("eth_getFilterLogs")
def eth_getFilterLogs(node: RpcNode, filter_id: StringParam) -> list[JsonObject]:
    """Everything a log filter matches, read or not."""
    return logs_in_range(node, node.filters.criteria(filter_id))


@method("eth_uninstallFilter")
def eth_uninstallFilter(node: RpcNode, filter_id: StringParam) -> bool:
    """Remove a filter; false if its id is unknown."""
    return node.filters.remove(filter_id)
