# pragma version ^0.4.0
limit: public(immutable(uint256))
content: public(uint256)
by: HashMap[address, uint256]

@deploy
def __init__(limit_: uint256):
    limit = limit_

@external
def put(amount: uint256):
    assert amount <= limit
    self.content += amount
    self.by[msg.sender] += amount
