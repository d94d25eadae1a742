"""The pytest plugin that installing megadev adds (entry point ``pytest11``): a devnet in every test, without sockets.

Fixtures, all of them usable by fixtures of any scope: ``devnet``, ``devnet_url``, ``l1``, ``l2``, ``bridge``,
``accounts``, ``w3``, ``mine``, ``travel``, ``deploy``; and ``devnet_settings`` to override. The marker
``megadev(**settings)`` gives a test, a class or a module a devnet with other settings. ``--megadev-gas-report`` prints
gas by contract and function. ``-p no:megadev`` turns all of it off.

Every test finds the devnet as the fixtures of wider scopes left it, and every example of a Hypothesis test, and every
run of a state machine, as that test found it; ``isolation`` says how. Under pytest-xdist each worker has a devnet of
its own.

Why ``devnet`` has session scope although tests are isolated: fixtures of a module or a class may then use it too. Why
settings come as a parameter: pytest then makes anew what depends on the devnet when a test asks for another one.

May import: everything below ``cli``, and what ``cli`` says of traces. Imports nothing of it before a fixture is used:
pytest loads this in every run of every project that has megadev installed. Start at the fixtures below.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from web3 import Web3
    from web3.contract import Contract

    from megadev.devnet import Devnet, Endpoint
    from megadev.node.accounts import KeyedAccount
    from megadev.testing.bridge import Bridge
    from megadev.testing.plugin.gas import GasTable
    from megadev.testing.plugin.isolation import Isolation

MARKER = "megadev"
GAS_OPTION = "--megadev-gas-report"
GAS_FROM_WORKER = "megadev_gas"


class Mine(Protocol):
    """Seal ``blocks`` blocks, ``seconds`` apart where that is said; returns the number of the head."""

    def __call__(self, blocks: int = 1, *, seconds: int | None = None) -> int: ...


class Travel(Protocol):
    """Move the chain's time by ``seconds``, or to the timestamp ``to``, and seal a block that shows it; returns its
    timestamp.
    """

    def __call__(self, seconds: int | None = None, *, to: int | None = None) -> int: ...


class Deploy(Protocol):
    """Deploy a contract; returns it as web3.py's. See the fixture ``deploy``."""

    def __call__(
        self,
        what: str | Path | Mapping[str, Any] | None = None,
        /,
        *arguments: Any,
        abi: Any = None,
        bytecode: str | bytes | None = None,
        on: Endpoint | None = None,
        sender: Any = None,
        value: int = 0,
        libraries: Mapping[str, str] | None = None,
    ) -> Contract: ...


@dataclass(frozen=True, slots=True)
class _Made:
    """``settings`` are those of markers; None where they came as a parameter, which pytest compares by itself.
    ``project`` is the definition of ``devnet_settings`` that it was made with, where that is known.
    """

    net: Devnet
    settings: dict[str, Any] | None
    project: object
    finish: Callable[[], None]


class _State:
    """The state of this process for its run: created for every run of pytest, so it is minimal."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.isolation: Isolation | None = None
        """Of the devnet that there is now."""
        self.setting_up: list[tuple[pytest.FixtureDef[Any], pytest.FixtureRequest]] = []
        """Fixtures of wider than function scope that are being set up, the outermost first."""
        self.test: pytest.Item | None = None
        """The test that has come as far as its own fixtures."""
        self.asked: dict[str, Any] = {}
        """Settings that the markers of the test that runs ask for."""
        self.project: object = None
        """The definition of ``devnet_settings`` that is the nearest to it."""
        self.made: _Made | None = None
        """How the devnet came about that there is now."""
        self.gas: GasTable | None = None


_STATE = pytest.StashKey[_State]()


# -- options, marker, parameters ----------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("megadev").addoption(
        GAS_OPTION,
        action="store_true",
        dest="megadev_gas_report",
        help="print the gas that transactions used, by contract and function",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**settings): a devnet with other settings, such as preset='megaeth', accounts=3, no_mining=True",
    )
    config.stash[_STATE] = _State(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Settings that markers ask for become the parameter of ``devnet``; the nearest marker wins."""
    if "devnet" not in metafunc.fixturenames:
        return
    settings = _asked_by_markers(metafunc.definition)
    if settings:
        shown = ",".join(f"{name}={value}" for name, value in sorted(settings.items()))
        metafunc.parametrize("devnet", [pytest.param(settings, id=shown)], indirect=True, scope="session")


def _asked_by_markers(item: pytest.Item) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for marker in item.iter_markers(MARKER):
        if marker.args:
            raise pytest.UsageError(f"{item.nodeid}: @pytest.mark.{MARKER} takes settings by name only")
        settings = {**marker.kwargs, **settings}
    return settings


