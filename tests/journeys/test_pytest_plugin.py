"""The pytest plugin as projects use it: whole runs of pytest within this one, on small suites."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from megadev import Devnet
from megadev.primitives.abi import encode, encode_call
from tests.conftest import REPOSITORY
from tests.contracts import load
from tests.stage.installed import INSTALLED
from tests.stage.programs import program

pytest_plugins = "pytester"


CONTRACTS = REPOSITORY / "tests" / "contracts"


HELPERS = program("pytest_plugin/helpers.py")


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makeini("[pytest]\n")
    return pytester


def run(suite: pytest.Pytester, *arguments: str, **files: str) -> pytest.RunResult:
    """Run a suite of these files (``test_a="…"``), which all begin with ``HELPERS``."""
    suite.makepyfile(**{name: HELPERS + text for name, text in files.items()})
    return start(suite, *arguments)


def start(suite: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run it as it is."""
    plugin = () if INSTALLED else ("-p", "megadev.testing.plugin")
    apart = ("no:cacheprovider", "no:randomly", "no:faulthandler")  # which would drop the handlers of this process
    return suite.runpytest_inprocess(*plugin, *(word for name in apart for word in ("-p", name)), *arguments)


def test_a_test_sees_no_state_of_the_previous_one(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/nothing_of_the_one_before_it.py"),
    )
    done.assert_outcomes(passed=7)


WIDER = program("pytest_plugin/wider.py")


def test_fixtures_of_every_scope_last_as_long_as_their_scope(suite: pytest.Pytester) -> None:
    tests = program("pytest_plugin/fixtures_of_every_scope_last_as_long_as_their_scope_tests.py")
    last = """
from conftest import made

def test_only_what_is_of_the_session(devnet, received):
    assert received() == 1 and made == ["session", "module 2", "module 2"]
"""
    done = run(suite, conftest=WIDER, test_a=tests, test_b=tests, test_c=last)
    done.assert_outcomes(passed=11)


def test_a_session_fixture_first_used_in_a_module_is_rebuilt_after_it(
    suite: pytest.Pytester,
) -> None:
    first = program(
        "pytest_plugin/session_fixture_first_asked_for_within_a_module_does_not_outlive_what_it_stands_on_first.py"
    )
    second = program(
        "pytest_plugin/session_fixture_first_asked_for_within_a_module_does_not_outlive_what_it_stands_on_second.py"
    )
    done = run(suite, conftest=WIDER, test_a=first, test_b=second)
    done.assert_outcomes(passed=6)


def test_fixtures_asked_for_by_name_within_a_test(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        conftest=WIDER,
        test_a=program("pytest_plugin/fixtures_asked_for_by_name_within_a_test.py"),
    )
    done.assert_outcomes(passed=4)


def test_a_devnet_first_made_in_the_midst_of_a_fixture(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/devnet_first_made_in_the_midst_of_a_fixture.py"),
        test_b=program("pytest_plugin/devnet_first_made_in_the_midst_of_a_fixture_test_b.py"),
    )
    done.assert_outcomes(passed=5)


def test_a_fixture_that_does_not_change_the_chain_is_made_once(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        conftest=WIDER + '\n@pytest.fixture(scope="session")\ndef aside(devnet):\n    made.append("aside")\n',
        test_a="def test_a(of_module):\n    pass\ndef test_b(aside, of_module):\n    pass\n",
        test_b="from conftest import made\ndef test_c(aside):\n    assert made.count('aside') == 1\n",
    )
    done.assert_outcomes(passed=3)


def test_parametrized_wider_fixtures_take_turns(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/parametrized_wider_fixtures_take_turns.py"),
    )
    done.assert_outcomes(passed=4)


def test_failing_tests_leave_no_state(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/tests_that_fail_or_cannot_begin_leave_nothing_behind.py"),
    )
    done.assert_outcomes(passed=2, failed=1, errors=4)


def test_each_hypothesis_example_starts_from_the_same_state(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/each_hypothesis_example_starts_from_the_same_state.py"),
    )
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["*value=1000*", "*megadev: last transaction 0x*", "*1000 wei*"])


def test_each_run_of_a_hypothesis_state_machine_starts_from_the_same_state(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/each_run_of_a_hypothesis_state_machine_starts_from_the_same_state.py"),
    )
    done.assert_outcomes(passed=3)


