first = []

@pytest.mark.parametrize("again", range(2))
def test_whatever_crossed(devnet, l1, l2, bridge, accounts, travel, again):
    first.append(everything(devnet))
    assert first[again] == first[0]
    alice, bob = accounts[:2]
    sent = bridge.deposit(5 * ETHER, to=bob)
    assert ether(l2, bob) == 10_005 and l2.rpc("eth_getTransactionReceipt", sent.l2_hash)["status"] == "0x1"
    proven = bridge.withdraw(ETHER, sender=bob, to="0x" + "42" * 20)
    bridge.prove(proven)
    bridge.bring(ETHER)
    bridge.withdraw(ETHER)
    assert [each["status"] for each in bridge.withdrawals] == ["ready-to-finalize", "finalized", "waiting-to-prove"] or (
        bridge.withdrawal(proven)["status"] in ("ready-to-finalize", "waiting-to-finalize")
    )
    assert bridge.finalize(proven) and bridge.withdrawal(proven)["status"] == "finalized"
    assert l1.rpc("eth_getBalance", "0x" + "42" * 20, "latest") == hex(ETHER) and len(bridge.deposits) == 1
    travel(86_400)
    l1.rpc("evm_increaseTime", 3_600, True)
    l1.rpc("anvil_setBalance", bob.address, "0x0")
    l1.rpc("anvil_setNextBlockBaseFeePerGas", "0x77359400")
    l2.rpc("megadev_setL1Fees", [{"baseFee": "0x5"}])
    l2.rpc("megadev_sequencer_rotateKey")
    l2.rpc("megadev_sequencer_setLatency", {"answer": "1us"})
    l2.rpc("megadev_sequencer_crash")

@pytest.mark.parametrize("how", ["anvil_reset", "anvil_rollback", "anvil_reorg"])
def test_an_l1_that_changes_its_mind(devnet, l1, bridge, how):
    assert everything(devnet) == first[0]
    bridge.bring(ETHER)
    l1.rpc(how, *([] if how == "anvil_reset" else [1]), *([[]] if how == "anvil_reorg" else []))
    bridge.deposit(1)

def test_in_the_end(devnet):
    assert everything(devnet) == first[0]