# -- fixtures -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def devnet_settings() -> dict[str, Any]:
    """Settings of every devnet that markers do not change: override it in a ``conftest.py``."""
    return {}


@pytest.fixture(scope="session")
def devnet(request: pytest.FixtureRequest, devnet_settings: Mapping[str, Any]) -> Iterator[Devnet]:
    """A devnet in this process, without sockets: ``devnet.rpc(…)``, ``devnet.accounts``, ``devnet.w3``. All changes
    of a test are reverted after the test.

    The settings are those of ``Devnet(…)``: from ``devnet_settings``, then from the marker ``megadev``. Artifacts are
    looked for in pytest's root directory, and paths among the settings begin there.
    """
    from megadev.devnet import Devnet as Node
    from megadev.testing.plugin.isolation import Isolation

    state = request.config.stash[_STATE]
    parameter = getattr(request, "param", None)
    asked = state.asked if parameter is None else parameter
    settings = {"project": "", **devnet_settings, **asked}
    with Node(**_from_root(settings, request.config.rootpath)) as net:
        if request.config.getoption("megadev_gas_report"):
            from megadev.testing.plugin.gas import GasTable

            state.gas = state.gas or GasTable()
            state.gas.watch(net.node)
        state.isolation = isolation = Isolation(net)
        fixture, asking = state.setting_up[-1]
        finish = functools.partial(fixture.finish, asking)  # type: ignore[arg-type]
        state.made = _Made(net, asked if parameter is None else None, state.project, finish)
        for fixture, asking in state.setting_up:
            if fixture.argname != "devnet":
                isolation.begin_fixture(fixture, asking)
        if state.test is not None:
            isolation.begin_test(state.test)
        try:
            yield net
        finally:
            state.isolation = state.made = None
            isolation.close()


