@pytest.fixture
def breaks(devnet):
    pay(devnet)
    raise RuntimeError("in the setup")

@pytest.fixture
def breaks_after(devnet):
    pay(devnet)
    yield
    pay(devnet)
    raise RuntimeError("in the teardown")

@pytest.fixture(scope="class")
def breaks_for_the_class(devnet):
    pay(devnet)
    raise RuntimeError("for the class")

def test_fails(devnet):
    pay(devnet)
    assert False

def test_error(breaks):
    pass

def test_error_after(breaks_after):
    pass

class TestClass:
    def test_error_one(self, breaks_for_the_class):
        pass

    def test_error_two(self, breaks_for_the_class):
        pass

def test_in_the_end(devnet):
    assert blocks(devnet) == 0
