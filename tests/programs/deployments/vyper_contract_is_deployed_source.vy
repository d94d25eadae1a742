# pragma version ^0.4.0
count: public(uint256)
event Counted:
    by: indexed(address)
    count: uint256
@external
def increment() -> uint256:
    self.count += 1
    log Counted(by=msg.sender, count=self.count)
    return self.count
