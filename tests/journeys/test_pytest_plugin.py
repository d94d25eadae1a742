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

pytest_plugins = "pytester"


CONTRACTS = REPOSITORY / "tests" / "contracts"


HELPERS = """
import pytest

ETHER = 10**18

def pay(devnet, value=ETHER):
    alice, bob = devnet.accounts[:2]
    return devnet.rpc("eth_sendTransaction", {"from": alice.address, "to": bob.address, "value": hex(value)})

def blocks(devnet):
    return int(devnet.rpc("eth_blockNumber"), 16)
"""


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


def test_a_test_finds_nothing_of_the_one_before_it(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
@pytest.mark.parametrize("again", range(3))
def test_everything_is_taken_back(devnet, mine, travel, again):
    assert blocks(devnet) == 0
    assert len(devnet.accounts) == 10 and devnet.rpc("evm_snapshot") == "0x0"
    assert devnet.rpc("megadev_getConsoleLogs") == []
    assert devnet.rpc("anvil_getAutomine") is True
    alice, bob = devnet.accounts[:2]
    assert devnet.rpc("eth_getBalance", bob.address, "latest") == hex(10_000 * ETHER)
    pay(devnet)
    mine(3, seconds=10)
    travel(86_400)
    devnet.rpc("evm_addAccount", "0x" + "77" * 32, "")
    devnet.rpc("anvil_impersonateAccount", "0x" + "88" * 20)
    devnet.rpc("evm_setAutomine", False)
    pay(devnet)
    devnet.rpc("anvil_setChainId", 5)

@pytest.mark.parametrize("how", ["anvil_reset", "anvil_rollback", "evm_revert", "anvil_reset"])
def test_whatever_it_did(devnet, how):
    assert blocks(devnet) == 0 and devnet.rpc("eth_chainId") == "0x7a69"
    first = devnet.rpc("evm_snapshot")
    assert first == "0x0"
    pay(devnet)
    devnet.rpc(how, *([first] if how == "evm_revert" else []))
    pay(devnet, 5)
""",
    )
    done.assert_outcomes(passed=7)


WIDER = """
made = []

@pytest.fixture(scope="session")
def of_session(devnet):
    made.append("session")
    pay(devnet, 1)
    yield
    made.append("session ends")

@pytest.fixture(scope="module")
def of_module(devnet):
    pay(devnet, 10)
    made.append(f"module {blocks(devnet)}")

@pytest.fixture(scope="class")
def of_class(devnet):
    pay(devnet, 100)

@pytest.fixture
def of_function(devnet):
    pay(devnet, 1000)

@pytest.fixture
def received(devnet):
    bob = devnet.accounts[1].address
    return lambda: int(devnet.rpc("eth_getBalance", bob, "latest"), 16) - 10_000 * ETHER
"""


def test_fixtures_of_every_scope_last_as_long_as_their_scope(suite: pytest.Pytester) -> None:
    tests = """
class TestOne:
    def test_a(self, of_session, of_module, of_class, of_function, received, devnet):
        assert received() == 1111
        pay(devnet, 10_000)

    def test_b(self, of_class, of_module, of_session, received, devnet):
        assert received() == 111
        devnet.rpc("anvil_reset")
        assert received() == 0

    def test_c(self, of_function, received):
        assert received() == 1111

def test_after_the_class(of_function, received):
    assert received() == 1011

def test_function_only(received, of_session):
    assert received() == 11
"""
    last = """
from conftest import made

def test_only_what_is_of_the_session(devnet, received):
    assert received() == 1 and made == ["session", "module 2", "module 2"]
"""
    done = run(suite, conftest=WIDER, test_a=tests, test_b=tests, test_c=last)
    done.assert_outcomes(passed=11)


def test_a_session_fixture_first_asked_for_within_a_module_does_not_outlive_what_it_stands_on(
    suite: pytest.Pytester,
) -> None:
    first = """
from conftest import made

def test_module_alone(of_module, received):
    assert received() == 10

def test_then_the_session(of_session, of_module, received):
    assert received() == 11

def test_both_still_there(of_session, of_module, received):
    assert received() == 11 and made == ["module 1", "session"]
"""
    second = """
from conftest import made

def test_it_is_made_anew(of_session, received):
    assert received() == 1 and made[2:] == ["session ends", "session"]

def test_and_stays_then(of_session, received):
    assert received() == 1 and len(made) == 4

def test_the_module_s_own_upon_it(of_module, received):
    assert received() == 11
"""
    done = run(suite, conftest=WIDER, test_a=first, test_b=second)
    done.assert_outcomes(passed=6)


def test_fixtures_asked_for_by_name_within_a_test(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        conftest=WIDER,
        test_a="""
from conftest import made

@pytest.mark.parametrize("again", range(2))
def test_wider_ones_end_with_the_test(request, received, again):
    assert received() == 0
    request.getfixturevalue("of_session")
    request.getfixturevalue("of_module")
    assert received() == 11 and made.count("session") == again + 1

def test_the_devnet_itself(request):
    devnet = request.getfixturevalue("devnet")
    assert blocks(devnet) == 0
    pay(devnet)

def test_it_was_taken_back(request):
    assert blocks(request.getfixturevalue("devnet")) == 0
""",
    )
    done.assert_outcomes(passed=4)


def test_a_devnet_first_made_in_the_midst_of_a_fixture(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
@pytest.fixture(scope="module")
def late(request):
    net = request.getfixturevalue("devnet")
    pay(net)
    return net

@pytest.fixture
def later(request):
    net = request.getfixturevalue("devnet")
    pay(net)

def test_one(late):
    assert blocks(late) == 1

def test_two(late, later):
    assert blocks(late) == 2

def test_three(late):
    assert blocks(late) == 1
""",
        test_b="""
@pytest.fixture
def later(request):
    pay(request.getfixturevalue("devnet"))

def test_four(later, devnet):
    assert blocks(devnet) == 1

def test_five(devnet):
    assert blocks(devnet) == 0
""",
    )
    done.assert_outcomes(passed=5)


