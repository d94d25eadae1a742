"""A source is saved: what becomes of the contracts on the chain, and what is said about it."""

from __future__ import annotations

import dataclasses
import json
import queue
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from megadev import Devnet
from megadev.errors import ConfigError
from megadev.events import ContractsReloaded
from megadev.primitives.abi import encode_call
from megadev.reload.compatibility import Fault
from megadev.reload.compiler import Compiled, CompileFailed, HardhatFolder
from megadev.reload.contracts import read_solc
from megadev.reload.deployments import chains_of
from megadev.reload.notices import Notice
from megadev.reload.plan import Policy
from megadev.reload.reloader import Reloader, ReloadSettings
from megadev.rpc.client import RpcError
from tests.units.reload.stage import BROKEN, BROKEN_SAYS, MADE, Committed, Stage

HARDHAT = Path(__file__).parents[2] / "artifacts" / "hardhat2"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_changed_function_is_live_and_storage_immutables_and_libraries_stay(stage: Stage) -> None:
    counter, library = stage.counter(step=5)
    stage.bump(counter)
    stage.net.rpc("evm_mine")
    before = stage.storage(counter)
    assert len(before) == 2
    assert stage.save("doubled").kind == "reloaded"
    stage.net.rpc("evm_mine")
    assert stage.storage(counter) == before
    assert stage.call(counter, "step()") == 5
    stage.bump(counter)
    assert stage.call(counter, "count()") == 5 + 2 * 5
    (found,) = [each for each in stage.net.rpc("megadev_listDeployments") if each["contract"] == "Counter.sol:Counter"]
    assert found["isLatest"]
    assert found["libraries"] == {"Lib.sol:Lib": library}
    assert int(found["immutables"]["Counter.step"], 16) == 5
    assert int(found["constructorArguments"], 16) == 5


def test_reloaded_code_equals_a_new_deployment(stage: Stage) -> None:
    counter, library = stage.counter(step=5)
    stage.save("doubled")
    fresh = stage.deploy("Counter.sol:Counter", 5, links=library)
    assert stage.net.rpc("eth_getCode", counter, "latest") == stage.net.rpc("eth_getCode", fresh, "latest")


def test_a_library_is_replaced_where_it_is_and_keeps_refusing_direct_calls(stage: Stage) -> None:
    counter, library = stage.counter()
    notice = stage.save("library")
    assert "Lib replaced" in notice.text
    stage.bump(counter)
    assert stage.call(counter, "count()") == 105
    code = bytes.fromhex(stage.net.rpc("eth_getCode", library, "latest")[2:])
    assert code[1:21] == bytes.fromhex(library[2:])


def test_contracts_of_a_factory_and_of_a_proxy_follow_too(stage: Stage) -> None:
    _, library = stage.counter()
    factory = stage.deploy("Factory.sol:Factory", links=library)
    made = stage.wallet.make(factory, encode_call("make(uint256)", 3))["logs"][0]["data"]
    child = stage.net.w3.to_checksum_address("0x" + made[-40:])
    proxy = stage.deploy("Proxy.sol:Proxy", child, types="address")
    stage.bump(proxy)
    before = stage.storage(proxy)
    notice = stage.save("doubled")
    assert stage.storage(proxy) == before
    (step,) = [each for each in notice.fields["contracts"] if each["address"] == child]
    assert step["proxies"] == [proxy]
    stage.bump(proxy)
    assert stage.call(proxy, "count()") == 3 + 6


@pytest.mark.parametrize(
    "code",
    [
        "363d3d373d3d3d363d73{}5af43d82803e903d91602b57fd5bf3",
        "363d3d373d3d3d363d73{}5af43d82803e903d91602b57fd5bf3" + "00" * 31 + "2a",
        "3d3d3d3d363d3d37363d73{}5af43d3d93803e602a57fd5bf3",
        "5f5f365f5f37365f73{}5af43d5f5f3e6029573d5ffd5b3d5ff3",
    ],
    ids=["ERC-1167", "ERC-1167 with data", "shorter", "shorter, with PUSH0"],
)
def test_a_minimal_proxy_is_followed(stage: Stage, code: str) -> None:
    counter, _ = stage.counter(step=5)
    clone = stage.net.w3.to_checksum_address("0x" + "c1" * 20)
    stage.net.rpc("anvil_setCode", clone, "0x" + code.format(counter[2:]))
    stage.bump(clone)
    notice = stage.save("doubled")
    (step,) = [each for each in notice.fields["contracts"] if each["address"] == counter]
    assert step["proxies"] == [clone]
    stage.bump(clone)
    assert (stage.call(clone, "count()"), stage.call(counter, "count()")) == (5 + 10, 0)


