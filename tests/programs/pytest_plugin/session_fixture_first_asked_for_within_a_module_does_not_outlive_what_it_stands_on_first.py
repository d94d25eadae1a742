from conftest import made

def test_module_alone(of_module, received):
    assert received() == 10

def test_then_the_session(of_session, of_module, received):
    assert received() == 11

def test_both_still_there(of_session, of_module, received):
    assert received() == 11 and made == ["module 1", "session"]
