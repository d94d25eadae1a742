import pytest

TOKEN, OWNER, RICH = {token!r}, {owner!r}, {rich!r}

def balance(devnet, owner):
    return int(devnet.rpc("eth_call", {{"to": TOKEN, "data": "0x70a08231" + owner[2:].zfill(64)}}, "latest"), 16)

def pay(devnet, amount):
    data = "0xa9059cbb" + RICH[2:].zfill(64) + f"{{amount:064x}}"
    assert devnet.rpc("eth_sendTransactionSync", {{"from": OWNER, "to": TOKEN, "data": data}})["status"] == "0x1"

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet, 5)