def test_a_fixture_that_leaves_the_chain_alone_is_made_once(suite: pytest.Pytester) -> None:
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
        test_a="""
@pytest.fixture(scope="module", params=[1, 20])
def paid(devnet, request):
    pay(devnet, request.param)
    return request.param

@pytest.fixture(scope="module")
def more(paid, devnet):
    pay(devnet, 300)

@pytest.mark.parametrize("again", range(2))
def test_sum(paid, more, devnet, again):
    bob = devnet.accounts[1].address
    assert int(devnet.rpc("eth_getBalance", bob, "latest"), 16) - 10_000 * ETHER == paid + 300
    pay(devnet)
""",
    )
    done.assert_outcomes(passed=4)


def test_tests_that_fail_or_cannot_begin_leave_nothing_behind(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
@pytest.fixture
def breaks(devnet):
    pay(devnet)
    raise RuntimeError("in the setup")

@pytest.fixture
def breaks_after(devnet):
    pay(devnet)
    yield
    pay(devnet)
    raise RuntimeError("in the teardown")

@pytest.fixture(scope="class")
def breaks_for_the_class(devnet):
    pay(devnet)
    raise RuntimeError("for the class")

def test_fails(devnet):
    pay(devnet)
    assert False

def test_error(breaks):
    pass

def test_error_after(breaks_after):
    pass

class TestClass:
    def test_error_one(self, breaks_for_the_class):
        pass

    def test_error_two(self, breaks_for_the_class):
        pass

def test_in_the_end(devnet):
    assert blocks(devnet) == 0
""",
    )
    done.assert_outcomes(passed=2, failed=1, errors=4)


def test_each_hypothesis_example_starts_from_the_same_state(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
from hypothesis import given, settings, strategies as st

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

seen = []

@settings(max_examples=20, deadline=None, database=None)
@given(value=st.integers(0, 10**9))
def test_examples(devnet, paid, value):
    seen.append(value)
    assert blocks(devnet) == 1
    pay(devnet, value)

class TestMethods:
    @settings(max_examples=5, deadline=None, database=None)
    @given(value=st.integers(0, 10**9))
    def test_examples_of_a_method(self, devnet, paid, value):
        assert blocks(devnet) == 1
        pay(devnet, value)

@settings(max_examples=50, deadline=None, database=None)
@given(value=st.integers(0, 10**9))
def test_the_failing_one_is_told(devnet, value):
    pay(devnet, value)
    assert blocks(devnet) == 2 and value < 1000

def test_after_them(devnet, paid):
    assert blocks(devnet) == 1 and len(set(seen)) > 3
""",
    )
    done.assert_outcomes(passed=3, failed=1)
    done.stdout.fnmatch_lines(["*value=1000*", "*megadev: last transaction 0x*", "*1000 wei*"])


