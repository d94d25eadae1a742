@pytest.fixture(scope="module")
def late(request):
    net = request.getfixturevalue("devnet")
    pay(net)
    return net

@pytest.fixture
def later(request):
    net = request.getfixturevalue("devnet")
    pay(net)

def test_one(late):
    assert blocks(late) == 1

def test_two(late, later):
    assert blocks(late) == 2

def test_three(late):
    assert blocks(late) == 1
