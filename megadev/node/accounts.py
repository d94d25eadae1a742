"""Keys the node holds: the dev accounts, keys added at run time, the addresses it may impersonate, and the signatures
that it passes off as somebody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from rpds import HashTrieSet

from megadev.errors import InvalidParams, UnknownSigner
from megadev.primitives.hexcodec import checksum_address, to_data
from megadev.primitives.signatures import address_of
from megadev.primitives.types import Address


@dataclass(frozen=True, slots=True)
class KeyedAccount:
    """An account whose private key (32 bytes) is known."""

    raw_address: Address
    raw_key: bytes = field(repr=False)

    @property
    def address(self) -> str:
        """The checksummed address (EIP-55)."""
        return checksum_address(self.raw_address)

    @property
    def private_key(self) -> str:
        """0x-prefixed hex."""
        return to_data(self.raw_key)


class Accounts:
    """The accounts that the node can sign for or impersonate."""

    def __init__(self, keys: Iterable[bytes], *, auto_impersonate: bool = False) -> None:
        self.keyed = [KeyedAccount(address_of(key), key) for key in keys]
        self.impersonated: HashTrieSet[Address] = HashTrieSet()
        """Persistent, as the world's maps are: a snapshot holds it as it was, and one address more copies nothing."""
        self.auto_impersonate = auto_impersonate
        self._answers: dict[bytes, Address] = {}
        self._signatures: tuple[tuple[bytes, Address], ...] | None = ()
        """None: to be made of ``_answers``, once somebody asks."""
        self._keys = {account.raw_address: account.raw_key for account in self.keyed}

    @property
    def signatures(self) -> tuple[tuple[bytes, Address], ...]:
        """Signatures with whom they recover to from now on, as ``Rules.ecrecover_answers`` has them."""
        if self._signatures is None:
            self._signatures = tuple(self._answers.items())
        return self._signatures

    @signatures.setter
    def signatures(self, signatures: tuple[tuple[bytes, Address], ...]) -> None:
        self._answers, self._signatures = dict(signatures), signatures

    @property
    def addresses(self) -> list[Address]:
        """The accounts that eth_accounts returns: keyed accounts first, then impersonated ones."""
        held = [account.raw_address for account in self.keyed]
        return held + sorted(set(self.impersonated).difference(held))

    def holds(self, address: Address) -> bool:
        """True if the private key of ``address`` is known."""
        return address in self._keys

    def key_of(self, address: Address) -> bytes:
        """The private key of ``address``. Raises ``UnknownSigner``."""
        key = self._keys.get(address)
        if key is None:
            raise UnknownSigner(
                f"unknown account {checksum_address(address)}: this node has no key for it; use a dev account, "
                "anvil_impersonateAccount, or send a signed transaction"
            )
        return key

    def signing_key(self, address: Address, has_code: Callable[[], bool]) -> bytes | None:
        """The key that signs what ``address`` is to send; None where it is impersonated and no key would do: none is
        held, or it has code (EIP-3607).

        Raises ``UnknownSigner``.
        """
        is_impersonated = self.auto_impersonate or address in self.impersonated
        if is_impersonated and (address not in self._keys or has_code()):
            return None
        return self.key_of(address)

    def add(self, key: bytes) -> KeyedAccount:
        """Hold another private key."""
        account = KeyedAccount(address_of(key), key)
        if account.raw_address not in self._keys:
            self.keyed.append(account)
            self._keys[account.raw_address] = key
        return account

    def hold_only(self, keyed: Iterable[KeyedAccount]) -> None:
        """Hold these keys and no others."""
        self.keyed = list(keyed)
        self._keys = {account.raw_address: account.raw_key for account in self.keyed}

    def impersonate(self, address: Address) -> None:
        self.impersonated = self.impersonated.insert(address)

    def stop_impersonating(self, address: Address) -> None:
        self.impersonated = self.impersonated.discard(address)

    def impersonate_signature(self, signature: bytes, address: Address) -> None:
        """Have ``signature`` recover to ``address`` whatever it signs: r, s and v (27, 28 or their parity), 65 bytes,
        or the 64 of EIP-2098. Raises ``InvalidParams``.
        """
        self._answers[ecrecover_words(signature)] = address
        self._signatures = None


def ecrecover_words(signature: bytes) -> bytes:
    """A signature as the ecrecover precompile takes it: v (27 or 28), r and s, 96 bytes. Raises ``InvalidParams``."""
    r, s, v = signature[:32], signature[32:64], signature[64:]
    if len(signature) == 64:
        v = bytes([s[0] >> 7])
        s = bytes([s[0] & 0x7F]) + s[1:]
    if len(v) != 1 or v[0] not in (0, 1, 27, 28):
        raise InvalidParams(
            f"invalid signature: expected r, s and v (0, 1, 27 or 28) in 65 bytes, or 64 of EIP-2098; got "
            f"{len(signature)} bytes" + (f" with v {v[0]}" if len(v) == 1 else "")
        )
    return bytes(31) + bytes([27 + v[0] % 27]) + r + s
