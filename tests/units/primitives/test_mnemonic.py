"""Mnemonics against eth-account."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_account.hdaccount import Mnemonic
from hypothesis import given, settings
from hypothesis import strategies as st

from megadev.errors import ConfigError
from megadev.primitives.mnemonic import derive_keys, generate_mnemonic, is_valid_mnemonic, mnemonic_from_entropy
from megadev.primitives.signatures import address_of

Account.enable_unaudited_hdwallet_features()
JUNK = "test test test test test test test test test test test junk"
ENTROPY = st.sampled_from([16, 20, 24, 28, 32]).flatmap(lambda size: st.binary(min_size=size, max_size=size))


def test_the_well_known_phrase_gives_the_well_known_accounts() -> None:
    addresses = [address_of(key).hex() for key in derive_keys(JUNK)]
    assert len(addresses) == 10
    assert addresses[0] == "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert addresses[9] == "a0ee7a142d267c1f36714e4a8f75612f20a79720"


@given(ENTROPY)
@settings(max_examples=15)
def test_phrases_and_keys_agree_with_eth_account(entropy: bytes) -> None:
    phrase = mnemonic_from_entropy(entropy)
    assert phrase == Mnemonic().to_mnemonic(entropy)
    assert is_valid_mnemonic(phrase)
    oracle = [Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{index}") for index in range(2)]
    assert derive_keys(phrase, count=2) == [bytes(account.key) for account in oracle]


@pytest.mark.parametrize("prefix", ["m/44'/60'/0'/0/", "m/44'/60'/0'/0", "m/44h/60h/1h/7", "m/0/2147483647/5'"])
def test_any_path_matches_eth_account(prefix: str) -> None:
    path = f"{prefix.rstrip('/').replace('h', chr(39))}/1"
    assert derive_keys(JUNK, prefix, 2)[1] == bytes(Account.from_mnemonic(JUNK, account_path=path).key)


@pytest.mark.parametrize("path", ["", "44'/60'", "m/x", "m/44'/", "m//1", "m/-1", "m/2147483648", "m/1''", "m/²"])
def test_an_invalid_derivation_path_is_refused_with_an_example(path: str) -> None:
    if path == "m/44'/":
        assert len(derive_keys(JUNK, path, 1)) == 1
        return
    with pytest.raises(ConfigError, match="a path looks like"):
        derive_keys(JUNK, path, 1)


@pytest.mark.parametrize("words", [12, 15, 18, 21, 24])
def test_generated_phrases_are_valid_and_new(words: int) -> None:
    phrase = generate_mnemonic(words)
    assert len(phrase.split()) == words
    assert is_valid_mnemonic(phrase)
    assert Mnemonic().is_mnemonic_valid(phrase)
    assert generate_mnemonic(words) != phrase


def test_wrong_word_counts_words_and_checksums_are_noticed() -> None:
    assert not is_valid_mnemonic("")
    assert not is_valid_mnemonic("test " * 12)
    assert not is_valid_mnemonic(JUNK.replace("junk", "junkk"))
    assert not is_valid_mnemonic(JUNK + " test")
    with pytest.raises(ConfigError, match="not 13"):
        generate_mnemonic(13)
    with pytest.raises(ValueError, match="got 15"):
        mnemonic_from_entropy(bytes(15))


def test_spacing_does_not_change_the_accounts() -> None:
    assert derive_keys(f"  {JUNK.replace(' ', '   ')} ", count=1) == derive_keys(JUNK, count=1)
