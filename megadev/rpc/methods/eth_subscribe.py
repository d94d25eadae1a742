"""eth_subscribe and eth_unsubscribe: notifications over a connection that stays (WebSocket or IPC).

``newHeads`` · ``logs`` {address, topics} · ``newPendingTransactions`` (hashes; whole with ``true`` or
``{"includeTransactions": true}``), each once, when the txpool takes it · ``transactionReceipts``
{transactionHashes}, a list for each block · ``syncing``, which says ``false`` once · ``miniBlocks``, each with its
transactions, receipts and the sequencer's signature · ``stateChanges`` [address…], one for each account that a
mini-block changed · ``preconfirmations``, a list for each mini-block with the nanoseconds that each of its
transactions took, from arrival to receipt · ``lostPreconfirmations`` · ``contractReloads``, what hot reload changed ·
``replicaUpdates``, what a replica is told (``node/replication``).
With ``fromBlock`` at ``pending`` or ``latest``, logs come with their mini-block, where the chain has those before its
blocks; their block's hash is all ``ff`` then.
After blocks left the chain, subscribers get their logs again with ``removed`` true, then the head that is left. Where
a crash lost what was preconfirmed they get the notice, early logs again with ``removed`` true, and accounts as they are
again.
What each of them says stands in ``rpc/streams``.
"""

from __future__ import annotations

from megadev.errors import MethodUnavailable
from megadev.rpc.codec import AnyParam, StringParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode
from megadev.rpc.session import Session
from megadev.rpc.streams import choice_of


@method("eth_subscribe")
def eth_subscribe(node: RpcNode, kind: StringParam, options: AnyParam = None) -> str:
    """Subscribe this connection to ``kind`` and return the subscription's id."""
    session = _session(node)
    return node.subscriptions.add(session, kind, choice_of(kind, options))


@method("eth_unsubscribe")
def eth_unsubscribe(node: RpcNode, subscription_id: StringParam) -> bool:
    """End a subscription of this connection."""
    node.subscriptions.remove(_session(node), subscription_id)
    return True


def _session(node: RpcNode) -> Session:
    if node.session is None:
        raise MethodUnavailable("notifications not supported over HTTP: connect by WebSocket (same port) or IPC")
    return node.session
