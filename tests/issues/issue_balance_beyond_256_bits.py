"""Who has 2**256 - 1 wei and is paid got more than a word holds, and the next BALANCE of it failed inside the engine."""

from __future__ import annotations

import pytest

from megadev import Devnet

FULL = "0x" + "99" * 20
COINBASE = "0x" + "00" * 20


@pytest.mark.parametrize(("full", "paid"), [(FULL, "value"), (COINBASE, "tip")])
def test_no_balance_outgrows_a_word(full: str, paid: str) -> None:
    net = Devnet()
    net.rpc("anvil_setBalance", full, hex(2**256 - 1))
    net.rpc("eth_sendTransaction", {"to": FULL, "value": "0x1" if paid == "value" else "0x0", "gas": "0x5208"})
    assert int(net.rpc("eth_getBalance", full), 16) < 2**256
    assert net.rpc("eth_call", {"data": "0x73" + full[2:] + "315f5260205ff3"})


def test_a_balance_stays_within_256_bits_without_mining() -> None:
    alice = Devnet().accounts[0].address
    overrides = {alice: {"balance": "0x1"}, FULL: {"balance": hex(2**256 - 1), "code": "0x475f5260205ff3"}}
    assert int(Devnet().rpc("eth_call", {"from": alice, "to": FULL, "value": "0x1"}, "latest", overrides), 16) < 2**256
