content: public(uint256)
owners: HashMap[address, uint256]

@external
def put(amount: uint256):
    self.content += amount + STEP
    self.owners[msg.sender] += amount
