"""The accounts of the settings: the mnemonic, and the keys derived from it."""

from __future__ import annotations

import hashlib

from megadev.config.settings import DEFAULT_MNEMONIC, DevnetConfig
from megadev.errors import ConfigError
from megadev.node.accounts import KeyedAccount
from megadev.primitives.mnemonic import derive_keys, generate_mnemonic, is_valid_mnemonic, mnemonic_from_entropy
from megadev.primitives.signatures import address_of


def choose_mnemonic(config: DevnetConfig) -> str:
    """The BIP-39 phrase of a node with these settings. A new one at each call where a random one is asked for.

    A seed gives twelve words whose entropy is the first 16 bytes of sha256 of the seed (8 bytes, big endian). Raises
    ConfigError for a phrase with unknown words or a wrong checksum: a wallet would refuse it too.
    """
    if config.mnemonic_random is not None:
        return generate_mnemonic(config.mnemonic_random)
    if config.mnemonic_seed_unsafe is not None:
        return mnemonic_from_entropy(hashlib.sha256(config.mnemonic_seed_unsafe.to_bytes(8, "big")).digest()[:16])
    if config.mnemonic != DEFAULT_MNEMONIC and not is_valid_mnemonic(config.mnemonic):
        raise ConfigError("mnemonic: not a BIP-39 mnemonic: check the words, their number and their order")
    return config.mnemonic


def derive_accounts(mnemonic: str, config: DevnetConfig) -> list[KeyedAccount]:
    """The accounts that the phrase gives, as many as the settings say. Raises ConfigError for a bad derivation path."""
    keys = derive_keys(mnemonic, config.derivation_path, config.accounts)
    return [KeyedAccount(address_of(key), key) for key in keys]
