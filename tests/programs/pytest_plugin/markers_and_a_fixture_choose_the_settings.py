@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

def test_of_the_project(devnet, paid):
    assert (devnet.rpc("eth_chainId"), len(devnet.accounts), blocks(devnet)) == ("0x4d", 4, 1)

@pytest.mark.megadev(accounts=2)
class TestMarked:
    def test_of_the_class(self, devnet, paid):
        assert (devnet.rpc("eth_chainId"), len(devnet.accounts), blocks(devnet)) == ("0x4d", 2, 1)

    @pytest.mark.megadev(no_mining=True)
    def test_nearer(self, devnet, accounts):
        pay(devnet)
        assert (len(accounts), blocks(devnet)) == (2, 0)

@pytest.mark.megadev(preset="megaeth", no_mining=True)
def test_preset(w3, devnet):
    assert w3.eth.get_block("latest")["gasLimit"] == 10**10

def test_the_first_again(accounts, paid, devnet):
    assert len(accounts) == 4 and blocks(devnet) == 1
