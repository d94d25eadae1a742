# pragma version ^0.4.0
import rates

initializes: rates

rate: public(immutable(uint256))
maker: public(immutable(address))
owner: public(address)
total: public(uint256)
deposits: HashMap[address, uint256]
history: DynArray[uint256, 10]

@deploy
def __init__(rate_: uint256):
    rate = rate_
    maker = msg.sender

@external
def start():
    assert self.owner == empty(address)
    self.owner = msg.sender

@external
def put(amount: uint256):
    self.total = rates.grow(self.total + amount, rate)
    self.deposits[msg.sender] += amount
    self.history.append(self.total)