def test_each_run_of_a_hypothesis_state_machine_starts_from_the_same_state(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

nets, runs = [], []
few = settings(max_examples=10, deadline=None, database=None, stateful_step_count=5)

class Machine(RuleBasedStateMachine):
    @initialize()
    def begin(self):
        assert blocks(nets[0]) == 1
        runs.append(self)

    @rule()
    def pay(self):
        pay(nets[0])

@pytest.fixture
def paid(devnet):
    nets[:] = [devnet]
    pay(devnet)

@pytest.mark.usefixtures("paid")
class TestMachine(Machine.TestCase):
    settings = few

def test_by_hand(paid, devnet):
    run_state_machine_as_test(Machine, settings=few)
    devnet.rpc("anvil_reset")
    pay(devnet)
    run_state_machine_as_test(Machine, settings=few)

def test_after_them(devnet):
    assert blocks(devnet) == 0 and len(runs) > 3
""",
    )
    done.assert_outcomes(passed=3)


@pytest.mark.slow
def test_workers_of_xdist_have_a_devnet_each(suite: pytest.Pytester) -> None:
    tests = """
@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

@pytest.mark.parametrize("number", range(20))
def test_isolated(devnet, paid, deploy, number):
    assert blocks(devnet) == 1
    pay(devnet, number)
    deploy(abi=[], bytecode="0x00")
"""
    done = run(suite, "-n", "2", "--megadev-gas-report", test_a=tests, test_b=tests)
    done.assert_outcomes(passed=40)
    done.stdout.re_match_lines([r"contract\s+function\s+calls\s+gas min.*", r"\S+\s+constructor\s+40\s+\d+.*"])


@pytest.mark.slow
def test_failures_in_a_worker_of_xdist_leave_nothing_behind_and_are_told(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    (suite.path / "conftest.py").write_text(HELPERS + WIDER)
    tests = """
@pytest.fixture
def breaks(devnet, bridge):
    bridge.deposit(5)
    raise RuntimeError("in the setup")

class TestClass:
    @pytest.mark.parametrize("number", range(6))
    def test_fails(self, of_session, of_module, of_class, of_function, received, deploy, number):
        assert received() == 1111
        deploy("Printer.json").functions.fail().transact({"gas": 200_000})
        assert False, "seen"

    @pytest.mark.parametrize("number", range(6))
    def test_cannot_begin(self, of_class, breaks, number):
        pass

    @pytest.mark.parametrize("number", range(6))
    def test_passes(self, of_session, of_module, of_class, received, bridge, number):
        assert received() == 111 and not bridge.deposits
        bridge.bring(1)
"""
    done = run(suite, "-n", "2", "--dist", "load", test_a=tests, test_b=tests)
    done.assert_outcomes(passed=12, failed=12, errors=12)
    assert done.stdout.str().count("Printer.fail() ✗ the end") == 12


def test_markers_and_a_fixture_choose_the_settings(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        conftest='@pytest.fixture(scope="session")\ndef devnet_settings():\n    return {"chain_id": 77, "accounts": 4}\n',
        test_a="""
@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

def test_of_the_project(devnet, paid):
    assert (devnet.rpc("eth_chainId"), len(devnet.accounts), blocks(devnet)) == ("0x4d", 4, 1)

@pytest.mark.megadev(accounts=2)
class TestMarked:
    def test_of_the_class(self, devnet, paid):
        assert (devnet.rpc("eth_chainId"), len(devnet.accounts), blocks(devnet)) == ("0x4d", 2, 1)

    @pytest.mark.megadev(no_mining=True)
    def test_nearer(self, devnet, accounts):
        pay(devnet)
        assert (len(accounts), blocks(devnet)) == (2, 0)

@pytest.mark.megadev(preset="megaeth", no_mining=True)
def test_preset(w3, devnet):
    assert w3.eth.get_block("latest")["gasLimit"] == 10**10

def test_the_first_again(accounts, paid, devnet):
    assert len(accounts) == 4 and blocks(devnet) == 1
""",
    )
    done.assert_outcomes(passed=5)


def test_markers_apply_where_the_devnet_is_asked_for_in_the_midst_of_things(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
import unittest

@pytest.fixture(scope="module")
def many(request):
    pay(request.getfixturevalue("devnet"))
    return len(request.getfixturevalue("devnet").accounts)

def test_the_usual(request, many):
    assert many == 10

@pytest.mark.megadev(accounts=3)
def test_by_name(request):
    devnet = request.getfixturevalue("devnet")
    assert len(devnet.accounts) == 3 and blocks(devnet) == 0

@pytest.mark.megadev(accounts=4)
def test_by_a_fixture(many):
    assert many == 4

@pytest.mark.megadev(accounts=5)
class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def bring(self, devnet):
        self.devnet = devnet

    def test_of_the_class(self):
        self.assertEqual(len(self.devnet.accounts), 5)
        pay(self.devnet)

    @pytest.mark.megadev(accounts=6)
    def test_nearer(self):
        self.assertEqual((len(self.devnet.accounts), blocks(self.devnet)), (6, 0))

@pytest.mark.megadev(accounts=7)
def test_by_parameter(devnet):
    assert len(devnet.accounts) == 7

def test_the_usual_again(many, devnet):
    assert len(devnet.accounts) == 10 and blocks(devnet) == 1
""",
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
        test_a="""
import urllib.request

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet)

@pytest.mark.parametrize("again", range(2))
def test_it(devnet, devnet_url, paid, again):
    with urllib.request.urlopen(devnet_url, timeout=60) as page:
        assert page.status == 200
    assert blocks(devnet) == 1
    devnet.close()
""",
    )
    done.assert_outcomes(passed=2)


