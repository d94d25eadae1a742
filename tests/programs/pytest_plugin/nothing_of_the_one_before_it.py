@pytest.mark.parametrize("again", range(3))
def test_everything_is_taken_back(devnet, mine, travel, again):
    assert blocks(devnet) == 0
    assert len(devnet.accounts) == 10 and devnet.rpc("evm_snapshot") == "0x0"
    assert devnet.rpc("megadev_getConsoleLogs") == []
    assert devnet.rpc("anvil_getAutomine") is True
    alice, bob = devnet.accounts[:2]
    assert devnet.rpc("eth_getBalance", bob.address, "latest") == hex(10_000 * ETHER)
    pay(devnet)
    mine(3, seconds=10)
    travel(86_400)
    devnet.rpc("evm_addAccount", "0x" + "77" * 32, "")
    devnet.rpc("anvil_impersonateAccount", "0x" + "88" * 20)
    devnet.rpc("evm_setAutomine", False)
    pay(devnet)
    devnet.rpc("anvil_setChainId", 5)

@pytest.mark.parametrize("how", ["anvil_reset", "anvil_rollback", "evm_revert", "anvil_reset"])
def test_whatever_it_did(devnet, how):
    assert blocks(devnet) == 0 and devnet.rpc("eth_chainId") == "0x7a69"
    first = devnet.rpc("evm_snapshot")
    assert first == "0x0"
    pay(devnet)
    devnet.rpc(how, *([first] if how == "evm_revert" else []))
    pay(devnet, 5)
