"""A streaming payment, watched over days that pass at once: `pytest examples/stream`.

Nothing here waits: `travel` moves the chain's time, and each test begins when the stream does.
"""

import json
from pathlib import Path

import pytest
from web3.exceptions import ContractCustomError

ARTIFACT = json.loads(Path(__file__).with_name("Stream.json").read_text())
RATE = 10**12
DAY = 86_400


@pytest.fixture(scope="module")
def stream(deploy, accounts, w3):
    """Ten days' money, from the first account to a new one."""
    payee = w3.to_checksum_address("0x" + "c0ffee" * 6 + "beef")
    value = 10 * DAY * RATE
    return deploy(
        None, payee, RATE, abi=ARTIFACT["abi"], bytecode=ARTIFACT["creation"], sender=accounts[0], value=value
    )


@pytest.fixture
def received(stream, w3):
    return lambda: w3.eth.get_balance(stream.functions.payee().call())


def test_it_flows_by_the_second(stream, travel, received):
    began = stream.functions.start().call()
    for days in (1, 3, 4):
        now = travel(to=began + days * DAY)
        assert stream.functions.due().call() == (now - began) * RATE - received()
        stream.functions.withdraw().transact()
        assert 0 <= received() - days * DAY * RATE <= 10 * RATE


def test_it_ends_when_the_money_does(stream, travel, received, w3):
    travel(100 * DAY)
    stream.functions.withdraw().transact()
    assert received() == 10 * DAY * RATE and w3.eth.get_balance(stream.address) == 0
    assert stream.functions.due().call() == 0


def test_the_payer_can_stop_it(stream, travel, received, accounts, w3):
    travel(2 * DAY)
    with pytest.raises(ContractCustomError):
        stream.functions.stop().transact({"from": accounts[1].address})
    stream.functions.stop().transact({"from": accounts[0].address})
    assert 2 * DAY * RATE <= received() < 2 * DAY * RATE + 10 * RATE
    assert w3.eth.get_balance(stream.address) == 0
