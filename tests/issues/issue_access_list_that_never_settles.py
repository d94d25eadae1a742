"""A contract that reads a slot named after its remaining gas touches another one in each run, because a longer access list costs
more: eth_createAccessList went on until the list had eaten all of the gas, which takes minutes.
"""

from __future__ import annotations

from typing import Any

from megadev import Devnet

READS_SLOT_OF_ITS_GAS = "0x5a5400"
MOST_RUNS = 64


def test_an_access_list_is_given_up_after_some_rounds() -> None:
    net = Devnet()
    net.rpc("anvil_setCode", "0x" + "99" * 20, READS_SLOT_OF_ITS_GAS)
    engine, runs = net.l2.chain.engine, 0
    execute = engine.execute

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal runs
        runs += 1
        return execute(*args, **kwargs)

    engine.execute = counted  # type: ignore[method-assign]
    answer = net.rpc("eth_createAccessList", {"to": "0x" + "99" * 20, "gas": hex(400_000)})
    assert answer["accessList"]
    assert runs <= MOST_RUNS