def test_the_marker_takes_every_setting_by_its_name(suite: pytest.Pytester) -> None:
    """Those of other parts too (a fork's bundle, say): it knows none of them."""
    done = run(
        suite,
        test_a="""
from megadev import DevnetConfig
from megadev.config.settings import SETTINGS

DEFAULTS = {row.name: getattr(DevnetConfig(), row.name) for row in SETTINGS}
OTHERS = dict(chain_id=77, accounts=3, no_mining=True, base_fee=5, order="fifo", l1_chain_id=78, l1_block_time=60)

@pytest.mark.megadev(**{**DEFAULTS, **OTHERS})
def test_all(devnet):
    assert {name: getattr(devnet.config, name) for name in DEFAULTS} == {**DEFAULTS, **OTHERS}
""",
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


ON_A_BUNDLE = """
import pytest

TOKEN, OWNER, RICH = {token!r}, {owner!r}, {rich!r}

def balance(devnet, owner):
    return int(devnet.rpc("eth_call", {{"to": TOKEN, "data": "0x70a08231" + owner[2:].zfill(64)}}, "latest"), 16)

def pay(devnet, amount):
    data = "0xa9059cbb" + RICH[2:].zfill(64) + f"{{amount:064x}}"
    assert devnet.rpc("eth_sendTransactionSync", {{"from": OWNER, "to": TOKEN, "data": data}})["status"] == "0x1"

@pytest.fixture(scope="module")
def paid(devnet):
    pay(devnet, 5)
"""


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


def test_a_fork_bundle_is_chosen_by_marker_and_asks_nobody(
    forking: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    deeper = forking.mkdir("deeper")
    forking.makepyfile(
        **{
            "deeper/test_a": """
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
            """
        }
    )
    monkeypatch.chdir(deeper)
    done = start(forking, "--rootdir", str(forking.path))
    done.assert_outcomes(passed=5, failed=1)
    done.stdout.fnmatch_lines(["*token.bundle does not hold *slot 0x*megadev fork record*"])


@pytest.mark.slow
def test_workers_of_xdist_share_a_fork_bundle(forking: pytest.Pytester) -> None:
    before = (forking.path / "token.bundle").read_bytes()
    tests = """
from conftest import RICH, balance, pay

pytestmark = pytest.mark.megadev(fork_bundle="token.bundle")

@pytest.mark.parametrize("number", range(10))
def test_isolated(devnet, paid, number, worker_id, request):
    assert balance(devnet, RICH) == 5
    pay(devnet, number)
    assert balance(devnet, RICH) == 5 + number
    (request.config.rootpath / worker_id).touch()
"""
    run(forking, "-n", "2", "--dist", "each", test_a=tests).assert_outcomes(passed=20)
    assert (forking.path / "gw0").exists() and (forking.path / "gw1").exists()
    assert (forking.path / "token.bundle").read_bytes() == before


def test_a_bundle_that_is_not_there_is_an_error_that_says_so(suite: pytest.Pytester) -> None:
    done = run(suite, test_a="@pytest.mark.megadev(fork_bundle='no.bundle')\ndef test_it(devnet):\n    pass\n")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines([f"*{suite.path / 'no.bundle'}: No such file or directory*"])


def test_a_wrong_setting_is_an_error_that_says_so(suite: pytest.Pytester) -> None:
    done = run(suite, test_a="@pytest.mark.megadev(acounts=2)\ndef test_it(devnet):\n    pass\n")
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*acounts: unknown setting. Did you mean accounts?"])


def test_time_and_blocks_are_at_hand(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
def test_it(mine, travel, w3, l2):
    assert mine() == 1 and mine(4) == 5 and l2.chain.head.number == 5
    began = w3.eth.get_block("latest")["timestamp"]
    mine(2, seconds=100)
    assert w3.eth.get_block("latest")["timestamp"] == w3.eth.get_block(6)["timestamp"] + 100
    now = travel(86_400)
    assert now >= began + 86_400 and travel(to=now + 5) == now + 5
    with pytest.raises(TypeError):
        travel()
""",
    )
    done.assert_outcomes(passed=1)


def test_other_processes_reach_the_same_devnet(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
import subprocess, sys

ASK = '''
import json, sys, urllib.request
body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []}).encode()
print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], body, {"Content-Type": "application/json"})).read())
'''

@pytest.mark.parametrize("again", range(2))
def test_served(devnet, devnet_url, l1, l2, again):
    assert blocks(devnet) == blocks(l1) == 0 and l2.url == devnet_url
    subprocess.run([sys.executable, "-c", ASK, devnet_url], check=True, timeout=60)
    subprocess.run([sys.executable, "-c", ASK, l1.url], check=True, timeout=60)
    assert blocks(devnet) == blocks(l1) == 1
""",
    )
    done.assert_outcomes(passed=2)


def test_a_continuous_chain_is_isolated_too(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
@pytest.mark.megadev(preset="megaeth")
@pytest.mark.parametrize("again", range(3))
def test_it(devnet, again):
    bob = devnet.accounts[1].address
    assert devnet.rpc("eth_getBalance", bob, "latest") == hex(10_000 * ETHER)
    pay(devnet)
    assert devnet.rpc("eth_getBalance", bob, "latest") == hex(10_001 * ETHER)
""",
    )
    done.assert_outcomes(passed=3)


BRIDGED = """
def ether(endpoint, account):
    return int(endpoint.rpc("eth_getBalance", account.address, "latest"), 16) // ETHER

def everything(devnet):
    return (
        [endpoint.rpc("eth_getBlockByNumber", "latest", True) for endpoint in devnet.endpoints],
        [endpoint.rpc("txpool_content") for endpoint in devnet.endpoints],
        [endpoint.rpc("anvil_nodeInfo")["environment"] for endpoint in devnet.endpoints],
        [endpoint.rpc("megadev_getConsoleLogs") for endpoint in devnet.endpoints],
        devnet.rpc("megadev_getBridgeStatus"), devnet.rpc("optimism_syncStatus")["current_l1"],
        devnet.rpc("megadev_sequencer_status"), devnet.rpc("megadev_sequencer_evidence"),
        devnet.node.driver.progress, devnet.node.l2.rotated_signers,
    )
"""


def test_both_chains_and_the_bridge_are_taken_back(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=BRIDGED
        + """
first = []

@pytest.mark.parametrize("again", range(2))
def test_whatever_crossed(devnet, l1, l2, bridge, accounts, travel, again):
    first.append(everything(devnet))
    assert first[again] == first[0]
    alice, bob = accounts[:2]
    sent = bridge.deposit(5 * ETHER, to=bob)
    assert ether(l2, bob) == 10_005 and l2.rpc("eth_getTransactionReceipt", sent.l2_hash)["status"] == "0x1"
    proven = bridge.withdraw(ETHER, sender=bob, to="0x" + "42" * 20)
    bridge.prove(proven)
    bridge.bring(ETHER)
    bridge.withdraw(ETHER)
    assert [each["status"] for each in bridge.withdrawals] == ["ready-to-finalize", "finalized", "waiting-to-prove"] or (
        bridge.withdrawal(proven)["status"] in ("ready-to-finalize", "waiting-to-finalize")
    )
    assert bridge.finalize(proven) and bridge.withdrawal(proven)["status"] == "finalized"
    assert l1.rpc("eth_getBalance", "0x" + "42" * 20, "latest") == hex(ETHER) and len(bridge.deposits) == 1
    travel(86_400)
    l1.rpc("evm_increaseTime", 3_600, True)
    l1.rpc("anvil_setBalance", bob.address, "0x0")
    l1.rpc("anvil_setNextBlockBaseFeePerGas", "0x77359400")
    l2.rpc("megadev_setL1Fees", [{"baseFee": "0x5"}])
    l2.rpc("megadev_sequencer_rotateKey")
    l2.rpc("megadev_sequencer_setLatency", {"answer": "1us"})
    l2.rpc("megadev_sequencer_crash")

@pytest.mark.parametrize("how", ["anvil_reset", "anvil_rollback", "anvil_reorg"])
def test_an_l1_that_changes_its_mind(devnet, l1, bridge, how):
    assert everything(devnet) == first[0]
    bridge.bring(ETHER)
    l1.rpc(how, *([] if how == "anvil_reset" else [1]), *([[]] if how == "anvil_reorg" else []))
    bridge.deposit(1)

def test_in_the_end(devnet):
    assert everything(devnet) == first[0]
""",
    )
    done.assert_outcomes(passed=6)


def test_what_crossed_for_wider_fixtures_lasts_as_long_as_they_do(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a=BRIDGED
        + """
@pytest.fixture(scope="module")
def proven(bridge):
    withdrawal = bridge.withdraw(ETHER, to="0x" + "42" * 20)
    bridge.prove(withdrawal)
    return withdrawal

@pytest.fixture(scope="class")
def deposited(proven, bridge):
    return bridge.deposit(ETHER)

class TestClass:
    @pytest.mark.parametrize("again", range(2))
    def test_of_the_class(self, proven, deposited, bridge, again):
        assert len(bridge.deposits) == 1
        bridge.finalize(proven)
        assert bridge.withdrawal(proven)["status"] == "finalized"

def test_of_the_module(proven, bridge):
    assert not bridge.deposits and bridge.withdrawal(proven)["status"] != "finalized"
""",
        test_b="def test_of_another_module(bridge):\n    assert not bridge.withdrawals\n",
    )
    done.assert_outcomes(passed=4)


def test_the_bridge_says_what_comes_next(suite: pytest.Pytester) -> None:
    done = run(
        suite,
        test_a="""
from megadev.testing.bridge import NotCrossed

def test_steps(bridge):
    withdrawal = bridge.withdraw(5)
    with pytest.raises(NotCrossed, match="is (ready|waiting)-to-prove; next step: "):
        bridge.finalize(withdrawal)
    bridge.prove(withdrawal)
    with pytest.raises(NotCrossed, match="to-finalize; next step: "):
        bridge.prove(withdrawal)
    bridge.finalize(withdrawal)
    with pytest.raises(NotCrossed, match="is finalized; next step: nothing"):
        bridge.finalize(withdrawal)

@pytest.mark.megadev(accounts=0)
def test_nobody(bridge):
    with pytest.raises(NotCrossed, match="pass sender="):
        bridge.deposit(5)

@pytest.mark.megadev(no_l1=True)
def test_no_l1(bridge):
    pass
""",
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


def test_contracts_on_l1_and_what_is_told_of_them(suite: pytest.Pytester) -> None:
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
        test_a="""
import json
from pathlib import Path

ARTIFACT = json.loads(Path(__file__).with_name("token.json").read_text())

@pytest.mark.parametrize("what", ["token.json", Path("token.json"), ARTIFACT])
def test_what(deploy, accounts, what):
    token = deploy(what, "Gold", "GLD", 1000)
    assert token.functions.balanceOf(accounts[0].address).call() == 1000
    token.functions.transfer(accounts[1].address, 5).transact()
    assert token.functions.balanceOf(accounts[1].address).call() == 5

def test_abi_and_bytecode(deploy, accounts):
    token = deploy(None, "Gold", "GLD", 7, abi=ARTIFACT["abi"], bytecode=ARTIFACT["bytecode"], sender=accounts[3])
    assert token.functions.balanceOf(accounts[3].address).call() == 7

def test_by_name(deploy, devnet):
    name = devnet.rpc("megadev_listArtifacts")["artifacts"]
    assert "Vault" in {found["name"] for found in name}

def test_unknown(deploy):
    with pytest.raises(Exception, match="no contract or file 'Nothing'"):
        deploy("Nothing")

def test_wrong_arguments(deploy):
    with pytest.raises(TypeError):
        deploy(ARTIFACT, abi=[])

@pytest.mark.megadev(no_mining=True)
def test_where_blocks_are_sealed_when_asked(deploy):
    assert deploy(ARTIFACT, "Gold", "GLD", 7).functions.totalSupply().call() == 7
""",
    )
    done.assert_outcomes(passed=8)


def test_a_source_that_nobody_can_compile_says_what_to_install(
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


def test_a_failure_shows_what_was_printed_and_the_calls_that_failed(suite: pytest.Pytester) -> None:
    (suite.path / "Printer.json").write_text(json.dumps(artifact("Printer")))
    (suite.path / "Reverter.json").write_text(json.dumps(artifact("Reverter")))
    done = run(
        suite,
        test_a="""
@pytest.fixture(scope="module")
def printer(deploy):
    return deploy("Printer.json")

@pytest.fixture(scope="module")
def reverter(deploy):
    return deploy("Reverter.json")

def test_transaction(printer):
    printer.functions.fail().transact({"gas": 200_000})
    assert False, "seen"

def test_call(reverter):
    reverter.functions.withCustomError(42).call()

def test_estimate(reverter):
    reverter.functions.withReason().transact()

def test_passes(printer):
    printer.functions.chatter(1).transact()

def test_says_nothing_of_others(devnet):
    assert False, "nothing"
""",
    )
    done.assert_outcomes(passed=1, failed=4)
    text = done.stdout.str()
    first, call, estimate, last = text.split("___ test_")[1:5]
    assert "before the end" in first and "failed transaction 0x" in first
    assert "Printer.fail() ✗ the end" in first
    assert "failed eth_call" in call and "Reverter.withCustomError(code: 42) ✗ Refused(who: " in call
    assert "Reverter.withReason() ✗ out of luck" in estimate
    assert "made by" not in call + estimate and "megadev:" not in last


def test_the_gas_report_tells_contracts_and_functions(suite: pytest.Pytester) -> None:
    (suite.path / "Token.json").write_text(json.dumps(artifact("Token")))
    done = run(
        suite,
        "--megadev-gas-report",
        test_a="""
@pytest.fixture
def token(deploy):
    return deploy("Token.json", "Gold", "GLD", 1000)

@pytest.mark.parametrize("amount", [1, 0, 2])
def test_it(token, accounts, amount, devnet):
    token.functions.transfer(accounts[1].address, amount).transact()
    pay(devnet)
""",
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
        test_a="""
def test_refused(devnet):
    devnet.rpc("eth_nonsense")

def test_printed(deploy):
    printer = deploy("Printer.json")
    printer.functions.fail().transact({"gas": 100_000})
    raise AssertionError
""",
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


def test_it_is_there_once_installed_and_can_be_turned_off(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_a.py").write_text("def test_it(devnet):\n    devnet.rpc('evm_mine')\n")
    assert pytest_process(tmp_path).returncode == 0
    shutil.rmtree(tmp_path / "site", ignore_errors=True)
    off = pytest_process(tmp_path, "-p", "no:megadev")
    assert off.returncode == 1 and "fixture 'devnet' not found" in off.stdout


def test_unused_it_loads_nothing(tmp_path: Path) -> None:
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
