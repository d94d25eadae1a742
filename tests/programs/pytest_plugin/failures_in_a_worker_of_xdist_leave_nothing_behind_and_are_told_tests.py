@pytest.fixture
def breaks(devnet, bridge):
    bridge.deposit(5)
    raise RuntimeError("in the setup")

class TestClass:
    @pytest.mark.parametrize("number", range(6))
    def test_fails(self, of_session, of_module, of_class, of_function, received, deploy, number):
        assert received() == 1111
        deploy("Printer.json").functions.fail().transact({"gas": 200_000})
        assert False, "seen"

    @pytest.mark.parametrize("number", range(6))
    def test_cannot_begin(self, of_class, breaks, number):
        pass

    @pytest.mark.parametrize("number", range(6))
    def test_passes(self, of_session, of_module, of_class, received, bridge, number):
        assert received() == 111 and not bridge.deposits
        bridge.bring(1)
