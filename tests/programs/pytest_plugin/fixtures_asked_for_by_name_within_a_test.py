from conftest import made

@pytest.mark.parametrize("again", range(2))
def test_wider_ones_end_with_the_test(request, received, again):
    assert received() == 0
    request.getfixturevalue("of_session")
    request.getfixturevalue("of_module")
    assert received() == 11 and made.count("session") == again + 1

def test_the_devnet_itself(request):
    devnet = request.getfixturevalue("devnet")
    assert blocks(devnet) == 0
    pay(devnet)

def test_it_was_taken_back(request):
    assert blocks(request.getfixturevalue("devnet")) == 0
