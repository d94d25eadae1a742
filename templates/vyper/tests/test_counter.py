"""Every test finds the counter as the fixture left it, whatever the tests before did to it."""

import pytest


@pytest.fixture(scope="module")
def counter(deploy):
    return deploy("contracts/Counter.vy", 5)


def test_it_counts(counter, accounts):
    bob = accounts[1].address
    counter.functions.increment().transact({"from": bob})
    assert counter.functions.number().call() == 6
    (event,) = counter.events.Counted.get_logs()
    assert (event["args"]["who"], event["args"]["number"]) == (bob, 6)


def test_only_the_owner_resets_it(counter, accounts):
    with pytest.raises(Exception, match="not the owner"):
        counter.functions.reset().transact({"from": accounts[1].address})
    counter.functions.reset().transact({"from": accounts[0].address})
    assert counter.functions.number().call() == 0


def test_time_and_blocks_are_yours(counter, travel, mine, w3):
    before = w3.eth.get_block("latest")["timestamp"]
    assert travel(86_400) >= before + 86_400
    head = mine(10)
    assert w3.eth.block_number == head
    assert counter.functions.number().call() == 5
