"""JSON-RPC's values as commands print them."""

from __future__ import annotations

from megadev.primitives.hexcodec import checksum_address


def number(quantity: str) -> str:
    """A quantity in decimal digits, with a comma after each thousand."""
    return f"{int(quantity, 16):,}"


def address(text: str) -> str:
    """An address in mixed-case hex (EIP-55)."""
    return checksum_address(bytes.fromhex(text[2:]))
