# pragma version ^0.4.0
# é is two bytes and one character

import checks

limit: immutable(uint256)
content: public(uint256)

event Put:
    who: indexed(address)
    amount: uint256

@deploy
def __init__(limit_: uint256):
    assert limit_ != 13, "unlucky"
    limit = limit_

@external
def put(amount: uint256):
    checks.small(amount)
    self._add(amount)
    log Put(who=msg.sender, amount=amount)

@internal
def _add(amount: uint256):
    assert amount > 0
    self.content += amount

@external
def take(amount: uint256) -> uint256:
    self.content -= amount
    return limit // self.content
