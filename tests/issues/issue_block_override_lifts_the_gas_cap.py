"""A block override's gasLimit was also what a call could burn: an endless loop with 2**64 gas kept the worker thread for ever,
and memory had no end either.
"""

from __future__ import annotations

import pytest

from megadev import Devnet
from megadev.rpc.scenes import GAS_CAP

HERE = "0x" + "99" * 20
GAS, GASLIMIT = "0x5a5f5260205ff3", "0x455f5260205ff3"


@pytest.mark.parametrize("gas", [{}, {"gas": hex(2**63)}])
def test_an_overridden_gas_limit_is_visible_to_opcodes_only(gas: dict[str, str]) -> None:
    net = Devnet()

    def called(code: str) -> int:
        overrides = {HERE: {"code": code}}, {"gasLimit": hex(2**64 - 1)}
        answers = {
            net.rpc("eth_call", {"to": HERE, **gas}, "latest", *overrides),
            net.rpc(
                "eth_callMany",
                [{"transactions": [{"to": HERE, **gas}], "blockOverride": overrides[1]}],
                None,
                overrides[0],
            )[0][0]["value"],
        }
        assert len(answers) == 1
        return int(answers.pop(), 16)

    assert called(GASLIMIT) == 2**64 - 1
    assert GAS_CAP - 100_000 < called(GAS) < GAS_CAP


def test_a_real_gas_limit_above_the_cap_still_counts() -> None:
    net = Devnet(gas_limit=200_000_000)
    assert int(net.rpc("eth_call", {"to": HERE}, "latest", {HERE: {"code": GAS}}), 16) > 199_000_000
