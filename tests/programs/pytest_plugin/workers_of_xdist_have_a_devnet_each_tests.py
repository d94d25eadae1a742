@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

@pytest.mark.parametrize("number", range(20))
def test_isolated(devnet, paid, deploy, number):
    assert blocks(devnet) == 1
    pay(devnet, number)
    deploy(abi=[], bytecode="0x00")
