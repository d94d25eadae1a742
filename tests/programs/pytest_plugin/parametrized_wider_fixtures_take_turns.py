@pytest.fixture(scope="module", params=[1, 20])
def paid(devnet, request):
    pay(devnet, request.param)
    return request.param

@pytest.fixture(scope="module")
def more(paid, devnet):
    pay(devnet, 300)

@pytest.mark.parametrize("again", range(2))
def test_sum(paid, more, devnet, again):
    bob = devnet.accounts[1].address
    assert int(devnet.rpc("eth_getBalance", bob, "latest"), 16) - 10_000 * ETHER == paid + 300
    pay(devnet)
