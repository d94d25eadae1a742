from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

nets, runs = [], []
few = settings(max_examples=10, deadline=None, database=None, stateful_step_count=5)

class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        assert blocks(nets[0]) == 1
        runs.append(self)

    @rule()
    def pay(self):
        pay(nets[0])

@pytest.fixture
def paid(devnet):
    nets[:] = [devnet]
    pay(devnet)

@pytest.mark.usefixtures("paid")
class TestMachine(Machine.TestCase):
    settings = few

def test_by_hand(paid, devnet):
    run_state_machine_as_test(Machine, settings=few)
    devnet.rpc("anvil_reset")
    pay(devnet)
    run_state_machine_as_test(Machine, settings=few)

def test_after_them(devnet):
    assert blocks(devnet) == 0 and len(runs) > 3
