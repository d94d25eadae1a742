"""Keys from words: BIP-39 seeds and BIP-32 derivation, as every Ethereum wallet does it.

Only what a devnet's accounts need: a seed without passphrase, private derivation, English checksums and generation.
"""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import secrets
import unicodedata
from functools import cache
from pathlib import Path

from megadev.errors import ConfigError
from megadev.primitives.signatures import SECP256K1_N, public_key

DEFAULT_PATH = "m/44'/60'/0'/0/"
"""Where wallets look for Ethereum accounts (BIP-44, coin type 60); the account's index follows."""

_HARDENED = 1 << 31


def derive_keys(mnemonic: str, path_prefix: str = DEFAULT_PATH, count: int = 10) -> list[bytes]:
    """The private keys at ``path_prefix`` followed by 0, 1, … ``count`` - 1.

    Any phrase makes a seed (BIP-39), valid or not. Raises ``ConfigError`` for a path that is none.
    """
    steps = _parse_path(path_prefix)
    digest = hmac.digest(b"Bitcoin seed", _seed(mnemonic), "sha512")
    key, chain_code = int.from_bytes(digest[:32], "big"), digest[32:]
    for step in steps:
        key, chain_code = _child(key, chain_code, step)
    # the parent's public key is the costly part of a child's derivation, and the siblings share it
    point = public_key(key.to_bytes(32, "big"), compressed=True)
    keys = []
    for index in range(count):
        digest = hmac.digest(chain_code, point + index.to_bytes(4, "big"), "sha512")
        keys.append(((int.from_bytes(digest[:32], "big") + key) % SECP256K1_N).to_bytes(32, "big"))
    return keys


def is_valid_mnemonic(mnemonic: str) -> bool:
    """True if these are 12, 15, 18, 21 or 24 English BIP-39 words and the checksum agrees."""
    positions = _positions()
    words = unicodedata.normalize("NFKD", mnemonic).split()
    if len(words) not in (12, 15, 18, 21, 24) or any(word not in positions for word in words):
        return False
    bits = 0
    for word in words:
        bits = bits << 11 | positions[word]
    checksum_size = len(words) // 3
    entropy = (bits >> checksum_size).to_bytes(checksum_size * 4, "big")
    return bits & ((1 << checksum_size) - 1) == _checksum(entropy)


def mnemonic_from_entropy(entropy: bytes) -> str:
    """The English words for 16, 20, 24, 28 or 32 bytes. Raises ValueError for any other length."""
    if len(entropy) not in (16, 20, 24, 28, 32):
        raise ValueError(f"entropy must have 16, 20, 24, 28 or 32 bytes, got {len(entropy)}")
    checksum_size = len(entropy) // 4
    bits = int.from_bytes(entropy, "big") << checksum_size | _checksum(entropy)
    words = _words()
    return " ".join(words[bits >> 11 * place & 2047] for place in reversed(range(checksum_size * 3)))


def generate_mnemonic(words: int = 12) -> str:
    """A new random phrase of 12, 15, 18, 21 or 24 words. Raises ``ConfigError`` for any other number."""
    if words not in (12, 15, 18, 21, 24):
        raise ConfigError(f"a mnemonic must have 12, 15, 18, 21 or 24 words, not {words}")
    return mnemonic_from_entropy(secrets.token_bytes(words // 3 * 4))


def _seed(mnemonic: str) -> bytes:
    phrase = unicodedata.normalize("NFKD", " ".join(mnemonic.split())).encode()
    return hashlib.pbkdf2_hmac("sha512", phrase, b"mnemonic", 2048)


def _checksum(entropy: bytes) -> int:
    return hashlib.sha256(entropy).digest()[0] >> 8 - len(entropy) // 4


def _child(key: int, chain_code: bytes, index: int) -> tuple[int, bytes]:
    """BIP-32's CKDpriv. Its two invalid cases (digest ≥ n, sum 0) have odds of 2**-127 and are not handled."""
    secret = key.to_bytes(32, "big")
    head = b"\0" + secret if index >= _HARDENED else public_key(secret, compressed=True)
    digest = hmac.digest(chain_code, head + index.to_bytes(4, "big"), "sha512")
    return (int.from_bytes(digest[:32], "big") + key) % SECP256K1_N, digest[32:]


def _parse_path(path: str) -> list[int]:
    """Indices of a path such as ``m/44'/60'/0'/0/``; ``'`` or ``h`` hardens a step."""
    root, *steps = path.strip().rstrip("/").split("/")
    indices = []
    for step in steps:
        digits = step[:-1] if step[-1:] in ("'", "h", "H") else step
        if not (digits.isascii() and digits.isdigit()) or int(digits) >= _HARDENED:
            raise ConfigError(f"derivation path {path!r}: invalid index {step!r}; a path looks like {DEFAULT_PATH}")
        indices.append(int(digits) + (_HARDENED if digits is not step else 0))
    if root != "m":
        raise ConfigError(f"derivation path {path!r} does not start with m/; a path looks like {DEFAULT_PATH}")
    return indices


@cache
def _words() -> list[str]:
    # eth_account ships BIP-39's list; reading the file spares its half-second import
    package = importlib.util.find_spec("eth_account")
    if package is None or package.origin is None:
        raise ConfigError("the BIP-39 word list is missing: install eth-account")
    return (Path(package.origin).parent / "hdaccount" / "wordlist" / "english.txt").read_text("utf-8").split()


@cache
def _positions() -> dict[str, int]:
    return {word: place for place, word in enumerate(_words())}
