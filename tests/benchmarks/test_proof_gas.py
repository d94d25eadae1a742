"""What claims, attestations and evidence cost on L1, in gas: ``pytest tests/benchmarks/test_proof_gas.py -s`` prints the
table. Gas does not depend on the machine, so that bounds can be asserted.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from megadev import Devnet
from megadev.chain.preconfirmations import promise, sign_preconfirmation
from megadev.clock import StoppedClock
from megadev.primitives.abi import selector
from megadev.primitives.hexcodec import to_data
from megadev.rollup import slashing
from megadev.rollup.predeploys import MAINNET_ADDRESSES
from megadev.rollup.withdrawals import output_after
from megadev.testing.bridge import Bridge

BOUNDS = {
    "claim": 500_000,
    "challenge": 100_000,
    "attestation, 1 of 1": 130_000,
    "resolve": 100_000,
    "anchor": 110_000,
    "claim the bond": 100_000,
    "prove a withdrawal": 350_000,
    "finalize a withdrawal": 150_000,
    "show a block, 1 header": 150_000,
    "show a block, 50 headers": 1_500_000,
    "slash, a broken promise": 220_000,
    "slash, an equivocation": 180_000,
    "attestation, 5 of 5": 220_000,
}
"""What each may take."""


def test_the_gas_of_claims_attestations_and_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    found = {**_claims_and_evidence(), "attestation, 5 of 5": _attestation(5)}
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:28}{found[name]:>10,}" for name in BOUNDS))
    assert {name: gas for name, gas in found.items() if gas > BOUNDS[name]} == {}
    assert found.keys() == BOUNDS.keys()


def _opened(**settings: Any) -> tuple[Devnet, Bridge]:
    net = Devnet(clock=StoppedClock(1_800_000_000), accounts=4, challenge_window=100, **settings)
    net.rpc("evm_mine")
    return net, Bridge(net.l1, net.l2)


def _gas_of(net: Devnet, signature: str = "") -> int:
    """The gas that L1's newest call of that function used, or its newest transaction."""
    start = to_data(selector(signature)) if signature else "0x"
    for number in range(int(net.l1.rpc("eth_blockNumber"), 16), 0, -1):
        for tx in reversed(net.l1.rpc("eth_getBlockByNumber", hex(number), True)["transactions"]):
            if tx["input"].startswith(start):
                return int(net.l1.rpc("eth_getTransactionReceipt", tx["hash"])["gasUsed"], 16)
    raise AssertionError(signature)


def _send(net: Devnet, data: bytes) -> int:
    request = {
        "from": net.accounts[2].address,
        "to": to_data(MAINNET_ADDRESSES.preconfirmation_slasher),
        "data": to_data(data),
    }
    net.l1.rpc("eth_sendTransaction", request)
    return _gas_of(net)


def _pass(net: Devnet, seconds: int) -> None:
    net.l1.rpc("evm_increaseTime", seconds)
    net.l1.rpc("evm_mine")


def _attestation(count: int) -> int:
    net, bridge = _opened(attesters=count, attestation_threshold=count)
    with net:
        bridge.propose(sender=net.accounts[1].address)
        bridge.prove_range(0, 1)
        return _gas_of(net, "prove(bytes)")


def _claims_and_evidence() -> dict[str, int]:
    gas = {}
    net, bridge = _opened(challenger_bond="0.1")
    bob, carol = net.accounts[1].address, net.accounts[2].address
    with net:
        for _ in range(50):
            net.rpc("evm_mine")
        withdrawal = bridge.withdraw(5)  # upon which the proposer claims
        gas["claim"] = _gas_of(net, "create(uint32,bytes32,bytes)")
        index = len(bridge.games) - 1
        number = int(bridge.games[index]["l2BlockNumber"], 16)
        bridge.prove(withdrawal)
        gas["prove a withdrawal"] = _gas_of(net)
        bridge.challenge(index, sender=bob)
        gas["challenge"] = _gas_of(net)
        bridge.prove_range(0, number, sender=carol)
        gas["attestation, 1 of 1"] = _gas_of(net, "prove(bytes)")
        assert bridge.games[index]["status"] == "defender-wins"  # the proposer resolved it
        gas["resolve"] = _gas_of(net, "resolve()")
        _pass(net, 5)
        assert bridge.games[index]["status"] == "defender-wins"
        gas["anchor"] = _gas_of(net, "setAnchorState(address)")
        bridge.finalize(withdrawal)
        gas["finalize a withdrawal"] = _gas_of(net)
        bridge.claim_bond(index, sender=carol)
        gas["claim the bond"] = _gas_of(net)

        chain = net.node.l2
        for first, name in ((number, "show a block, 1 header"), (number - 49, "show a block, 50 headers")):
            blocks = chain.store.blocks(first, number)
            (call,) = slashing.block_proofs(index, output_after(chain.block(number)), blocks)
            gas[name] = _send(net, call)
        key = chain.signers.at(number).key
        block = chain.block(number)
        snapshot = net.rpc("evm_snapshot")
        lie = msgspec.structs.replace(promise(block, 0, chain.spec.chain_id), receipt_hash=bytes(32))
        origin = chain.signed_origin(lie.digest, number, block.world)
        assert origin is not None
        call = slashing.broken_promise_call(lie, slashing.Word(sign_preconfirmation(lie, key), origin), block)
        assert call is not None
        gas["slash, a broken promise"] = _send(net, call)
        assert net.rpc("evm_revert", snapshot) is True
        net.rpc("megadev_sequencer_equivocate")
        net.rpc("eth_sendTransaction", {"from": bob, "to": carol, "value": "0x1"})
        bridge.submit_evidence(sender=carol)
        gas["slash, an equivocation"] = _gas_of(net)
    return gas