def test_a_beacons_proxies_are_followed(stage: Stage) -> None:
    counter, _ = stage.counter()
    beacon, proxy = (stage.net.w3.to_checksum_address("0x" + digits * 20) for digits in ("be", "c1"))
    stage.net.rpc("anvil_setCode", beacon, f"0x73{counter[2:]}5f5260205ff3")  # answers every call with its address
    stage.net.rpc("anvil_setCode", proxy, "0x00")
    slot = "0xa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6cb3582b35133d50"
    stage.net.rpc("anvil_setStorageAt", proxy, slot, "0x" + "00" * 12 + beacon[2:])
    (found,) = [each for each in stage.net.rpc("megadev_listDeployments") if each["address"] == counter]
    assert found["proxies"] == [proxy]
    stage.net.rpc("anvil_setStorageAt", proxy, "0x2", "0x" + "00" * 31 + "07")
    assert f"its slot 2 of {proxy} is not empty" in stage.save("appended").text


def test_a_moved_variable_is_refused_and_nothing_changes(stage: Stage) -> None:
    counter, _ = stage.counter()
    stage.bump(counter)
    before = stage.everything()
    notice = stage.save("inserted")
    assert notice.kind == "refused"
    assert "Counter.owner: inserted at slot 0" in notice.text
    assert "Counter.count: moved from slot 0 to slot 1" in notice.text
    assert "→ declare it after all others" in notice.text
    assert stage.everything() == before
    assert stage.net.rpc("megadev_reloadPlan")["refused"]
    with pytest.raises(RpcError, match="moved from slot 0"):
        stage.net.rpc("megadev_reloadApply")
    assert stage.everything() == before


def test_one_refused_contract_rejects_the_whole_save(stage: Stage) -> None:
    counter, library = stage.counter()
    code = stage.net.rpc("eth_getCode", library, "latest")
    notice = stage.save("inserted and library")
    assert notice.kind == "refused"
    assert "Lib.sol:Lib" in notice.text
    assert stage.net.rpc("eth_getCode", library, "latest") == code
    assert stage.call(counter, "count()") == 0


def test_a_refused_change_that_is_taken_out_again_is_forgotten(stage: Stage) -> None:
    counter, _ = stage.counter()
    stage.bump(counter)
    stage.save("inserted")
    assert stage.save("doubled").kind == "reloaded"
    stage.bump(counter)
    assert stage.call(counter, "count()") == 15


def test_force_replaces_code_despite_the_layout(stage: Stage) -> None:
    counter, _ = stage.counter()
    stage.bump(counter)
    stage.save("inserted")
    stage.net.rpc("megadev_reloadApply", True)
    assert stage.call(counter, "owner()") == 5
    assert "overridden: Counter.count" in stage.notices[-1].text


def test_a_new_variable_at_a_non_empty_slot_is_refused(stage: Stage) -> None:
    counter, _ = stage.counter()
    stage.net.rpc("anvil_setStorageAt", counter, "0x2", "0x" + "00" * 31 + "07")
    notice = stage.save("appended")
    assert notice.kind == "refused"
    assert "Counter.last: its slot 2" in notice.text
    stage.net.rpc("anvil_setStorageAt", counter, "0x2", "0x" + "00" * 32)
    assert stage.net.rpc("megadev_reloadApply")["number"] == 1


def test_a_new_immutable_is_refused(stage: Stage) -> None:
    stage.counter()
    notice = stage.save("immutables")
    assert notice.kind == "refused"
    assert "Counter.start: a new immutable" in notice.text


def test_a_source_that_does_not_compile_changes_nothing(stage: Stage) -> None:
    stage.counter()
    before = stage.everything()
    notice = stage.save(BROKEN)
    assert notice.kind == "failed"
    assert notice.text.startswith(BROKEN_SAYS)
    assert stage.everything() == before


class OneByOne(Committed):
    """A compiler to which some files are broken."""

    def __init__(self, root: Path, *broken: str) -> None:
        super().__init__(root, "solidity")
        self.broken = set(broken)
        self.asked: list[set[str]] = []

    def compile(self, changed: Any) -> Compiled:
        names = {path.name for path in changed}
        self.asked.append(names)
        if names & self.broken:
            raise CompileFailed(f"{min(names & self.broken)}:1:1: broken")
        return super().compile(changed)


def test_a_save_with_an_error_is_compiled_once_it_is_fixed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    lib, counter = tmp_path / "Lib.sol", stage.source
    lib.touch()
    compiler = OneByOne(tmp_path, "Counter.sol")
    compiler.name = stage.compiler.name
    stage.reloader.pipeline.compilers = (compiler,)
    stage.reloader.pipeline.changed([lib, counter])
    stage.reloader.pipeline.changed([counter])
    compiler.broken.clear()
    stage.reloader.pipeline.changed([counter])
    stage.reloader.pipeline.changed([counter])
    assert compiler.asked == [{"Lib.sol", "Counter.sol"}] * 3 + [{"Counter.sol"}]