@pytest.mark.slow
def test_workers_of_xdist_have_a_devnet_each(suite: pytest.Pytester) -> None:
    tests = program("pytest_plugin/workers_of_xdist_have_a_devnet_each_tests.py")
    done = run(suite, "-n", "2", "--megadev-gas-report", test_a=tests, test_b=tests)
    done.assert_outcomes(passed=40)
    done.stdout.re_match_lines([r"contract\s+function\s+calls\s+gas min.*", r"\S+\s+constructor\s+40\s+\d+.*"])


@pytest.mark.slow
def test_failures_in_an_xdist_worker_are_reported_and_leave_no_state(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    (suite.path / "conftest.py").write_text(HELPERS + WIDER)
    tests = program("pytest_plugin/failures_in_a_worker_of_xdist_leave_nothing_behind_and_are_told_tests.py")
    done = run(suite, "-n", "2", "--dist", "load", test_a=tests, test_b=tests)
    done.assert_outcomes(passed=12, failed=12, errors=12)
    assert done.stdout.str().count("Printer.fail() ✗ the end") == 12


def test_markers_and_a_fixture_choose_the_settings(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        conftest='@pytest.fixture(scope="session")\ndef devnet_settings():\n    return {"chain_id": 77, "accounts": 4}\n',
        test_a=program("pytest_plugin/markers_and_a_fixture_choose_the_settings.py"),
    )
    done.assert_outcomes(passed=5)


def test_markers_apply_to_a_dynamically_requested_devnet(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/markers_apply_where_the_devnet_is_asked_for_in_the_midst_of_things.py"),
    )
    done.assert_outcomes(passed=7)


def test_a_directory_s_settings_are_those_of_its_tests_only(suite: pytest.Pytester) -> None:
    test = "def test_{name}(devnet):\n    assert len(devnet.accounts) == {accounts}\n"
    conftest = "import pytest\n@pytest.fixture(scope='session')\ndef devnet_settings():\n    return {'accounts': 2}\n"
    files = {"b/conftest": conftest}
    for place, accounts in (("a/test_a", 10), ("b/test_b", 2), ("c/test_c", 10), ("d/test_d", 10)):
        files[place] = test.format(name=place[0], accounts=accounts)
    suite.makepyfile(**files)
    start(suite).assert_outcomes(passed=4)
    start(suite, "d", "b", "a").assert_outcomes(passed=3)


def test_a_devnet_that_a_test_closed_is_made_anew(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/devnet_that_a_test_closed_is_made_anew.py"),
    )
    done.assert_outcomes(passed=2)


def test_the_marker_takes_every_setting_by_its_name(suite: pytest.Pytester) -> None:
    """Those of other parts too (a fork's bundle, say): it knows none of them."""
    done = run(
        suite,
        test_a=program("pytest_plugin/marker_takes_every_setting_by_its_name.py"),
    )
    done.assert_outcomes(passed=1)


def test_a_marker_names_a_fork_s_bundle(suite: pytest.Pytester) -> None:
    rich = "0x" + "12" * 20
    with Devnet(accounts=2, number=100, chain_id=5) as upstream:
        upstream.rpc("anvil_setBalance", rich, "0x5")
        upstream.rpc("evm_mine")
        bundle = suite.path / "upstream.bundle"
        with Devnet(fork_url=(upstream.serve(),), no_storage_caching=True, fork_record=bundle) as recorded:
            assert recorded.rpc("eth_getBalance", rich, "latest") == "0x5"
            recorded.rpc("evm_mine")
    done = run(
        suite,
        test_a=f"""
@pytest.mark.megadev(fork_bundle="upstream.bundle")
@pytest.mark.parametrize("again", range(2))
def test_forked(devnet, again):
    assert blocks(devnet) == 101 and devnet.rpc("eth_getBalance", "{rich}", "latest") == "0x5"
    devnet.rpc("anvil_setBalance", "{rich}", "0x7")
    devnet.rpc("evm_mine")
    devnet.rpc("anvil_reset")
    assert devnet.rpc("eth_getBalance", "{rich}", "latest") == "0x0"

def test_not_forked(devnet):
    assert blocks(devnet) == 0
""",
    )
    done.assert_outcomes(passed=3)


def test_paths_among_settings_begin_at_the_root(suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    (suite.path / "state").mkdir()
    with Devnet() as net:
        net.rpc("anvil_mine", 5)
        (suite.path / "state" / "chain.json").write_bytes(bytes.fromhex(net.rpc("anvil_dumpState")[2:]))
    suite.makepyfile(
        **{"sub/test_a": HELPERS + "@pytest.mark.megadev(load_state='state/chain.json')\ndef test_it(devnet):\n"
           "    assert blocks(devnet) == 5\n"}
    )  # fmt: skip
    monkeypatch.chdir(suite.path / "sub")
    start(suite, f"--rootdir={suite.path}").assert_outcomes(passed=1)


ON_A_BUNDLE = program("pytest_plugin/on_a_bundle.py")


@pytest.fixture
def forking(suite: pytest.Pytester) -> pytest.Pytester:
    """A suite with the bundle ``token.bundle``, recorded from a node that is gone by now."""
    gold = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
    with Devnet() as upstream:
        owner, rich = (account.address for account in upstream.accounts[:2])
        token = upstream.rpc("eth_sendTransactionSync", {"from": owner, "data": "0x" + gold.hex()})["contractAddress"]
        suite.makeconftest(ON_A_BUNDLE.format(token=token, owner=owner, rich=rich))
        bundle = suite.path / "token.bundle"
        with Devnet(fork_url=(upstream.serve(),), no_storage_caching=True, fork_record=bundle) as net:
            pay = "0x" + encode_call("transfer(address,uint256)", bytes.fromhex(rich[2:]), 1).hex()
            net.rpc("eth_sendTransactionSync", {"from": owner, "to": token, "data": pay})
    return suite


def test_a_marker_chooses_a_fork_bundle_without_network(
    forking: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeper = forking.mkdir("deeper")
    forking.makepyfile(**{"deeper/test_a": program("pytest_plugin/fork_bundle_is_chosen_by_marker_and_asks_nobody.py")})
    monkeypatch.chdir(deeper)
    done = start(forking, "--rootdir", str(forking.path))
    done.assert_outcomes(passed=5, failed=1)
    done.stdout.fnmatch_lines(["*token.bundle does not hold *slot 0x*megadev fork record*"])


@pytest.mark.slow
def test_workers_of_xdist_share_a_fork_bundle(forking: pytest.Pytester) -> None:
    before = (forking.path / "token.bundle").read_bytes()
    tests = program("pytest_plugin/workers_of_xdist_share_a_fork_bundle_tests.py")
    run(forking, "-n", "2", "--dist", "each", test_a=tests).assert_outcomes(passed=20)
    assert (forking.path / "gw0").exists() and (forking.path / "gw1").exists()
    assert (forking.path / "token.bundle").read_bytes() == before


def test_a_missing_bundle_is_a_clear_error(suite: pytest.Pytester) -> None:
    done = run(suite, test_a="@pytest.mark.megadev(fork_bundle='no.bundle')\ndef test_it(devnet):\n    pass\n")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"*{suite.path / 'no.bundle'}: No such file or directory*"])


def test_an_invalid_setting_is_a_clear_error(suite: pytest.Pytester) -> None:
    done = run(suite, test_a="@pytest.mark.megadev(acounts=2)\ndef test_it(devnet):\n    pass\n")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*acounts: unknown setting. Did you mean accounts?"])


def test_time_and_block_fixtures_work(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/time_and_blocks_are_at_hand.py"),
    )
    done.assert_outcomes(passed=1)


def test_other_processes_reach_the_same_devnet(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/other_processes_reach_the_same_devnet.py"),
    )
    done.assert_outcomes(passed=2)


def test_a_continuous_chain_is_isolated_too(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/continuous_chain_is_isolated_too.py"),
    )
    done.assert_outcomes(passed=3)


BRIDGED = program("pytest_plugin/bridged.py")


def test_both_chains_and_the_bridge_are_taken_back(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=BRIDGED + program("pytest_plugin/both_chains_and_the_bridge_are_taken_back.py"),
    )
    done.assert_outcomes(passed=6)


def test_messages_of_wider_fixtures_last_as_long_as_they_do(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=BRIDGED + program("pytest_plugin/what_crossed_for_wider_fixtures_lasts_as_long_as_they_do.py"),
        test_b="def test_of_another_module(bridge):\n    assert not bridge.withdrawals\n",
    )
    done.assert_outcomes(passed=4)


def test_the_bridge_fixture_names_the_next_step(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=program("pytest_plugin/bridge_says_what_comes_next.py"),
    )
    done.assert_outcomes(passed=2, errors=1)
    done.stdout.fnmatch_lines(["*this devnet has no L1: drop no_l1*"])


@pytest.mark.parametrize("settings", ["no_mining=True", "preset='megaeth'", "l1_block_time=3600", "block_time=3600"])
def test_the_bridge_asks_for_blocks_where_they_are_not_made_at_once(suite: pytest.Pytester, settings: str) -> None:
    done = run(
        suite,
        test_a=f"""
pytestmark = pytest.mark.megadev({settings})

@pytest.mark.parametrize("again", range(2))
def test_there_and_back(bridge, l1, l2, again):
    sent = bridge.deposit(7, to="0x" + "42" * 20)
    assert l2.rpc("eth_getTransactionReceipt", sent.l2_hash)["status"] == "0x1"
    assert l2.rpc("eth_getBalance", "0x" + "42" * 20, "latest") == "0x7"
    bridge.bring(5, to="0x" + "43" * 20)
    assert l1.rpc("eth_getBalance", "0x" + "43" * 20, "latest") == "0x5"
""",
    )
    done.assert_outcomes(passed=2)


def test_deploy_works_on_l1_and_describes_the_contract(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    done = run(
        suite,
        "--megadev-gas-report",
        test_a="""
def test_it(deploy, l1, l2):
    printer = deploy("Printer.json", on=l1)
    assert l1.rpc("eth_getCode", printer.address, "latest") != l2.rpc("eth_getCode", printer.address, "latest") == "0x"
    printer.functions.fail().transact({"gas": 200_000})
    assert False, "seen"
""",
    )
    done.assert_outcomes(failed=1)
    text = done.stdout.str()
    assert "Printer.fail() ✗ the end" in text and "failed transaction 0x" in text and " on L1" in text
    assert "\nbefore the end\n" in text.split("on L1:")[1]
    done.stdout.re_match_lines([r"L1 Printer +constructor +1 .*", r"L1 Printer +fail +1 .*"])


def artifact(name: str) -> dict[str, object]:
    """An artifact of the test contracts, as tools write them."""
    fields = json.loads((CONTRACTS / f"{name}.json").read_text())
    return {
        "contractName": name,
        "abi": fields["abi"],
        "bytecode": fields["creation"],
        "deployedBytecode": fields["runtime"],
    }


def test_contracts_are_deployed_by_artifact_by_file_and_by_name(suite: pytest.Pytester) -> None:
    token = artifact("Token")
    (suite.path / "token.json").write_text(json.dumps(token))
    shutil.copytree(REPOSITORY / "tests" / "artifacts" / "foundry", suite.path, dirs_exist_ok=True)
    done = run(
        suite,
        test_a=program("pytest_plugin/contracts_are_deployed_by_artifact_by_file_and_by_name.py"),
    )
    done.assert_outcomes(passed=8)


def test_a_source_without_a_compiler_names_what_to_install(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(suite.path))
    (suite.path / "Thing.sol").write_text("contract Thing {}\n")
    done = run(suite, test_a="def test_it(deploy):\n    deploy('Thing.sol')\n")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*solc is not installed. Install it*"])


def test_a_source_is_compiled_with_the_compiler_on_the_path(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in that answers what solc answers: the way to the compiler and back is what counts."""
    fields = artifact("Counter")
    code = {"object": str(fields["bytecode"])[2:]}
    runtime = {"object": str(fields["deployedBytecode"])[2:]}
    answer = {
        "contracts": {
            "Counter.sol": {"Counter": {"abi": fields["abi"], "evm": {"bytecode": code, "deployedBytecode": runtime}}}
        }
    }
    answer["sources"] = {"Counter.sol": {"id": 0}}  # type: ignore[dict-item]
    (suite.path / "answer.json").write_text(json.dumps(answer))
    solc = suite.path / "solc"
    solc.write_text(
        f"#!/bin/sh\ncat > {suite.path}/asked.json; echo run >> {suite.path}/runs; cat {suite.path}/answer.json\n"
    )
    solc.chmod(0o755)
    monkeypatch.setenv("PATH", f"{suite.path}:{os.environ['PATH']}")
    (suite.path / "Counter.sol").write_text((CONTRACTS / "Counter.sol").read_text())
    done = run(
        suite,
        test_a="def test_it(deploy):\n    assert deploy('Counter.sol').address != deploy('Counter.sol').address\n",
    )
    done.assert_outcomes(passed=1)
    assert "Counter.sol" in json.loads((suite.path / "asked.json").read_text())["sources"]
    assert (suite.path / "runs").read_text() == "run\n"


def test_a_failure_shows_console_output_and_failed_calls(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    (suite.path / "Reverter.json").write_text(json.dumps(artifact("Reverter")))
    done = run(
        suite,
        test_a=program("pytest_plugin/failure_shows_what_was_printed_and_the_calls_that_failed.py"),
    )
    done.assert_outcomes(passed=1, failed=4)
    text = done.stdout.str()
    first, call, estimate, last = text.split("___ test_")[1:5]
    assert "before the end" in first and "failed transaction 0x" in first
    assert "Printer.fail() ✗ the end" in first
    assert "failed eth_call" in call and "Reverter.withCustomError(code: 42) ✗ Refused(who: " in call
    assert "Reverter.withReason() ✗ out of luck" in estimate
    assert "made by" not in call + estimate and "megadev:" not in last


def test_the_gas_report_lists_contracts_and_functions(suite: pytest.Pytester) -> None:
    (suite.path / "Token.json").write_text(json.dumps(artifact("Token")))
    done = run(
        suite,
        "--megadev-gas-report",
        test_a=program("pytest_plugin/gas_report_tells_contracts_and_functions.py"),
    )
    done.assert_outcomes(passed=3)
    done.stdout.re_match_lines(
        [
            r".*gas by contract and function.*",
            r"contract  function     calls  gas min  gas median  gas mean  gas max",
            r"Token     constructor      3   \d+      \d+    \d+   \d+",
            r"Token     transfer         3    \d+       \d+     \d+    \d+",
        ]
    )
    assert done.stdout.str().count("Token  ") == 2


def test_the_gas_report_names_the_bridge_s_functions(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        "--megadev-gas-report",
        test_a="""
def test_it(bridge):
    bridge.deposit(1)
""",
    )
    done.assert_outcomes(passed=1)
    done.stdout.re_match_lines([r"L1 OptimismPortal.* +depositTransaction +1 .*"])


@pytest.mark.skipif(find_spec("vyper") is None, reason="Vyper is not installed")
def test_a_contract_is_found_by_the_name_of_its_source_file(suite: pytest.Pytester) -> None:
    folder = suite.mkdir("contracts")
    (folder / "Bank.vy").write_text("value: public(uint256)\n\n@deploy\ndef __init__(): self.value = 7\n")
    done = run(
        suite,
        test_a="""
def test_it(deploy):
    assert deploy("Bank").functions.value().call() == 7
""",
    )
    done.assert_outcomes(passed=1)


def test_a_failing_test_shows_no_line_of_the_plugin_and_prints_once(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    done = run(
        suite,
        test_a=program("pytest_plugin/failing_test_shows_no_line_of_the_plugin_and_prints_once.py"),
    )
    done.assert_outcomes(failed=2)
    text = done.stdout.str()
    assert "megadev/rpc/client.py" not in text and "megadev/devnet.py" not in text
    assert text.count("before the end") == 1


def installed(folder: Path) -> dict[str, str]:
    """An environment in which megadev looks as if it were installed from this checkout."""
    info = folder / "site" / "megadev-0.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: megadev\nVersion: 0.0.0\n")
    (info / "entry_points.txt").write_text("[pytest11]\nmegadev = megadev.testing.plugin\n")
    return {**os.environ, "PYTHONPATH": f"{info.parent}:{REPOSITORY}"}


def pytest_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=installed(folder) if not INSTALLED else None,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_plugin_is_loaded_once_installed_and_can_be_disabled(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text("def test_it(devnet):\n    devnet.rpc('evm_mine')\n")
    assert pytest_process(tmp_path).returncode == 0
    shutil.rmtree(tmp_path / "site", ignore_errors=True)
    off = pytest_process(tmp_path, "-p", "no:megadev")
    assert off.returncode == 1 and "fixture 'devnet' not found" in off.stdout


def test_an_unused_plugin_loads_no_modules(tmp_path: Path) -> None:
    """Neither the node nor web3 nor a client library, in a project that does not ask for a devnet."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text(
        "import sys\n\ndef test_it(tmp_path):\n"
        "    ours = {name for name in sys.modules if name.partition('.')[0] == 'megadev'}\n"
        "    assert ours == {'megadev', 'megadev.testing', 'megadev.testing.plugin'}\n"
        "    assert not {'web3', 'eth', 'rich', 'msgspec', 'uvicorn', 'websockets'} & set(sys.modules)\n"
    )
    done = pytest_process(tmp_path, "-p", "no:hypothesispytest", "-p", "no:xdist")
    assert done.returncode == 0, done.stdout
