"""Acting on L1 for who asks: a call of a contract there, as an ordinary transaction of an account."""

from __future__ import annotations

from msgspec.structs import replace

from megadev.node.chain import LocalChain
from megadev.primitives.types import Address, Wei
from megadev.rpc.codec import CallRequest
from megadev.rpc.filling import authorized, completed, signing_key
from megadev.rpc.node import RpcNode
from megadev.rpc.sending import submitted


def act_on_l1(node: RpcNode, l1: LocalChain, sender: Address | None, to: Address, data: bytes, value: Wei = 0) -> None:
    """Send a call from ``sender``: an account that is held or impersonated here, or one of the chains' own; the first
    one where it is None. Where L1's blocks wait, so does the call.

    Raises what an estimate of it does, and ``UnknownSigner`` for who cannot act here.
    """
    node.node.between_blocks()
    on_l1 = replace(node, chain=l1)
    unsigned, who = completed(on_l1, CallRequest(sender=sender, to=to, value=value, data=data), forgiving=False)
    keys = {account.raw_address: account.raw_key for account in node.node.roles.on_l1}
    submitted(on_l1, authorized(unsigned, who, keys.get(who) or signing_key(on_l1, who)))
    l1.sequencer.settle()
