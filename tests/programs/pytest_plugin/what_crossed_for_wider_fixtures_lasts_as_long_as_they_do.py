@pytest.fixture(scope="module")
def proven(bridge):
    withdrawal = bridge.withdraw(ETHER, to="0x" + "42" * 20)
    bridge.prove(withdrawal)
    return withdrawal

@pytest.fixture(scope="class")
def deposited(proven, bridge):
    return bridge.deposit(ETHER)

class TestClass:
    @pytest.mark.parametrize("again", range(2))
    def test_of_the_class(self, proven, deposited, bridge, again):
        assert len(bridge.deposits) == 1
        bridge.finalize(proven)
        assert bridge.withdrawal(proven)["status"] == "finalized"

def test_of_the_module(proven, bridge):
    assert not bridge.deposits and bridge.withdrawal(proven)["status"] != "finalized"
