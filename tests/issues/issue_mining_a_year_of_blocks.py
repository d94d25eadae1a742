"""hardhat_mine of a year's blocks was refused above 100,000, and held everybody for seconds below."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp
from trie import HexaryTrie

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.primitives.keccak import keccak
from megadev.rpc.client import RpcError
from megadev.sequencer import reserved
from megadev.state.rows import DeferredWorld
from megadev.state.world import World

YEAR = 2_600_000
HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935"
BEACON_ROOTS = "0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02"
L1_BLOCK = "0x4200000000000000000000000000000000000015"
RING = 8_191
ALICE, BOB = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
Ask = Callable[..., Any]


@pytest.fixture(scope="module", params=["dev", "megaeth"])
def year(request: pytest.FixtureRequest) -> Iterator[Devnet]:
    """Both chains a year of blocks on, 12 seconds apart."""
    with Devnet(preset=request.param) as net:
        for chain in (net.l2, net.l1):
            chain.rpc("anvil_mine", YEAR, 12)
        yield net


@pytest.fixture(params=["l2", "l1"])
def ask(request: pytest.FixtureRequest, year: Devnet) -> Ask:
    found: Ask = getattr(year, request.param).rpc
    return found


def head_of(ask: Ask) -> int:
    return int(ask("eth_blockNumber"), 16)


def block_at(ask: Ask, number: int, full: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = ask("eth_getBlockByNumber", hex(number), full)
    return found


def proven(root: str, key: bytes, proof: list[str]) -> Any:
    """What a proof shows to stand under ``key``."""
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof]
    return rlp.decode(bytes(HexaryTrie.get_from_proof(bytes.fromhex(root[2:]), keccak(key), nodes)))


def places(head: int) -> list[int]:
    """Where a row begins, its middle, its end, what was made after it."""
    return [1, 170, 1_000, 9_000, head // 2, head - 8_191, head - 259, head - 258, head - 257, head - 256, head]


def test_each_block_is_found_by_number_and_hash_and_knows_its_parent(ask: Ask) -> None:
    head = head_of(ask)
    assert head >= YEAR
    for number in places(head):
        block = block_at(ask, number, True)
        assert ask("eth_getBlockByHash", block["hash"], True) == block
        before = block_at(ask, number - 1)
        assert before["hash"] == block["parentHash"]
        if 1_000 < number <= YEAR:
            assert int(block["timestamp"], 16) - int(before["timestamp"], 16) == 12
        assert ask("eth_getBlockReceipts", block["hash"]) == ask("eth_getBlockReceipts", hex(number))
        assert len(ask("eth_getBlockReceipts", hex(number))) == len(block["transactions"])
    assert block_at(ask, head + 100) is None
    assert ask("eth_getBlockByHash", "0x" + "ab" * 32, False) is None


def test_all_that_blockhash_sees_from_the_head_are_hashes_of_headers(ask: Ask) -> None:
    head = head_of(ask)
    for number in (head, head - 100, head - 255, head - 256):
        header = bytes.fromhex(ask("debug_getRawHeader", hex(number))[2:])
        assert "0x" + keccak(header).hex() == block_at(ask, number)["hash"]
    code = "0x" + "5f3540" + "5f5260205ff3"  # BLOCKHASH of the number in the call data
    for number in (head - 1, head - 200, head // 2 - 1, head // 2 - 256):
        at = head if number > head // 2 else head // 2
        call = {"to": BOB, "data": "0x" + f"{number:064x}"}
        assert ask("eth_call", call, hex(at), {BOB: {"code": code}}) == block_at(ask, number)["hash"]


def test_state_and_proofs_are_those_of_the_block(ask: Ask) -> None:
    head = head_of(ask)
    for number in places(head)[1:]:
        block = block_at(ask, number)
        slot = (number - 1) % RING
        oldest = max(number - RING, 0)
        assert ask("eth_getStorageAt", HISTORY, hex(slot), hex(number)) == block["parentHash"]
        told = ask("eth_call", {"to": HISTORY, "data": "0x" + f"{oldest:064x}"}, hex(number))
        assert told == block_at(ask, oldest)["hash"]
        timestamp = int(block["timestamp"], 16)
        assert int(ask("eth_getStorageAt", BEACON_ROOTS, hex(timestamp % RING), hex(number)), 16) == timestamp
        proof = ask("eth_getProof", HISTORY, [hex(slot)], hex(number))
        account = proven(block["stateRoot"], bytes.fromhex(HISTORY[2:]), proof["accountProof"])
        storage_root = "0x" + account[2].hex()
        assert storage_root == proof["storageHash"]
        word = proven(storage_root, slot.to_bytes(32, "big"), proof["storageProof"][0]["proof"])
        assert "0x" + word.hex().rjust(64, "0") == block["parentHash"]


def test_logs_fees_calls_and_traces_over_it(ask: Ask) -> None:
    head = head_of(ask)
    assert ask("eth_getLogs", {"fromBlock": "0x1", "toBlock": "latest"}) == []
    middle = head // 2
    fees = ask("eth_feeHistory", 20, hex(middle), [50])
    assert int(fees["oldestBlock"], 16) == middle - 19
    assert set(fees["baseFeePerGas"]) == {block_at(ask, middle)["baseFeePerGas"]}
    assert (
        int(ask("eth_call", {"to": BOB, "data": "0x"}, hex(middle), {BOB: {"code": "0x435f5260205ff3"}}), 16) == middle
    )
    created = ask("eth_call", {"data": "0x" + "435f5260205ff3"}, hex(middle))
    assert int(created, 16) == middle
    traced = ask("trace_block", hex(middle))
    assert len(traced) == len(block_at(ask, middle)["transactions"])
    for tx in block_at(ask, middle, True)["transactions"]:
        assert ask("eth_getTransactionByHash", tx["hash"]) == tx
        assert ask("eth_getTransactionReceipt", tx["hash"])["blockNumber"] == hex(middle)
    nobody, whole = "0x" + "ab" * 20, {"fromBlock": "0x1", "toBlock": hex(head)}
    for search in ("ots_searchTransactionsBefore", "ots_searchTransactionsAfter"):
        found = ask(search, nobody, 0, 10)
        assert (found["txs"], found["firstPage"], found["lastPage"]) == ([], True, True)
    assert ask("trace_filter", whole | {"toAddress": [nobody]}) == []
    if block_at(ask, middle)["transactions"]:
        assert len(ask("trace_filter", whole | {"toAddress": [L1_BLOCK], "count": 3})) == 3
    assert ask("eth_getBlockByNumber", "safe", False)["hash"]
    assert ask("eth_getBalance", ALICE, hex(middle)) == ask("eth_getBalance", ALICE, "latest")


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
@pytest.mark.parametrize("which", ["l2", "l1"])
def test_a_row_equals_blocks_built_one_by_one(preset: str, which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the hashes, and what follows from them."""

    def chain() -> list[dict[str, Any]]:
        with Devnet(preset=preset, clock=ManualClock(1_700_000_000), no_mining=True) as net:
            ask = getattr(net, which).rpc
            ask("evm_increaseTime", 1_000)
            ask("anvil_mine", 300)
            ask("anvil_mine", 100, 5)
            found = [block_at(ask, number, True) for number in range(head_of(ask) + 1)]
            for block, number in zip(found, range(len(found)), strict=True):
                block["receipts"] = ask("eth_getBlockReceipts", hex(number))
                block["nonce of the depositor"] = ask(
                    "eth_getTransactionCount", "0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001", hex(number)
                )
                block["origin"] = [ask("eth_getStorageAt", L1_BLOCK, hex(slot), hex(number)) for slot in range(9)]
            found[0]["clock"] = ask("evm_increaseTime", 0)
            return found

    def without_hashes(value: Any) -> Any:
        if isinstance(value, dict):
            hidden = ("hash", "parentHash", "blockHash", "stateRoot", "mixHash", "miniBlocks")
            return {name: without_hashes(each) for name, each in value.items() if name not in hidden}
        return [without_hashes(each) for each in value] if isinstance(value, list) else value

    whole = chain()
    monkeypatch.setattr(reserved, "SHORTEST", 20)
    monkeypatch.setattr(reserved, "MADE_AT_END", 5)
    in_rows = chain()
    assert in_rows[250]["hash"] != whole[250]["hash"], "there is a row"
    for built, made in zip(whole, in_rows, strict=True):
        assert without_hashes(made) == without_hashes(built), built["number"]


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_restart_keeps_the_same_blocks(preset: str, tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    numbers = (1, 1_000, YEAR // 2, YEAR - 8_191, YEAR - 258, YEAR - 257, YEAR - 256, YEAR)
    with Devnet(preset=preset, state=path) as net:
        for chain in (net.l2, net.l1):
            chain.rpc("anvil_mine", YEAR, 12)
        before = [_all_of(chain.rpc, number) for chain in (net.l2, net.l1) for number in numbers]
    document = json.loads(path.read_text())
    assert len(document["blocks"]) < 1_000 and path.stat().st_size < 20_000_000
    with Devnet(preset=preset, state=path) as net:
        after = [_all_of(chain.rpc, number) for chain in (net.l2, net.l1) for number in numbers]
        for number, one, other in zip(numbers * 2, before, after, strict=True):
            assert one["block"] == other["block"]
            if 1_000 <= number < YEAR - 258:
                assert one == other
        sent = net.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        net.rpc("evm_mine")
        assert net.rpc("eth_getTransactionReceipt", sent) is not None
        # and once more: a part of a row, in a dump of a chain that was loaded
        net.rpc("anvil_rollback", 1_000_000)
        assert head_of(net.rpc) < YEAR
        wanted = [_all_of(net.rpc, number)["block"] for number in (head_of(net.rpc), 1_000, YEAR // 2)]
    with Devnet(preset=preset, state=path) as net:
        assert [_all_of(net.rpc, int(block["number"], 16))["block"] for block in wanted] == wanted
        net.rpc("anvil_mine", 3)


def _all_of(ask: Ask, number: int) -> dict[str, Any]:
    at = hex(number)
    block = block_at(ask, number, True)
    for name in ("miniBlockCount", "miniBlockOffset", "txOffset"):  # a block that was loaded does not tell of those
        block.pop(name, None)
    found: dict[str, Any] = {"block": block, "receipts": ask("eth_getBlockReceipts", at)}
    try:
        found["proof"] = ask("eth_getProof", HISTORY, ["0x1"], at)
    except RpcError as error:
        found["proof"] = str(error)
    return found


def test_snapshots_rollbacks_and_reorganisations_in_the_middle_of_a_row() -> None:
    for preset in ("dev", "megaeth"):
        with Devnet(preset=preset) as net:
            for ask in (net.l2.rpc, net.l1.rpc):
                start = head_of(ask)
                empty = ask("evm_snapshot")
                ask("anvil_mine", 10_000)
                head = head_of(ask)
                in_the_middle = block_at(ask, head - 5_000, True)
                snapshot = ask("evm_snapshot")
                ask("anvil_rollback", 5_000)
                assert block_at(ask, head - 5_000, True) == in_the_middle
                assert head_of(ask) < head - 4_000
                assert ask("eth_getBlockByHash", in_the_middle["hash"], True) == in_the_middle
                ask("anvil_mine", 3)
                assert block_at(ask, head - 4_999)["parentHash"] == in_the_middle["hash"]
                ask("anvil_mine", 5_000)
                assert ask("evm_revert", snapshot)
                assert head_of(ask) >= head
                assert block_at(ask, head - 5_000, True) == in_the_middle
                assert block_at(ask, head - 4_999)["parentHash"] == in_the_middle["hash"]
                head = head_of(ask)
                in_the_middle = block_at(ask, head - 5_000, True)
                timestamps = [block_at(ask, head - back)["timestamp"] for back in (0, 200, 2_000, 4_900)]
                gone = block_at(ask, head - 4_000)
                ask("anvil_reorg", 5_000, [])
                assert [block_at(ask, head - back)["timestamp"] for back in (0, 200, 2_000, 4_900)] == timestamps
                assert ask("eth_getBlockByHash", gone["hash"], False) is None
                assert block_at(ask, head - 3_999)["parentHash"] == block_at(ask, head - 4_000)["hash"]
                assert block_at(ask, head - 5_000, True) == in_the_middle
                assert block_at(ask, head - 4_999)["parentHash"] == in_the_middle["hash"]
                assert ask("evm_revert", empty)
                assert start <= head_of(ask) < 10_000


def test_waiting_transactions_enter_the_first_block_of_a_row() -> None:
    with Devnet() as net:
        net.rpc("evm_setAutomine", False)
        sent = net.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        net.rpc("anvil_setBalance", "0x" + "17" * 20, "0x5")
        net.rpc("evm_setNextBlockTimestamp", 4_000_000_000)
        net.rpc("hardhat_mine", hex(YEAR), hex(12))
        receipt = net.rpc("eth_getTransactionReceipt", sent)
        assert receipt["blockNumber"] == "0x1"
        assert int(block_at(net.rpc, 1)["timestamp"], 16) == 4_000_000_000
        assert int(block_at(net.rpc, YEAR)["timestamp"], 16) == 4_000_000_000 + 12 * (YEAR - 1)
        assert net.rpc("eth_getBalance", "0x" + "17" * 20, hex(YEAR // 2)) == "0x5"
        net.rpc("evm_setAutomine", True)
        deposit = net.l1.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        assert net.l1.rpc("eth_getTransactionReceipt", deposit) is not None
        net.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        assert head_of(net.rpc) == YEAR + 1
        net.rpc("anvil_mine", YEAR)
        net.rpc("anvil_mine", YEAR)
        assert block_at(net.rpc, 2 * YEAR)["parentHash"] == block_at(net.rpc, 2 * YEAR - 1)["hash"]


def test_deposits_arrive_after_a_year_on_l1() -> None:
    for preset in ("dev", "megaeth"):
        with Devnet(preset=preset) as net:
            net.l1.rpc("anvil_mine", YEAR)
            portal = "0x" + net.node.driver.addresses.portal.hex()
            dave = net.accounts[3].address
            before = int(net.rpc("eth_getBalance", dave), 16)
            net.l1.rpc("eth_sendTransaction", {"from": dave, "to": portal, "value": hex(10**18), "gas": "0x100000"})
            net.rpc("evm_mine")
            assert int(net.rpc("eth_getBalance", dave), 16) == before + 10**18
            origin = net.rpc("eth_call", {"to": L1_BLOCK, "data": "0x8381f58a"}, "latest")
            assert YEAR < int(origin, 16) <= head_of(net.l1.rpc)
            net.l1.rpc("anvil_rollback", YEAR // 2)
            net.rpc("evm_mine")
            assert int(net.rpc("eth_getBalance", dave), 16) == before
            net.rpc("anvil_mine", YEAR)
            net.l1.rpc("anvil_rollback", 100)
            net.rpc("evm_mine")
            assert net.rpc("eth_getBlockByNumber", "finalized", False)["hash"]


def test_filters_do_not_report_the_blocks_inside_a_row() -> None:
    with Devnet() as net:
        watched = net.rpc("eth_newBlockFilter")
        logs = net.rpc("eth_newFilter", {})
        net.rpc("anvil_mine", YEAR)
        told = net.rpc("eth_getFilterChanges", watched)
        assert 257 <= len(told) < 2_000
        assert told[-1] == block_at(net.rpc, YEAR)["hash"]
        assert net.rpc("eth_getFilterChanges", logs) == []
        net.rpc("anvil_rollback", YEAR // 2)
        net.rpc("evm_mine")
        assert net.rpc("eth_getFilterChanges", watched)[-1] == block_at(net.rpc, head_of(net.rpc))["hash"]


def test_impossible_numbers_and_times_are_refused_before_mining() -> None:
    with Devnet() as net:
        for params in (("0xffffffffffffffff",), ("0x7fffffffffffffff", "0x10"), ("0xffffffffffff", "0xffffffff")):
            for method in ("hardhat_mine", "anvil_mine"):
                with pytest.raises(RpcError) as refused:
                    net.rpc(method, *params)
                assert refused.value.code == -32602
        assert head_of(net.rpc) == 0
        net.rpc("hardhat_mine", "0xffffffffffff", "0x0")
        assert head_of(net.rpc) == 0xFFFFFFFFFFFF
        assert block_at(net.rpc, 2**40)["parentHash"] == block_at(net.rpc, 2**40 - 1)["hash"]
        net.rpc("evm_mine")


def test_older_rules_have_rows_too() -> None:
    for hardfork in ("london", "shanghai", "cancun"):
        with Devnet(hardfork=hardfork) as net:
            net.rpc("anvil_mine", YEAR)
            block = block_at(net.rpc, YEAR // 2)
            assert block["parentHash"] == block_at(net.rpc, YEAR // 2 - 1)["hash"]
            assert net.rpc("eth_getProof", ALICE, [], hex(YEAR // 2))["balance"] != "0x0"


def test_a_block_of_a_row_is_built_without_delaying_others() -> None:
    with Devnet() as net:
        net.rpc("anvil_mine", YEAR)
        dispatcher, made = net.l2.dispatcher, list[float]()
        block = block_at(net.rpc, YEAR // 3)

        def offload(run: Callable[[], Any], seconds: float) -> Any:
            made.append(seconds)
            return run()

        for method, asked, is_apart in (
            ("eth_getBlockByNumber", [hex(YEAR // 2), False], True),
            ("eth_getBlockByHash", [block["hash"], False], True),
            ("eth_getBlockByNumber", [hex(YEAR), False], False),
            ("eth_getBlockByHash", [block_at(net.rpc, YEAR)["hash"], False], False),
        ):
            made.clear()
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": asked}).encode()
            coming = dispatcher.handle(body, offload=offload)
            if inspect.iscoroutine(coming):
                coming.close()
            assert bool(made) is is_apart, (method, asked)


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
def test_a_dump_with_older_states_stays_small_and_has_those_behind_a_row(preset: str) -> None:
    with Devnet(preset=preset, no_mining=True) as net:
        net.rpc("anvil_mine", YEAR)
        net.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "value": "0x1"})
        net.rpc("evm_mine")
        numbers = [YEAR // 2, YEAR - 258, YEAR - 257, YEAR - 100, YEAR]
        before = [_all_of(net.rpc, number) for number in numbers]
        dump = net.rpc("anvil_dumpState", True)
        assert len(dump) < 10_000_000
    with Devnet(preset=preset, no_mining=True) as net:
        net.rpc("anvil_loadState", dump)
        assert [_all_of(net.rpc, number) for number in numbers] == before


def test_a_deferred_world_puts_off_all_that_a_world_does() -> None:
    told = {name for name in vars(World) if not name.startswith("_")} - {
        "is_known",
        "is_whole",
        "must_be_asked",
        "with_hint",
    }
    built_on_others = {"prove_account", "state_root"}
    assert told - built_on_others <= vars(DeferredWorld).keys()
