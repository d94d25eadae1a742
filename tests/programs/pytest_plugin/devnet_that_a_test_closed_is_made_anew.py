import urllib.request

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

@pytest.mark.parametrize("again", range(2))
def test_it(devnet, devnet_url, paid, again):
    with urllib.request.urlopen(devnet_url, timeout=60) as page:
        assert page.status == 200
    assert blocks(devnet) == 1
    devnet.close()
