@pytest.fixture
def later(request):
    pay(request.getfixturevalue("devnet"))

def test_four(later, devnet):
    assert blocks(devnet) == 1

def test_five(devnet):
    assert blocks(devnet) == 0
