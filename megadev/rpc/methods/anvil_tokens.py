"""anvil_* and hardhat_*: balances and allowances of ERC-20 tokens, changed at will.

Amounts are in the token's smallest unit. Each change is a ``StateDiff`` with cause ``cheat``; how the storage word is
found stands in ``node/tokens``.
"""

from __future__ import annotations

from megadev.inspect import tokens
from megadev.rpc.codec import AddressParam, QuantityParam
from megadev.rpc.dispatch import method
from megadev.rpc.node import RpcNode


@method("anvil_dealERC20")
def anvil_dealERC20(node: RpcNode, holder: AddressParam, token: AddressParam, amount: QuantityParam) -> None:
    """Give an account exactly so much of a token; the total supply stays."""
    tokens.set_token_balance(node.chain, token, holder, amount)


@method("anvil_setERC20Allowance")
def anvil_setERC20Allowance(
    node: RpcNode, owner: AddressParam, spender: AddressParam, token: AddressParam, amount: QuantityParam
) -> None:
    """Let an account spend exactly so much of another's tokens."""
    tokens.set_token_allowance(node.chain, token, owner, spender, amount)
