# pragma version ^0.4.0
bonus: uint256

@internal
def grow(total: uint256, rate: uint256) -> uint256:
    self.bonus += 1
    return total + rate
