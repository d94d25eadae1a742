"""eth_resend: a waiting transaction once more, at another price."""

from __future__ import annotations

import msgspec

from megadev.chain.transactions import Transaction, UnsignedTransaction
from megadev.errors import InvalidParams, NotFound
from megadev.primitives.hexcodec import to_data
from megadev.rpc.codec import CallRequest, QuantityParam, Uint64Param
from megadev.rpc.dispatch import method
from megadev.rpc.filling import authorized, first_account, signing_key
from megadev.rpc.node import RpcNode
from megadev.rpc.sending import submitted

_SAME_NAME = ("to", "value", "data", "type", "access_list", "authorization_list", "max_fee_per_blob_gas")
_PRICES = ("max_fee_per_gas", "max_priority_fee_per_gas")


@method("eth_resend")
def eth_resend(
    node: RpcNode, request: CallRequest, gas_price: QuantityParam | None = None, gas: Uint64Param | None = None
) -> str:
    """Put a waiting transaction of an account held or impersonated here into the txpool again, with another price per
    gas or gas limit (0: as it was); the answer is the new hash.

    ``request`` must name the nonce, and whatever else it says must be so.
    """
    if request.nonce is None:
        raise InvalidParams("missing transaction nonce in transaction spec: it identifies the transaction to resend")
    sender = request.sender if request.sender is not None else first_account(node)
    for waiting in node.chain.pool.transactions():
        if waiting.sender == sender and waiting.nonce == request.nonce and _fits(waiting, request):
            tx = _again(node, waiting, gas_price or None, gas or None)
            return submitted(node, tx)
    raise NotFound(
        f"transaction not found: no pending transaction of {to_data(sender)} with nonce {request.nonce} matches"
    )


def _fits(waiting: Transaction, request: CallRequest) -> bool:
    given = {name: getattr(request, name) for name in (*_SAME_NAME, *_PRICES)}
    given["gas_limit"] = request.gas
    if request.gas_price is not None:
        given["max_fee_per_gas"] = request.gas_price
    return all(value is None or getattr(waiting, name) == value for name, value in given.items())


def _again(node: RpcNode, waiting: Transaction, gas_price: int | None, gas: int | None) -> Transaction:
    fields = {field.name: getattr(waiting, field.name) for field in msgspec.structs.fields(UnsignedTransaction)}
    if gas_price is not None:
        # a price that is given is a price that is paid: all of it that the base fee leaves goes to the builder
        fields["max_fee_per_gas"] = fields["max_priority_fee_per_gas"] = gas_price
    if gas is not None:
        fields["gas_limit"] = gas
    unsigned = UnsignedTransaction(**fields)
    sender = waiting.sender
    return authorized(unsigned, sender, None if waiting.is_impersonated else signing_key(node, sender))
