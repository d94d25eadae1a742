from conftest import RICH, balance, pay

pytestmark = pytest.mark.megadev(fork_bundle="token.bundle")

@pytest.mark.parametrize("number", range(10))
def test_isolated(devnet, paid, number, worker_id, request):
    assert balance(devnet, RICH) == 5
    pay(devnet, number)
    assert balance(devnet, RICH) == 5 + number
    (request.config.rootpath / worker_id).touch()
