import pytest

ETHER = 10**18

def pay(devnet, value=ETHER):
    alice, bob = devnet.accounts[:2]
    return devnet.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": hex(value)})

def blocks(devnet):
    return int(devnet.rpc("eth_blockNumber"), 16)
