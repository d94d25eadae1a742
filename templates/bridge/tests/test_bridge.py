"""There and back on a devnet with both chains; waiting is time that passes at once."""

import pytest

from bridge import Bridge

ETHER = 10**18


@pytest.fixture
def said():
    return []


@pytest.fixture
def across(devnet, accounts, said):
    portal = devnet.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
    return Bridge(
        devnet.l1.w3,
        devnet.w3,
        portal,
        accounts[3].address,
        say=lambda done, what: said.append(done.strip()),
        pause=lambda: devnet.rpc("megadev_skipWithdrawalWindows"),
    )


def test_what_is_deposited_is_on_l2(across, w3, said):
    before = w3.eth.get_balance(across.account)
    receipt = across.deposit(2 * ETHER)
    assert receipt["status"] == 1
    assert w3.eth.get_balance(across.account) == before + 2 * ETHER
    assert said == ["deposited on L1", "arrived on L2"]


def test_what_is_withdrawn_is_on_l1(across, devnet, said):
    receipt = across.withdraw(ETHER)
    before = devnet.l1.w3.eth.get_balance(across.account)
    across.prove(receipt)
    across.finalize(receipt)
    assert said == ["withdrawn on L2", "claimed on L1", "proven on L1", "finalized on L1"]
    assert ETHER - ETHER // 100 < devnet.l1.w3.eth.get_balance(across.account) - before < ETHER  # less the gas


def test_a_withdrawal_is_gone_on_with_wherever_it_stands(across, said):
    receipt = across.withdraw(ETHER)
    for step in (across.prove, across.prove, across.finalize, across.finalize):
        step(receipt)
    assert said[2:] == ["proven on L1", "finalized on L1"]