def _from_root(settings: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """``settings`` with paths that do not depend on where pytest was started."""
    from pathlib import Path

    from megadev.config.kinds import FilePath
    from megadev.config.settings import SETTINGS

    paths = {row.name for row in SETTINGS if isinstance(row.kind, FilePath)}
    return {
        name: root / Path(value).expanduser() if name in paths and isinstance(value, str | Path) else value
        for name, value in settings.items()
    }


@pytest.fixture(scope="session")
def devnet_url(devnet: Devnet) -> str:
    """The URL of the same devnet, served on free ports from now on: for other processes. ``l1.url`` is the L1's."""
    from megadev.errors import ConfigError

    try:
        return devnet.url
    except ConfigError:
        return devnet.serve()


@pytest.fixture(scope="session")
def l2(devnet: Devnet) -> Endpoint:
    """The rollup's chain: ``l2.rpc(…)``, ``l2.w3``, ``l2.url``; ``l2.chain`` for tests that look inside."""
    return devnet.l2


@pytest.fixture(scope="session")
def l1(devnet: Devnet) -> Endpoint:
    """The chain that the rollup settles on, with the same as ``l2``."""
    return devnet.l1


@pytest.fixture(scope="session")
def bridge(devnet: Devnet) -> Bridge:
    """Messages between both chains: ``bridge.deposit(wei)``, ``bridge.withdraw(wei)``, ``bridge.prove(hash)``,
    ``bridge.finalize(hash)``; the windows of a withdrawal pass at once.
    """
    from megadev.testing.bridge import Bridge

    return Bridge(devnet.l1, devnet.l2)


@pytest.fixture(scope="session")
def accounts(devnet: Devnet) -> list[KeyedAccount]:
    """The funded accounts: ``.address`` and ``.private_key``."""
    return list(devnet.accounts)


@pytest.fixture(scope="session")
def w3(devnet: Devnet) -> Web3:
    """web3.py on the devnet. Its default account is the first one."""
    web3 = devnet.w3
    if devnet.accounts:
        web3.eth.default_account = devnet.accounts[0].address  # type: ignore[assignment]
    return web3


@pytest.fixture(scope="session")
def mine(devnet: Devnet) -> Mine:
    """``mine()``, ``mine(10)``, ``mine(10, seconds=3600)``: seal blocks, ``seconds`` apart."""

    def mine_blocks(blocks: int = 1, *, seconds: int | None = None) -> int:
        devnet.rpc("anvil_mine", blocks, *(() if seconds is None else (seconds,)))
        return int(devnet.rpc("eth_blockNumber"), 16)

    return mine_blocks


@pytest.fixture(scope="session")
def travel(devnet: Devnet) -> Travel:
    """``travel(86_400)``, ``travel(to=timestamp)``: move the time and seal a block that shows it."""

    def travel_in_time(seconds: int | None = None, *, to: int | None = None) -> int:
        if (seconds is None) == (to is None):
            raise TypeError("travel takes seconds, or to=timestamp")
        if to is None:
            devnet.rpc("evm_increaseTime", seconds)
        else:
            devnet.rpc("evm_setNextBlockTimestamp", to)
        devnet.rpc("evm_mine")
        return int(devnet.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    return travel_in_time


@pytest.fixture(scope="session")
def deploy(devnet: Devnet, w3: Web3, pytestconfig: pytest.Config) -> Deploy:
    """Deploy a contract and get it as web3.py's ``Contract``. Arguments after the first are the constructor's.

    ``deploy("Token", 10**18)``: by name, from what the project compiled (Foundry, Hardhat, Ape, Brownie, solc, Vyper) ·
    ``deploy("contracts/Token.vy")``: a Vyper or Solidity source, compiled now · ``deploy("build/Token.json")`` or
    ``deploy({"abi": …, "bytecode": …})``: an artifact · ``deploy(abi=…, bytecode=…)``. ``on=l1`` deploys there, not on
    L2; ``sender`` (an account or an address; the first account unless said), ``value`` in wei, ``libraries`` addresses
    by name.

    Raises ``CannotDeploy``, with the reason where the constructor reverted.
    """
    from megadev.testing.plugin.contracts import Deployer

    return Deployer(devnet, pytestconfig.rootpath)


# -- isolation ----------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    state = request.config.stash[_STATE]
    if fixturedef.scope == "function":
        _enter(state, request.node)
        return (yield)
    state.setting_up.append((fixturedef, request))
    isolation = state.isolation
    if isolation is not None:
        isolation.begin_fixture(fixturedef, request)
    try:
        return (yield)
    finally:
        state.setting_up.pop()
        if state.isolation is not None:
            state.isolation.end_fixture(fixturedef)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    state = item.config.stash[_STATE]
    state.test = None
    state.asked = _asked_by_markers(item)
    state.project = _settings_fixture(item)
    if state.made is not None and not _serves(state.made, item, state):
        state.made.finish()
    if state.isolation is not None:
        state.isolation.start_watching()


def _settings_fixture(item: pytest.Item) -> object:
    """None where it cannot be known beforehand."""
    definitions = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get("devnet_settings")
    return definitions[-1] if definitions else None


def _serves(made: _Made, item: pytest.Item, state: _State) -> bool:
    """True if the devnet is good for ``item`` too.

    A directory's ``conftest.py`` may have a ``devnet_settings`` of its own, which pytest would not look at while there
    is a devnet. Where a test asks for it in the midst of things (``getfixturevalue``, a ``unittest.TestCase``), pytest
    knows of no parameter, and would give it any devnet that came about so.
    """
    if made.net.is_closed or (state.project is not None and state.project is not made.project):
        return False
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return made.settings is None or "devnet" in parameters or made.settings == state.asked


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    state = item.config.stash[_STATE]
    _enter(state, item)
    isolation = state.isolation
    if isolation is None:
        return (yield)
    with contextlib.ExitStack() as inside:
        if hasattr(getattr(item, "obj", None), "hypothesis"):
            inside.enter_context(isolation.of_examples(item.obj))  # type: ignore[attr-defined]  # a test function
        stateful = sys.modules.get("hypothesis.stateful")
        if hasattr(stateful, "get_state_machine_test"):
            inside.enter_context(isolation.of_state_machines(stateful))
        return (yield)


def _enter(state: _State, item: pytest.Item) -> None:
    """From here on, what happens to the devnet is the test's own doing."""
    if state.test is not item:
        state.test = item
        if state.isolation is not None:
            state.isolation.begin_test(item)


# -- what is told -------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    isolation = item.config.stash[_STATE].isolation
    if report.failed and isolation is not None:
        from megadev.testing.plugin.failures import sections

        report.sections += sections(isolation)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    state = session.config.stash[_STATE]
    output = getattr(session.config, "workeroutput", None)
    if output is not None and state.gas is not None:
        output[GAS_FROM_WORKER] = state.gas.as_rows()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker of pytest-xdist has ended, in the process that reports."""
    rows = getattr(node, "workeroutput", {}).get(GAS_FROM_WORKER)
    if rows:
        from megadev.testing.plugin.gas import GasTable

        state = node.config.stash[_STATE]
        state.gas = state.gas or GasTable()
        state.gas.add_rows(rows)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    gas = config.stash[_STATE].gas
    if gas is not None:
        terminalreporter.section("gas by contract and function")
        for line in gas.lines():
            terminalreporter.write_line(line)
