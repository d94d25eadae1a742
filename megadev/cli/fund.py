"""``megadev fund``: ether or tokens for an account of a running node."""

from __future__ import annotations

import re
from decimal import Context, Decimal

import click

from megadev.cli.client import CallFailed, call
from megadev.cli.options import Command, read_address, rpc_url_option
from megadev.config.kinds import Ether, wei_in
from megadev.errors import ConfigError, MegadevError
from megadev.primitives.abi import decode, encode_call
from megadev.primitives.hexcodec import checksum_address, to_data

_EXACT = Context(prec=100)
"""More digits than any number of 256 bits has."""


class NoToken(MegadevError):
    """The contract does not answer as an ERC-20 token does."""


@click.command(cls=Command, short_help="Fund an account of a running node with ether or tokens.")
@click.argument("address")
@click.argument("amount")
@click.option("--token", metavar="ADDRESS", help="Add units of this ERC-20 token instead of ether.")
@rpc_url_option
def fund(address: str, amount: str, token: str | None, rpc_url: str) -> None:
    """Add AMOUNT to the balance of ADDRESS and print the new balance.

    AMOUNT is in ETH; with --token, in that token's units, by its decimals. A token's total supply does not change.

    \b
      megadev fund 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 10
      megadev fund 0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045 2500.5 --token 0x5FbDB2315678afecb367f032d93F642f64180aa3
    """
    shown = checksum_address(read_address("ADDRESS", address))
    if token is None:
        try:
            wei = wei_in(Ether().read(amount))
        except ValueError as problem:
            raise ConfigError(f"AMOUNT: {problem}") from None
        call(rpc_url, "anvil_addBalance", [address, hex(wei)])
        balance, decimals, symbol = int(call(rpc_url, "eth_getBalance", [address, "latest"]), 16), 18, "ETH"
    else:
        read_address("--token", token)
        balance, decimals, symbol = _deal(rpc_url, token, address, amount)
    click.echo(f"{shown} has {_shown(balance, decimals)} {symbol} now")


def _deal(url: str, token: str, holder: str, amount: str) -> tuple[int, int, str]:
    """Give; what the holder has then, in the smallest unit, with the token's decimals and symbol."""
    decimals = _number(url, token, encode_call("decimals()"))
    units = _units(amount, decimals)
    asked = encode_call("balanceOf(address)", bytes.fromhex(holder[2:]))
    total = _number(url, token, asked) + units
    call(url, "anvil_dealERC20", [holder, token, hex(total)])
    return _number(url, token, asked), decimals, _symbol(url, token)


def _number(url: str, token: str, data: bytes) -> int:
    """The number that a token answers with. Raises NoToken."""
    try:
        answer = bytes.fromhex(call(url, "eth_call", [{"to": token, "data": to_data(data)}, "latest"])[2:])
    except CallFailed as failure:
        if failure.code is None:
            raise
        raise NoToken(f"no token at {token}: {failure}") from None
    if len(answer) < 32:
        raise NoToken(f"no token at {token}: the contract lacks decimals() or balanceOf(address)")
    return int.from_bytes(answer[:32], "big")


def _symbol(url: str, token: str) -> str:
    """Returns the token's symbol; 'tokens' if it has none."""
    try:
        answer = call(url, "eth_call", [{"to": token, "data": to_data(encode_call("symbol()"))}, "latest"])
        (symbol,) = decode(["string"], bytes.fromhex(answer[2:]))
    except (CallFailed, ValueError):
        return "tokens"
    text = str(symbol)
    return text if text.isprintable() and text.strip() and len(text) <= 32 else "tokens"


def _units(amount: str, decimals: int) -> int:
    """An amount in a token's smallest unit. Raises ConfigError."""
    if not re.fullmatch(r"\d{1,78}(\.\d{1,78})?", amount, re.ASCII):
        raise ConfigError(f"AMOUNT: must be a number of tokens, not {amount!r}")
    scaled = Decimal(amount).scaleb(min(decimals, 255), Context(prec=500))
    if scaled != int(scaled):
        raise ConfigError(f"AMOUNT: has more decimals than the token's {decimals}: {amount!r}")
    return int(scaled)


def _shown(units: int, decimals: int) -> str:
    """An amount as people write it, every digit that is not a trailing 0."""
    text = f"{Decimal(units).scaleb(-min(decimals, 255), _EXACT):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
