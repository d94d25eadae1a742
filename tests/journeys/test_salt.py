"""MegaETH's state buckets: given by flag and by RPC, they multiply what is new in them, in estimates as in blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.evm.salt import bucket_of
from megadev.rpc.client import RpcError

SOMEBODY = "0x00000000000000000000000000000000000a11ce"
BUCKET = bucket_of(bytes.fromhex(SOMEBODY[2:]))
NOBODY = "0x0000000000000000000000000000000000000b0b"
TRANSFER = 60_000
PER_MULTIPLE = 25_000


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(preset="megaeth", bucket_capacity=f"{BUCKET}:1280") as devnet:
        yield devnet


def _transfer(net: Devnet, to: str = SOMEBODY) -> dict[str, str]:
    return {"from": net.accounts[0].address, "to": to, "value": "0x1"}


def _estimate(net: Devnet, to: str = SOMEBODY) -> int:
    return int(net.rpc("eth_estimateGas", _transfer(net, to)), 16)


def _used(net: Devnet) -> int:
    sent = net.rpc("eth_sendTransaction", _transfer(net))
    return int(net.rpc("eth_getTransactionReceipt", sent)["gasUsed"], 16)


def test_a_bucket_set_by_flag_multiplies_storage_gas(net: Devnet) -> None:
    new = TRANSFER + 4 * PER_MULTIPLE
    assert (_estimate(net), _used(net)) == (new, new)
    assert _estimate(net) == TRANSFER  # it is there now


def test_a_capacity_set_by_rpc_holds_until_it_is_reverted(net: Devnet) -> None:
    snapshot = net.rpc("evm_snapshot")
    answer = net.rpc("megadev_salt_setCapacities", {str(BUCKET): "0x200"})
    assert answer == {"mode": "fixed", "capacities": {hex(BUCKET): "0x200"}}
    assert net.rpc("megadev_salt_bucketOf", SOMEBODY) == {
        "bucket": hex(BUCKET),
        "capacity": "0x200",
        "multiplier": "0x2",
    }
    assert (_estimate(net), _used(net)) == (TRANSFER + PER_MULTIPLE, TRANSFER + PER_MULTIPLE)
    net.rpc("evm_revert", snapshot)
    assert net.rpc("megadev_salt_status")["capacities"] == {hex(BUCKET): "0x500"}
    assert _estimate(net) == TRANSFER + 4 * PER_MULTIPLE
    net.rpc("megadev_salt_setCapacities", {hex(BUCKET): None})
    assert _estimate(net) == TRANSFER


def test_a_trace_replays_with_the_capacities_of_its_block(net: Devnet) -> None:
    sent = net.rpc("eth_sendTransaction", _transfer(net))
    net.rpc("megadev_salt_setCapacities", {str(BUCKET): 256})
    traced = net.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
    assert int(traced["gasUsed"], 16) == TRANSFER + 4 * PER_MULTIPLE


def test_after_a_restart_too(tmp_path: Path) -> None:
    """From a saved state: whatever was set afterwards, before it was saved or after it was loaded."""
    saved = {"preset": "megaeth", "state": str(tmp_path / "state.json"), "preserve_historical_states": True}
    with Devnet(bucket_capacity=f"{BUCKET}:1280", **saved) as net:
        sent = []
        for capacity in (512, 256):
            sent.append(net.rpc("eth_sendTransaction", _transfer(net, SOMEBODY if capacity == 512 else NOBODY)))
            net.rpc("evm_mine")
            net.rpc("megadev_salt_setCapacities", {str(BUCKET): capacity})
        used = [net.rpc("eth_getTransactionReceipt", tx_hash)["gasUsed"] for tx_hash in sent]
    with Devnet(**saved) as net:
        net.rpc("megadev_salt_setCapacities", {str(BUCKET): 2560})
        traced = [net.rpc("debug_traceTransaction", tx_hash, {"tracer": "callTracer"}) for tx_hash in sent]
    assert [each["gasUsed"] for each in traced] == used == [hex(TRANSFER + 4 * PER_MULTIPLE), hex(TRANSFER)]


@pytest.mark.parametrize("given", [{"5": 512}, {str(BUCKET): 255}, {str(BUCKET): "x"}, [1]])
def test_invalid_buckets_and_capacities_are_refused(net: Devnet, given: object) -> None:
    with pytest.raises(RpcError) as refused:
        net.rpc("megadev_salt_setCapacities", given)
    assert refused.value.code == -32602


def test_other_chains_have_no_buckets() -> None:
    with Devnet(no_l1=True) as net, pytest.raises(RpcError, match="no state buckets"):
        net.rpc("megadev_salt_status")


@pytest.mark.parametrize("given", ["7:512", f"{BUCKET}:1", f"{BUCKET}", "a:b"])
def test_a_flag_that_names_no_bucket_is_refused(given: str) -> None:
    with pytest.raises(ConfigError, match="bucket_capacity"):
        Devnet(preset="megaeth", bucket_capacity=given)


def test_live_buckets_stay_small_until_they_are_full(tmp_path: Path) -> None:
    with Devnet(preset="megaeth", salt="live") as net:
        assert net.rpc("megadev_salt_status")["mode"] == "live"
        assert _estimate(net) == TRANSFER
        assert _used(net) == TRANSFER
        assert net.rpc("megadev_salt_bucketOf", SOMEBODY, "0x0")["multiplier"] == "0x1"
