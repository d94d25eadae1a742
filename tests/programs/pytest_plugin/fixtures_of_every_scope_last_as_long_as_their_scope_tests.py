class TestOne:
    def test_a(self, of_session, of_module, of_class, of_function, received, devnet):
        assert received() == 1111
        pay(devnet, 10_000)

    def test_b(self, of_class, of_module, of_session, received, devnet):
        assert received() == 111
        devnet.rpc("anvil_reset")
        assert received() == 0

    def test_c(self, of_function, received):
        assert received() == 1111

def test_after_the_class(of_function, received):
    assert received() == 1011

def test_function_only(received, of_session):
    assert received() == 11
