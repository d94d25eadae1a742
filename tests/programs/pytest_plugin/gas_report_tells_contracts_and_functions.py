@pytest.fixture
def token(deploy):
    return deploy("Token.json", "Gold", "GLD", 1000)

@pytest.mark.parametrize("amount", [1, 0, 2])
def test_it(token, accounts, amount, devnet):
    token.functions.transfer(accounts[1].address, amount).transact()
    pay(devnet)