def test_an_error_in_another_file_does_not_block_valid_ones(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    lib, counter = tmp_path / "Lib.sol", stage.source
    lib.touch()
    address, _ = stage.counter()
    compiler = OneByOne(tmp_path, "Lib.sol")
    compiler.name, compiler.version = stage.compiler.name, "doubled"
    stage.reloader.pipeline.compilers = (compiler,)
    stage.reloader.pipeline.changed([lib])
    stage.reloader.pipeline.changed([counter])
    assert [notice.kind for notice in stage.notices[-2:]] == ["failed", "reloaded"]
    assert stage.notices[-2].text == "Lib.sol:1:1: broken\nleft out until it compiles"
    stage.bump(address)
    assert stage.call(address, "count()") == 10
    compiler.broken.clear()
    stage.reloader.pipeline.changed([counter])
    assert compiler.asked[-1] == {"Lib.sol", "Counter.sol"}


def test_an_error_in_one_language_blocks_the_other_until_fixed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    counter, _ = stage.counter()
    box = tmp_path / "Box.vy"
    box.touch()
    other = Committed(tmp_path, "vyper")
    other.name = "other"
    stage.compiler.concerns = lambda path: path.suffix == ".sol"  # type: ignore[method-assign]
    other.concerns = lambda path: path.suffix == ".vy"  # type: ignore[method-assign]
    stage.reloader.pipeline.compilers = (stage.compiler, other)
    stage.compiler.version, other.version = "doubled", BROKEN
    stage.reloader.pipeline.changed([stage.source, box])
    assert stage.notices[-1].kind == "failed"
    other.version = "first"
    stage.reloader.pipeline.changed([box])
    assert stage.notices[-1].kind == "reloaded"
    stage.bump(counter)
    assert stage.call(counter, "count()") == 10


def test_a_project_that_does_not_compile_at_first_is_followed_once_it_does(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.reloader.pipeline.compiled.clear()
    stage.save(BROKEN)
    stage.save("doubled")
    counter, _ = stage.counter()
    stage.save("tripled")
    stage.bump(counter)
    assert stage.call(counter, "count()") == 15


def test_a_comment_changes_the_metadata_only(stage: Stage) -> None:
    counter, _ = stage.counter()
    code = stage.net.rpc("eth_getCode", counter, "latest")
    stage.save("comment")
    now = stage.net.rpc("eth_getCode", counter, "latest")
    assert len(now) == len(code) and now[:200] == code[:200] and now != code


def test_a_reload_that_fails_midway_changes_neither_chain(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.counter()
    stage.at = stage.net.l1
    stage.counter()
    before, ids = stage.everything(), stage.net.node.snapshots.taken(stage.net.node.l2)

    def fail(diff: object) -> None:
        raise RuntimeError("no room")

    with monkeypatch.context() as broken:
        broken.setattr(stage.net.node.l1.sequencer, "apply_irregular", fail)
        with pytest.raises(RuntimeError, match="no room"):
            stage.save("doubled")
    assert stage.everything() == before
    assert stage.net.node.snapshots.taken(stage.net.node.l2).keys() == ids.keys()
    with pytest.raises(RpcError, match="no reload to undo"):
        stage.net.rpc("megadev_reloadUndo")
    assert stage.save("tripled").kind == "reloaded"


def test_dry_run_only_prints_the_plan(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mode="dry-run")
    stage.counter()
    before = stage.everything()
    notice = stage.save("doubled")
    assert notice.kind == "plan" and "replace code" in notice.text
    assert stage.everything() == before


def test_ask_waits_for_the_command(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mode="ask")
    counter, _ = stage.counter()
    notice = stage.save("doubled")
    assert "megadev reload apply" in notice.text
    stage.bump(counter)
    assert stage.call(counter, "count()") == 5
    assert stage.net.rpc("megadev_reloadApply")["number"] == 1
    stage.bump(counter)
    assert stage.call(counter, "count()") == 15


def test_a_reload_during_an_unsealable_block_names_the_retry(tmp_path: Path) -> None:
    with Devnet(accounts=2, preset="megaeth", no_l1=True, project=tmp_path) as net:
        stage = Stage(tmp_path, net=net, mode="ask")
        counter, _ = stage.counter()
        stage.save("doubled")
        stage.bump(counter)
        net.rpc("megadev_sequencer_pause")
        stage.reloader.answer(True)
        assert stage.notices[-1].kind == "failed"
        assert stage.notices[-1].text.splitlines()[1:] == [
            "not reloaded, the chain is unchanged; `megadev reload apply` tries again"
        ]
        net.rpc("megadev_sequencer_resume")
        assert net.rpc("megadev_reloadApply")["number"] == 1
        stage.bump(counter)
        assert stage.call(counter, "count()") == 15


def test_undo_restores_the_chain_and_does_not_reload_again(stage: Stage) -> None:
    counter, _ = stage.counter()
    stage.bump(counter)
    code, head = stage.net.rpc("eth_getCode", counter, "latest"), stage.net.l2.chain.head.hash
    stage.save("doubled")
    stage.bump(counter)
    answer = stage.net.rpc("megadev_reloadUndo")
    assert answer["blocks"] == {"l2": 1, "l1": 0}
    assert stage.net.rpc("eth_getCode", counter, "latest") == code
    assert stage.net.l2.chain.head.hash == head
    assert stage.call(counter, "count()") == 5
    with pytest.raises(RpcError, match="no reload to undo"):
        stage.net.rpc("megadev_reloadUndo")
    assert stage.net.rpc("megadev_reloadPlan")["contracts"][0]["action"] == "replace code"
    assert stage.save("tripled").kind == "reloaded"
    stage.bump(counter)
    assert stage.call(counter, "count()") == 5 + 15


def test_an_undone_reload_stays_undone_until_its_source_is_saved(stage: Stage) -> None:
    counter, library = stage.counter()
    stage.bump(counter)
    stage.save("doubled")
    stage.net.rpc("megadev_reloadUndo")
    # solc's metadata of a contract covers what it imports, so the counter's source is another one too
    names = [step["contract"] for step in stage.save("doubled and library").fields["contracts"]]
    assert "Lib.sol:Lib" in names
    code = stage.net.rpc("eth_getCode", library, "latest")
    stage.net.rpc("megadev_reloadUndo")
    assert stage.net.rpc("eth_getCode", library, "latest") != code
    stage.save("doubled")
    assert stage.net.rpc("eth_getCode", library, "latest") != code


def test_a_chain_that_was_taken_back_is_seen_as_it_is(stage: Stage) -> None:
    counter, _ = stage.counter()
    snapshot = stage.net.rpc("evm_snapshot")
    stage.save("doubled")
    stage.net.rpc("evm_revert", snapshot)
    assert not next(each["isLatest"] for each in stage.net.rpc("megadev_listDeployments") if each["address"] == counter)
    assert stage.save("tripled").kind == "reloaded"
    stage.bump(counter)
    assert stage.call(counter, "count()") == 15


def test_redeploying_runs_the_constructor_again_at_the_same_address(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.REDEPLOY)
    counter, _ = stage.counter(step=5)
    stage.net.rpc("anvil_setBalance", counter, "0x7")
    stage.bump(counter)
    nonce = stage.net.rpc("eth_getTransactionCount", stage.me, "latest")
    notice = stage.save("inserted")
    assert "Counter redeployed" in notice.text
    stage.net.rpc("evm_mine")
    assert stage.storage(counter) == {}
    assert stage.call(counter, "step()") == 5
    assert stage.net.rpc("eth_getBalance", counter, "latest") == "0x7"
    assert stage.net.rpc("eth_getTransactionCount", stage.me, "latest") == nonce
    stage.bump(counter)
    assert stage.call(counter, "count()") == 5


def test_redeploying_calls_the_constructor_with_the_value_of_then(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.REDEPLOY)
    bank = stage.deploy("Bank.sol:Bank", value=7)
    stage.wallet.make(bank, encode_call("spend()"))
    before = int(stage.net.rpc("eth_getBalance", stage.me, "latest"), 16)
    assert "Bank redeployed" in stage.save("another bank").text
    assert stage.call(bank, "given()") == 7
    assert stage.net.rpc("eth_getBalance", bank, "latest") == "0x7"
    assert int(stage.net.rpc("eth_getBalance", stage.me, "latest"), 16) == before - 5, (
        "what was spent comes from the creator"
    )
    (found,) = [each for each in stage.net.rpc("megadev_listDeployments") if each["address"] == bank]
    assert (found["value"], found["creator"]) == ("0x7", stage.me)


def test_a_factorys_contract_is_redeployed_like_the_factory_did(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.REDEPLOY)
    _, library = stage.counter()
    factory = stage.deploy("Factory.sol:Factory", links=library)
    made = stage.wallet.make(factory, encode_call("make(uint256)", 3))["logs"][0]["data"]
    child = stage.net.w3.to_checksum_address("0x" + made[-40:])
    stage.bump(child)
    assert f"Counter redeployed at {child}" in stage.save("inserted").text
    assert (stage.call(child, "count()"), stage.call(child, "step()")) == (0, 3)
    (found,) = [each for each in stage.net.rpc("megadev_listDeployments") if each["address"] == child]
    assert found["creator"] == factory and int(found["constructorArguments"], 16) == 3


def test_a_constructor_that_refuses_its_old_arguments_changes_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.REDEPLOY)
    stage.counter(step=5)
    before = stage.everything()
    stage.compiler.version = "unlucky"
    with pytest.raises(Exception, match="unlucky"):
        stage.reloader.pipeline.changed([stage.source])
    assert stage.everything() == before


def test_an_implementation_behind_a_proxy_is_not_redeployed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.REDEPLOY)
    counter, _ = stage.counter()
    stage.deploy("Proxy.sol:Proxy", counter, types="address")
    notice = stage.save("inserted")
    assert notice.kind == "refused" and "it cannot use the storage of its proxies" in notice.text


def test_the_script_policy_runs_the_script(tmp_path: Path) -> None:
    stage = Stage(tmp_path, policy=Policy.SCRIPT, script='echo "$ETH_RPC_URL $MEGADEV_L1_RPC_URL" > deployed')
    for number, chain in enumerate(stage.net.node.chains, 1):
        chain.urls = (f"http://127.0.0.1:{number}",)
    counter, _ = stage.counter()
    code = stage.net.rpc("eth_getCode", counter, "latest")
    stage.save("inserted")
    assert stage.net.rpc("eth_getCode", counter, "latest") == code
    assert (tmp_path / "deployed").read_text() == "http://127.0.0.1:1 http://127.0.0.1:2\n"
    assert stage.notices[-1].kind == "script" and "done" in stage.notices[-1].text


def test_a_user_can_name_the_contract_at_an_address(stage: Stage) -> None:
    counter, _ = stage.counter()
    strange = "0x" + "5e" * 20
    stage.net.rpc("anvil_setCode", strange, "0x00")
    answer = stage.net.rpc("megadev_trackContract", strange, "Lib.sol:Lib")
    assert answer.pop("address").lower() == strange
    assert answer == {"contract": "Lib.sol:Lib", "chain": "l2", "codeMatches": False, "layoutKnown": True}
    stage.save("library")
    code = stage.net.rpc("eth_getCode", strange, "latest")
    assert code[4:44] == "5e" * 20
    with pytest.raises(RpcError, match="no contract is named Nothing"):
        stage.net.rpc("megadev_trackContract", counter, "Nothing")
    with pytest.raises(RpcError, match="no code"):
        stage.net.rpc("megadev_trackContract", "0x" + "77" * 20, "Counter")


def test_a_contract_compiled_with_other_settings_is_reported(stage: Stage) -> None:
    counter, _ = stage.counter()
    code = stage.net.rpc("eth_getCode", counter, "latest")
    strange = stage.net.w3.to_checksum_address("0x" + "5e" * 20)
    stage.net.rpc("anvil_setCode", strange, code + "00")
    stage.reloader.look()
    stage.reloader.look()
    (notice,) = [notice for notice in stage.notices if notice.kind == "unknown"]
    assert f"what is at {strange} looks like Counter.sol:Counter" in notice.text
    assert f"megadev reload track {strange} Counter" in notice.text


def test_a_removed_contract_is_reported(stage: Stage) -> None:
    counter, _ = stage.counter()
    code = stage.net.rpc("eth_getCode", counter, "latest")
    without = {**MADE["solidity"]["first"], "contracts": {**MADE["solidity"]["first"]["contracts"]}}
    other = without["contracts"].pop("Counter.sol")["Counter"]
    without["contracts"]["Counter.sol"] = {"Tally": other}
    made = read_solc(json.dumps(without).encode(), stage.source.parent)
    stage.reloader.follow(stage.reloader.learn(made, set())[1], 0, 0)
    assert "Counter.sol:Counter was removed: deployed instances of it stay unchanged" in stage.notices[-1].text
    assert stage.net.rpc("eth_getCode", counter, "latest") == code


def test_track_chooses_among_contracts_with_the_same_code(stage: Stage) -> None:
    first = MADE["solidity"]["first"]
    contracts = {**first["contracts"], "Twin.sol": {"Twin": first["contracts"]["Counter.sol"]["Counter"]}}
    made = read_solc(json.dumps({**first, "contracts": contracts}).encode(), stage.source.parent)
    stage.reloader.learn({"Twin.sol:Twin": made["Twin.sol:Twin"]}, set())
    counter, _ = stage.counter()
    stage.reloader.look()
    (text,) = [notice.text for notice in stage.notices if f"is at {counter}" in notice.text]
    assert (
        f"Counter.sol:Counter has the same code: if it is that contract, `megadev reload track {counter} Counter.sol:Counter`"
        in text
    )
    assert stage.net.rpc("megadev_trackContract", counter, "Counter.sol:Counter")["codeMatches"]
    assert "Counter replaced" in stage.save("doubled").text
    stage.bump(counter)
    assert stage.call(counter, "count()") == 10


def test_a_changed_constructor_is_reported_as_already_run(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "vyper")
    stage.deploy("Box.vy:Box", 50)
    notice = stage.save("constructor")
    assert notice.kind == "plan" and "Box.vy:Box: only its constructor changed, which has already run" in notice.text


def test_a_manifest_names_the_contract_at_an_address(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    strange = "0x" + "5e" * 20
    manifest.write_text(json.dumps({strange: "Lib"}))
    stage = Stage(tmp_path, manifest=manifest)
    stage.net.rpc("anvil_setCode", strange, "0x00")
    assert "Lib replaced" in stage.save("library").text


def test_an_unknown_contract_in_the_manifest_is_reported_once(tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.json"
    strange, other = "0x" + "5e" * 20, "0x" + "6e" * 20
    manifest.write_text(json.dumps({strange: "Countr", "l1": {other: "Lib.sol:Libb"}}))
    stage = Stage(tmp_path, manifest=manifest)
    on_l1, on_l2 = (notice.text for notice in stage.notices if notice.kind == "unknown")
    assert on_l1.endswith("on L1: no contract is named Lib.sol:Libb; did you mean Lib.sol:Lib?")
    assert on_l2.endswith("no contract is named Countr; did you mean Counter?")
    assert on_l2.lower().startswith(f"--reload-manifest: {strange}: ")
    stage.save("doubled")
    stage.save("first")
    assert [notice.kind for notice in stage.notices].count("unknown") == 2
    manifest.write_text(json.dumps({strange: ["Counter"]}))
    stage.reloader.pipeline.changed([])
    with pytest.raises(ConfigError, match="something other than a name; it must be like"):
        stage.reloader.plan()


def test_the_writers_thread_reads_no_files(tmp_path: Path) -> None:
    manifest, abi = tmp_path / "manifest.json", tmp_path / "abi.json"
    strange = "0x" + "5e" * 20
    manifest.write_text(json.dumps({strange: "Lib"}))
    stage = Stage(tmp_path, manifest=manifest, abi_out=abi, policy=Policy.SCRIPT, script="true")
    stage.net.rpc("anvil_setCode", strange, "0x00")
    stage.counter()
    stage.save("doubled")
    stage.save("inserted")
    touched: list[str] = []
    is_writing = False

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if is_writing and event in ("open", "os.rename", "os.mkdir", "subprocess.Popen"):
            touched.append(f"{event} {arguments[0]}")

    sys.addaudithook(note)
    on_writer = stage.reloader.pipeline._on_writer

    def watched(act: Callable[[], Any]) -> Any:
        nonlocal is_writing
        is_writing = True
        try:
            return on_writer(act)
        finally:
            is_writing = False

    stage.reloader.pipeline._on_writer = watched
    abi.unlink()
    assert "Lib replaced" in "".join(notice.text for notice in (stage.save("library"), *stage.notices))
    watched(lambda: stage.net.rpc("megadev_reloadUndo"))
    assert touched == []
    stage.reloader.pipeline.changed([])
    assert json.loads(abi.read_text())["l2"]["contracts"]


def test_a_manifest_that_is_saved_is_read_again(tmp_path: Path) -> None:
    project, manifest = tmp_path / "project", tmp_path / "manifest.json"
    project.mkdir()
    manifest.write_text("{}")
    stage = Stage(project, manifest=manifest)
    told = threading.Event()
    stage.reloader.tell = lambda notice: told.set() if notice.kind == "unknown" else None
    stage.reloader.start()
    try:
        beside = tmp_path / "manifest.json.tmp"
        beside.write_text(json.dumps({"0x" + "5e" * 20: "Nothing"}))
        beside.replace(manifest)
        assert told.wait(30)
    finally:
        stage.reloader.stop()


class Breaking(Committed):
    """A compiler whose sources have an error now and then."""

    name = "breaking"

    def concerns(self, path: Path) -> bool:
        return path.suffix == ".vy"


@pytest.mark.parametrize("error_first", [False, True])
def test_a_vyper_error_does_not_lose_hardhats_build(tmp_path: Path, error_first: bool) -> None:
    shutil.copytree(HARDHAT, tmp_path, dirs_exist_ok=True)
    infos = {path: path.read_bytes() for path in (tmp_path / "artifacts" / "build-info").glob("*.json")}
    for path in infos:
        path.unlink()
    told: list[Notice] = []
    vyper, box = Breaking(tmp_path, "vyper"), tmp_path / "Box.vy"
    box.touch()
    with Devnet(accounts=1, no_l1=True) as net:
        compilers = [HardhatFolder(tmp_path), vyper]
        reloader = Reloader(net.node, tmp_path, compilers, ReloadSettings(), on_writer=net._on_writer, tell=told.append)
        reloader.pipeline.changed(None)
        vyper.version = BROKEN
        if error_first:
            reloader.pipeline.changed([box])
        for path, data in infos.items():
            path.write_bytes(data)
        reloader.pipeline.changed(infos if error_first else [*infos, box])
        assert BROKEN_SAYS in next(notice.text for notice in told if notice.kind == "failed")
        if not error_first:
            assert told[-1].kind == "failed"
            vyper.version = "first"
            reloader.pipeline.changed([box])
        assert "contracts/Vault.sol:Vault" in told[-1].fields["changed"]


def test_an_unknown_first_slot_is_refused_with_the_remedy(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.counter()
    made = {
        key: dataclasses.replace(contract, layout=None, fault=Fault.FIRST_SLOT)
        for key, contract in stage.reloader._memory.build.items()
    }
    stage.reloader._memory.versions.learn(made.values())
    refused = stage.save("doubled")
    assert refused.kind == "refused"
    assert "write the slot after `layout at`" in refused.text
    assert "syntax trees" not in refused.text


def test_a_contract_without_a_known_layout_is_refused(stage: Stage) -> None:
    counter, _ = stage.counter()
    artifact = json.loads(json.dumps(MADE["solidity"]["first"]["contracts"]["Counter.sol"]["Counter"]))
    flat = {"contractName": "Counter", "sourceName": "Counter.sol", "abi": artifact["abi"], **artifact["evm"]}
    answer = stage.net.rpc("megadev_trackContract", counter, flat)
    assert answer["layoutKnown"] is False


@pytest.mark.parametrize("name", ["deployments.json", "deployments.ts"])
def test_addresses_and_abis_are_written_for_dapps(tmp_path: Path, name: str) -> None:
    path = tmp_path / "web" / name
    stage = Stage(tmp_path, abi_out=path)
    counter, library = stage.counter()
    proxy = stage.deploy("Proxy.sol:Proxy", counter, types="address")
    stage.save("appended")
    text = path.read_text()
    if name.endswith(".ts"):
        assert text.rstrip().endswith("as const;")
        text = text[text.index("{") : text.rindex("}") + 1]
    written = json.loads(text)
    assert (written["l2"]["chainId"], written["l1"]["chainId"]) == (31337, 900)
    assert written["l1"]["contracts"] == {}
    found = written["l2"]["contracts"]["Counter"]
    assert found["address"] == proxy and found["addresses"] == [proxy, counter]
    assert "last" in {item.get("name") for item in found["abi"]}
    assert written["l2"]["contracts"]["Lib"]["address"] == library


def test_connected_dapps_are_notified(stage: Stage) -> None:
    from megadev.rpc.methods.eth_subscribe import eth_subscribe

    class Connection:
        id = "1"

        def __init__(self) -> None:
            self.told: list[dict[str, Any]] = []

        def notify(self, message: bytes, shared: bytes = b"") -> None:
            self.told.append(json.loads(message + shared)["params"]["result"])

        def on_close(self, callback: object) -> None: ...

    connection = Connection()
    eth_subscribe(replace(stage.net.l2.dispatcher.node, session=connection), "contractReloads")
    counter, _ = stage.counter()
    stage.save("appended")
    (told,) = connection.told
    assert told["number"] == "0x1"
    (contract,) = told["contracts"]
    assert (contract["name"], contract["action"], contract["address"]) == ("Counter", "replaced", counter.lower())
    assert "last" in {item.get("name") for item in contract["abi"]}
    stage.net.rpc("megadev_reloadUndo")
    assert connection.told[1]["contracts"][0]["action"] == "undone"
    assert "last" not in {item.get("name") for item in connection.told[1]["contracts"][0]["abi"]}


def test_a_contract_on_L1_follows_its_source_beside_one_on_the_L2(tmp_path: Path) -> None:
    path = tmp_path / "deployments.json"
    stage = Stage(tmp_path, abi_out=path)
    told: list[tuple[str, ContractsReloaded]] = []
    for name, chain in chains_of(stage.net.node).items():
        chain.bus.subscribe(
            lambda event, name=name: told.append((name, event)) if isinstance(event, ContractsReloaded) else None
        )  # type: ignore[misc]
    below, _ = stage.counter(step=3)
    stage.at = stage.net.l1
    above, library = stage.counter(step=5)
    stage.bump(above)
    stage.at.rpc("evm_mine")
    before = stage.storage(above)
    notice = stage.save("doubled")
    assert f"Counter replaced at {below}, Counter replaced at {above} on L1" in notice.text
    assert [(name, [contract.address.hex() for contract in event.contracts]) for name, event in told] == [
        ("l2", [below[2:].lower()]), ("l1", [above[2:].lower()]),
    ]  # fmt: skip
    stage.at.rpc("evm_mine")
    assert stage.storage(above) == before
    stage.bump(above)
    assert (stage.call(above, "count()"), stage.call(above, "step()")) == (5 + 2 * 5, 5)
    written = json.loads(path.read_text())
    assert written["l2"]["contracts"]["Counter"]["address"] == below
    assert written["l1"]["contracts"]["Counter"]["address"] == above
    (found,) = [
        each for each in stage.net.rpc("megadev_listDeployments") if (each["chain"], each["address"]) == ("l1", above)
    ]
    assert found["libraries"] == {"Lib.sol:Lib": library} and int(found["constructorArguments"], 16) == 5
    # back on both, by one undo
    assert stage.net.rpc("megadev_reloadUndo")["blocks"]["l1"] == 2
    assert stage.call(above, "count()") == 5
    stage.at = stage.net.l2
    stage.bump(below)
    assert stage.call(below, "count()") == 3


def test_a_refusal_on_one_chain_changes_neither(stage: Stage) -> None:
    stage.counter()
    stage.at = stage.net.l1
    above, _ = stage.counter()
    stage.at.rpc("anvil_setStorageAt", above, "0x2", "0x" + "00" * 31 + "07")
    before = stage.everything()
    notice = stage.save("appended")
    assert notice.kind == "refused" and f"its slot 2 of {above} on L1 is not empty" in notice.text
    assert stage.everything() == before


def test_an_address_is_named_on_the_chain_that_is_asked(tmp_path: Path) -> None:
    manifest, strange, other = tmp_path / "manifest.json", "0x" + "5e" * 20, "0x" + "6e" * 20
    manifest.write_text(json.dumps({"l1": {other: "Lib"}}))
    stage = Stage(tmp_path, manifest=manifest)
    for endpoint in stage.net.endpoints:
        for address in (strange, other):
            endpoint.rpc("anvil_setCode", address, "0x00")
    assert stage.net.l1.rpc("megadev_trackContract", strange, "Lib")["chain"] == "l1"
    stage.save("library")
    for address in (strange, other):
        assert stage.net.l2.rpc("eth_getCode", address, "latest") == "0x00"
        assert stage.net.l1.rpc("eth_getCode", address, "latest") != "0x00"


def test_an_upstream_contract_follows_once_it_is_named(tmp_path: Path) -> None:
    with Devnet(accounts=2, no_l1=True) as upstream:
        live = Stage(tmp_path, net=upstream)
        counter, _ = live.counter(step=5)
        live.bump(counter)
        with Devnet(
            accounts=2, no_l1=True, fork_url=(upstream.serve(),), no_storage_caching=True, project=tmp_path
        ) as net:
            stage = Stage(tmp_path, net=net)
            net.serve()  # from now on the writer's thread may not wait for what is fetched
            assert net.rpc("megadev_trackContract", counter, "Counter")["codeMatches"]
            assert stage.save("appended").kind == "reloaded", "its new slot is fetched, and empty"
            assert stage.save("doubled").kind == "refused"
            net.rpc("megadev_reloadApply", True)
            stage.bump(counter)
            assert (stage.call(counter, "count()"), stage.call(counter, "step()")) == (5 + 10, 5)
        assert live.call(counter, "count()") == 5


def test_without_watch_the_methods_name_the_flag() -> None:
    with Devnet(accounts=1) as net, pytest.raises(RpcError, match="start the node with --watch"):
        net.rpc("megadev_reloadPlan")


def test_a_watching_devnet_reloads_on_a_file_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    compiler = Committed(tmp_path, "vyper")

    def find(root: Path, paths: list[Path], *, solc: Path | None) -> list[Committed]:
        asked.extend((root, paths, solc))
        return [compiler]

    monkeypatch.setattr("megadev.reload.compiler.find_compilers", find)
    manifest = tmp_path / "manifest.json"
    strange = "0x" + "5e" * 20
    manifest.write_text(json.dumps({strange: "Box"}))
    notices: queue.Queue[Notice] = queue.Queue()

    def wait_for(kind: str) -> Notice:
        while (notice := notices.get(timeout=60)).kind != kind:
            pass
        return notice

    with Devnet(
        accounts=1, watch=(str(tmp_path),), solc="/opt/solc", reload="ask", reload_conflict="script",
        reload_script="exit 3", reload_manifest=manifest, reload_abi_out=tmp_path / "abi.json",
    ) as net:  # fmt: skip
        net.serve()
        net.watch(notices.put)
        wait_for("watching")
        assert asked == [tmp_path, [tmp_path], Path("/opt/solc")]
        net.rpc("anvil_setCode", strange, "0x00")
        compiler.version = "inserted"
        (tmp_path / "Box.vy").write_text("saved")
        assert "megadev reload apply" in wait_for("plan").text
        assert net.rpc("megadev_reloadPlan")["contracts"][0]["action"] == "left to the deploy script"
        net.rpc("megadev_reloadApply")
        assert wait_for("script").fields["code"] == 3
        assert "Box" in json.loads((tmp_path / "abi.json").read_text())["l2"]["contracts"]
        with pytest.raises(ConfigError, match="already watching"):
            net.watch()


# -- Vyper ----------------------------------------------------------------------------------------------------------


def test_a_vyper_contract_keeps_its_storage_and_immutables(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "vyper")
    box = stage.deploy("Box.vy:Box", 50)
    stage.wallet.make(box, encode_call("put(uint256)", 3))
    stage.net.rpc("evm_mine")
    before = stage.storage(box)
    assert stage.save("doubled").kind == "reloaded"
    stage.net.rpc("evm_mine")
    assert stage.storage(box) == before
    stage.wallet.make(box, encode_call("put(uint256)", 3))
    assert stage.call(box, "content()") == 3 + 6
    assert stage.call(box, "limit()") == 50
    fresh = stage.deploy("Box.vy:Box", 50)
    assert stage.net.rpc("eth_getCode", fresh, "latest") == stage.net.rpc("eth_getCode", box, "latest")


@pytest.mark.parametrize(
    ("version", "said"), [("inserted", "content: moved from slot 0 to slot 1"), ("immutables", "who: a new immutable")]
)
def test_an_incompatible_vyper_contract_is_refused(tmp_path: Path, version: str, said: str) -> None:
    stage = Stage(tmp_path, "vyper")
    stage.deploy("Box.vy:Box", 50)
    before = stage.everything()
    notice = stage.save(version)
    assert notice.kind == "refused" and said in notice.text
    assert stage.everything() == before


def test_versions_that_run_the_same_are_not_taken_for_each_other(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "vyper")
    stage.save("spare")
    box = stage.deploy("Box.vy:Box", 50)
    code = stage.net.rpc("eth_getCode", box, "latest")
    # nothing reads the variable that is another one now, so the code is the same, and what it holds is not
    assert stage.save("spare retyped").kind == "plan"
    assert stage.net.rpc("eth_getCode", box, "latest") == code
    notice = stage.save("spare retyped and read")
    assert notice.kind == "refused" and "spare: was uint256, is address" in notice.text
