made = []

@pytest.fixture(scope="session")
def of_session(devnet):
    made.append("session")
    pay(devnet, 1)
    yield
    made.append("session ends")

@pytest.fixture(scope="module")
def of_module(devnet):
    pay(devnet, 10)
    made.append(f"module {blocks(devnet)}")

@pytest.fixture(scope="class")
def of_class(devnet):
    pay(devnet, 100)

@pytest.fixture
def of_function(devnet):
    pay(devnet, 1000)

@pytest.fixture
def received(devnet):
    bob = devnet.accounts[1].address
    return lambda: int(devnet.rpc("eth_getBalance", bob, "latest"), 16) - 10_000 * ETHER
