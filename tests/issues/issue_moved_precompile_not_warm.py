"""A call under overrides warmed the precompiles where the overrides had put them: one whose place was taken by code cost
2,600 gas there (EIP-2929: the hardfork's own addresses are warm, whatever is pretended about them), and the place that
one was moved to was warm.
"""

from __future__ import annotations

from typing import Any

import pytest

from megadev import Devnet

HERE, THERE, PROBE = "0x" + f"{4:040x}", "0x" + "77" * 20, "0x" + "99" * 20


def probe(address: str) -> str:
    """Code that returns the gas that EXTCODESIZE of ``address`` costs."""
    return "0x" + "5a" + "73" + address[2:] + "3b50" + "5a" + "9003" + "5f5260205ff3"


def cost(net: Devnet, address: str, overrides: dict[str, Any]) -> list[int]:
    call = {"to": PROBE}
    overrides = {**overrides, PROBE: {"code": probe(address)}}
    [block] = net.rpc("eth_simulateV1", {"blockStateCalls": [{"stateOverrides": overrides, "calls": [call]}]})
    return [
        int(answer, 16) for answer in (net.rpc("eth_call", call, "latest", overrides), block["calls"][0]["returnData"])
    ]


@pytest.fixture(scope="module")
def net() -> Any:
    with Devnet() as net:
        yield net


@pytest.mark.parametrize("override", [{"code": "0x00"}, {"movePrecompileToAddress": THERE}, {"balance": "0x1"}])
def test_warm_addresses_stay_warm(net: Devnet, override: dict[str, str]) -> None:
    plain = cost(net, HERE, {})
    assert cost(net, HERE, {HERE: override}) == plain
    assert cost(net, THERE, {HERE: override}) == cost(net, THERE, {}) == [plain[0] + 2500] * 2


@pytest.mark.parametrize("override", [{"balance": "0x1"}, {"nonce": "0x1"}, {"stateDiff": {}}, {"code": "0x"}, {}])
def test_a_precompile_that_is_overridden_does_not_run(net: Devnet, override: dict[str, Any]) -> None:
    """It did, unless its code was overridden; geth takes it away whatever is overridden."""
    call = {"to": HERE, "data": "0x1234"}
    assert [net.rpc("eth_call", call, "latest", state) for state in ({}, {HERE: override})] == ["0x1234", "0x"]


def test_an_estimate_and_an_access_list_have_it_so(net: Devnet) -> None:
    overrides = {PROBE: {"code": probe(HERE)}}
    moved = {**overrides, HERE: {"movePrecompileToAddress": THERE}}
    call = {"to": PROBE}
    assert net.rpc("eth_estimateGas", call, "latest", overrides) == net.rpc("eth_estimateGas", call, "latest", moved)
    answers = [net.rpc("eth_createAccessList", call, "latest", state) for state in (overrides, moved)]
    assert answers[0] == answers[1]
