"""Keys the node holds: the dev accounts, keys added at run time, and the addresses it may impersonate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from megadev.errors import UnknownSigner
from megadev.primitives.hexcodec import checksum_address
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address


@dataclass(frozen=True, slots=True)
class KeyedAccount:
    """An account whose private key (32 bytes) is at hand."""

    raw_address: Address
    raw_key: bytes

    @property
    def address(self) -> str:
        """The checksummed address (EIP-55)."""
        return checksum_address(self.raw_address)

    @property
    def private_key(self) -> str:
        """0x-prefixed hex."""
        return "0x" + self.raw_key.hex()


class Accounts:
    """Who the node can sign or act for."""

    def __init__(self, keys: Iterable[bytes], *, auto_impersonate: bool = False) -> None:
        self.keyed = [KeyedAccount(address_of(key), key) for key in keys]
        self.impersonated: frozenset[Address] = frozenset()
        self.auto_impersonate = auto_impersonate
        self._keys = {account.raw_address: account.raw_key for account in self.keyed}

    @property
    def addresses(self) -> list[Address]:
        """What eth_accounts lists: keyed accounts first, then impersonated ones."""
        held = [account.raw_address for account in self.keyed]
        return held + sorted(self.impersonated.difference(held))

    def holds(self, address: Address) -> bool:
        """Whether the private key of ``address`` is at hand."""
        return address in self._keys

    def key_of(self, address: Address) -> bytes:
        """The private key of ``address``. Raises ``UnknownSigner``."""
        key = self._keys.get(address)
        if key is None:
            raise UnknownSigner(
                f"unknown account {checksum_address(address)}: no key is held for it; "
                "use a dev account, anvil_impersonateAccount, or send a signed transaction"
            )
        return key

    def may_impersonate(self, address: Address) -> bool:
        """Whether transactions from ``address`` are accepted without a signature."""
        return address in self.impersonated or (self.auto_impersonate and address not in self._keys)

    def add(self, key: bytes) -> KeyedAccount:
        """Hold another private key."""
        account = KeyedAccount(address_of(key), key)
        if account.raw_address not in self._keys:
            self.keyed.append(account)
            self._keys[account.raw_address] = key
        return account

    def impersonate(self, address: Address) -> None:
        self.impersonated |= {address}

    def stop_impersonating(self, address: Address) -> None:
        self.impersonated -= {address}
