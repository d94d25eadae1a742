            import pytest
            from conftest import RICH, TOKEN, balance, pay

            @pytest.mark.megadev(fork_bundle="token.bundle")
            class TestForked:
                @pytest.mark.parametrize("again", range(3))
                def test_isolated(self, devnet, paid, mine, again):
                    assert balance(devnet, RICH) == 5
                    assert int(devnet.rpc("eth_blockNumber"), 16) == 2
                    pay(devnet, 7)
                    mine(2)
                    devnet.rpc("anvil_setCode", TOKEN, "0x00")

                def test_only_what_was_recorded(self, devnet):
                    balance(devnet, "0x77")

                @pytest.mark.megadev(accounts=3)
                def test_with_other_settings(self, accounts, devnet):
                    assert len(accounts) == 3 and balance(devnet, RICH) == 0

            def test_not_forked(devnet):
                assert devnet.rpc("eth_getCode", TOKEN, "latest") == "0x"
            
