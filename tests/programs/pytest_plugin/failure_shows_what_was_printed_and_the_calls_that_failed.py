@pytest.fixture(scope="module")
def printer(deploy):
    return deploy("Printer.json")

@pytest.fixture(scope="module")
def reverter(deploy):
    return deploy("Reverter.json")

def test_transaction(printer):
    printer.functions.fail().transact({"gas": 200_000})
    assert False, "seen"

def test_call(reverter):
    reverter.functions.withCustomError(42).call()

def test_estimate(reverter):
    reverter.functions.withReason().transact()

def test_passes(printer):
    printer.functions.chatter(1).transact()

def test_says_nothing_of_others(devnet):
    assert False, "nothing"
