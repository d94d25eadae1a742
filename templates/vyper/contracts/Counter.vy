# pragma version ~=0.4.3
# SPDX-License-Identifier: MIT

event Counted:
    who: indexed(address)
    number: uint256

owner: public(address)
number: public(uint256)

@deploy
def __init__(number: uint256):
    self.owner = msg.sender
    self.number = number

@external
def increment():
    self.number += 1
    log Counted(who=msg.sender, number=self.number)

@external
def reset():
    assert msg.sender == self.owner, "not the owner"
    self.number = 0
