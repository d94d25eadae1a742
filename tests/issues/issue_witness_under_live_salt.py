"""``debug_executionWitness`` failed with "internal error" where the sizes of MegaETH's buckets follow the state: how full
they are takes the whole state to know. It says so.
"""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.cli.main import run
from megadev.rpc.client import RpcError


def test_a_witness_under_live_salt_is_refused_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with Devnet(
        preset="megaeth", salt="live", accounts=1, block_time=None, mini_block_time=None, no_mining=True
    ) as net:
        net.rpc("evm_mine")
        with pytest.raises(RpcError, match="how full MegaETH's buckets are") as refused:
            net.rpc("debug_executionWitness", "latest")
        assert refused.value.code == -32000
        assert run(["verify", "--witness", "--rpc-url", net.serve()]) == 4
        assert "--salt live" in capsys.readouterr().err
