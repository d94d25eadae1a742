import unittest

@pytest.fixture(scope="module")
def many(request):
    pay(request.getfixturevalue("devnet"))
    return len(request.getfixturevalue("devnet").accounts)

def test_the_usual(request, many):
    assert many == 10

@pytest.mark.megadev(accounts=3)
def test_by_name(request):
    devnet = request.getfixturevalue("devnet")
    assert len(devnet.accounts) == 3 and blocks(devnet) == 0

@pytest.mark.megadev(accounts=4)
def test_by_a_fixture(many):
    assert many == 4

@pytest.mark.megadev(accounts=5)
class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def bring(self, devnet):
        self.devnet = devnet

    def test_of_the_class(self):
        self.assertEqual(len(self.devnet.accounts), 5)
        pay(self.devnet)

    @pytest.mark.megadev(accounts=6)
    def test_nearer(self):
        self.assertEqual((len(self.devnet.accounts), blocks(self.devnet)), (6, 0))

@pytest.mark.megadev(accounts=7)
def test_by_parameter(devnet):
    assert len(devnet.accounts) == 7

def test_the_usual_again(many, devnet):
    assert len(devnet.accounts) == 10 and blocks(devnet) == 1
