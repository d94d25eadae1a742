@pytest.mark.megadev(preset="megaeth")
@pytest.mark.parametrize("again", range(3))
def test_it(devnet, again):
    bob = devnet.accounts[1].address
    assert devnet.rpc("eth_getBalance", bob, "latest") == hex(10_000 * ETHER)
    pay(devnet)
    assert devnet.rpc("eth_getBalance", bob, "latest") == hex(10_001 * ETHER)
