import json
import pytest

ARTIFACT = json.load(open({artifact!r}))

@pytest.fixture(scope="module")
def token(w3):
    alice = w3.eth.accounts[0]
    made = w3.eth.contract(abi=ARTIFACT["abi"], bytecode=ARTIFACT["creation"])
    sent = made.constructor("Gold", "GLD", 10**18).transact({{"from": alice}})
    return made(address=w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.001)["contractAddress"])

@pytest.mark.parametrize("amount", range(1, {tests} + 1))
def test_transfer(w3, token, amount):
    alice, bob = w3.eth.accounts[:2]
    assert token.functions.balanceOf(bob).call() == 0
    sent = token.functions.transfer(bob, amount).transact({{"from": alice}})
    assert w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.001)["status"] == 1
    assert token.functions.balanceOf(bob).call() == amount
