# pragma version ^0.4.0

def small(amount: uint256):
    assert amount < 1000, "too much"
