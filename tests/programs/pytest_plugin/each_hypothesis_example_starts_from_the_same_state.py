from hypothesis import given, settings, strategies as st

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

seen = []

@settings(max_examples=20, deadline=None, database=None)
@given(value=st.integers(0, 10**9))
def test_examples(devnet, paid, value):
    seen.append(value)
    assert blocks(devnet) == 1
    pay(devnet, value)

class TestMethods:
    @settings(max_examples=5, deadline=None, database=None)
    @given(value=st.integers(0, 10**9))
    def test_examples_of_a_method(self, devnet, paid, value):
        assert blocks(devnet) == 1
        pay(devnet, value)

@settings(max_examples=50, deadline=None, database=None)
@given(value=st.integers(0, 10**9))
def test_the_failing_one_is_told(devnet, value):
    pay(devnet, value)
    assert blocks(devnet) == 2 and value < 1000

def test_after_them(devnet, paid):
    assert blocks(devnet) == 1 and len(set(seen)) > 3
