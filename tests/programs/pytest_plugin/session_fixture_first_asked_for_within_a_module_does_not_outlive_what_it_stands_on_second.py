from conftest import made

def test_it_is_made_anew(of_session, received):
    assert received() == 1 and made[2:] == ["session ends", "session"]

def test_and_stays_then(of_session, received):
    assert received() == 1 and len(made) == 4

def test_the_module_s_own_upon_it(of_module, received):
    assert received() == 11
