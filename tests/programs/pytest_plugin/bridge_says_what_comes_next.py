from megadev.testing.bridge import NotCrossed

def test_steps(bridge):
    withdrawal = bridge.withdraw(5)
    with pytest.raises(NotCrossed, match="is (ready|waiting)-to-prove; next step: "):
        bridge.finalize(withdrawal)
    bridge.prove(withdrawal)
    with pytest.raises(NotCrossed, match="to-finalize; next step: "):
        bridge.prove(withdrawal)
    bridge.finalize(withdrawal)
    with pytest.raises(NotCrossed, match="is finalized; next step: nothing"):
        bridge.finalize(withdrawal)

@pytest.mark.megadev(accounts=0)
def test_nobody(bridge):
    with pytest.raises(NotCrossed, match="pass sender="):
        bridge.deposit(5)

@pytest.mark.megadev(no_l1=True)
def test_no_l1(bridge):
    pass
