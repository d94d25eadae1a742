from ape import accounts, networks

with networks.ethereum.local.use_provider("foundry", provider_settings={"host": "auto"}) as provider:
    first, second = accounts.test_accounts[0], accounts.test_accounts[1]
    sent = first.transfer(second, "1 ether")
    snapshot = provider.snapshot()
    provider.mine(3)
    mined = provider.get_block("latest").number
    provider.restore(snapshot)
    whale = accounts.test_accounts.impersonate_account("0x" + "12" * 20)
    provider.set_balance(whale.address, 10**18)
    print(
        provider.chain_id,
        sent.status,
        mined,
        provider.get_block("latest").number,
        whale.transfer(second, 5).status,
        provider.auto_mine,
    )
