"""What web3.py's shipped suites (``web3._utils.module_testing``) ask of a node: contracts, blocks, transactions.

A test module gives ``net`` and ``w3`` or ``async_w3``; all the rest is here. The suites are written for a node whose
blocks come by a clock, so a case that replaces a transaction finds automatic mining off (``WAITING``). Coroutine cases
run on one event loop per module, which no plugin is needed for.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from eth_utils import to_checksum_address
from web3 import AsyncWeb3, PersistentConnectionProvider, Web3
from web3._utils.contract_sources.contract_data.emitter_contract import EMITTER_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.offchain_lookup import OFFCHAIN_LOOKUP_DATA
from web3._utils.contract_sources.contract_data.panic_errors_contract import PANIC_ERRORS_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.storage_contract import STORAGE_CONTRACT_DATA
from web3._utils.module_testing.utils import RequestMocker

from megadev import Devnet
from megadev.primitives.abi import encode_call
from tests.conformance.web3py.deselected import reason_to_deselect

CASE_SECONDS = 60
"""Far more than a case takes; a subscription that stays silent must not hang the run."""
CHAIN_ID = 131277322940537
"""The suites assert it."""
LOG_DOUBLE_WITH_INDEX = 9
"""Of the emitter's enumeration of its events."""
WAITING = ("replace_transaction", "modify_transaction", "transaction_receipt_unmined")
"""Parts of the names of cases that expect a transaction to wait for its block …"""
NOT_WAITING = ("already_mined",)
"""… and of those that do not."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        (dropped if isinstance(item, pytest.Function) and reason_to_deselect(item) else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    run: Runner = pyfuncitem.funcargs["run"]
    case = pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
    run(asyncio.wait_for(case, CASE_SECONDS))
    return True


Runner = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="module", autouse=True)
def run() -> Iterator[Runner]:
    """Run a coroutine to its end, on the module's event loop."""
    with asyncio.Runner() as runner:
        yield runner.run


@contextmanager
def connected(provider: PersistentConnectionProvider, run: Runner) -> Iterator[AsyncWeb3[Any]]:
    """A client over an open connection, closed at the end."""

    async def connect() -> AsyncWeb3[Any]:
        return await AsyncWeb3(provider)

    w3 = run(connect())
    try:
        yield w3
    finally:
        run(provider.disconnect())


# -- the chain that the suites find ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """Where things are on it."""

    math: str
    math_deployment: str
    emitter: str
    revert: str
    offchain_lookup: str
    panic_errors: str
    storage: str
    log_hash: str
    log_block: str
    empty_block: str
    transfer_hash: str
    transfer_block: str


@pytest.fixture(scope="module")
def scene(net: Devnet) -> Scene:
    alice = net.accounts[0].address
    deployments: dict[str, str] = {}

    def send(**fields: Any) -> dict[str, Any]:
        receipt: dict[str, Any] = net.rpc("eth_sendTransactionSync", {"from": alice, **fields}, 10_000)
        assert receipt["status"] == "0x1"
        return receipt

    def deploy(data: dict[str, Any]) -> str:
        receipt = send(data=data["bytecode"])
        address = to_checksum_address(receipt["contractAddress"])
        deployments[address] = receipt["transactionHash"]
        return address

    math, emitter = deploy(MATH_CONTRACT_DATA), deploy(EMITTER_CONTRACT_DATA)
    call = encode_call("logDouble(uint8,uint256,uint256)", LOG_DOUBLE_WITH_INDEX, 12345, 54321)
    log = send(to=emitter, data="0x" + call.hex())
    assert len(log["logs"]) == 1
    net.rpc("evm_mine")
    empty = net.rpc("eth_getBlockByNumber", "latest", False)
    transfer = send(to=alice, value="0x1", gas="0x5208", gasPrice=net.rpc("eth_gasPrice"))
    return Scene(
        math=math,
        math_deployment=deployments[math],
        emitter=emitter,
        revert=deploy(REVERT_CONTRACT_DATA),
        offchain_lookup=deploy(OFFCHAIN_LOOKUP_DATA),
        panic_errors=deploy(PANIC_ERRORS_CONTRACT_DATA),
        storage=deploy(STORAGE_CONTRACT_DATA),
        log_hash=log["transactionHash"],
        log_block=log["blockHash"],
        empty_block=empty["hash"],
        transfer_hash=transfer["transactionHash"],
        transfer_block=transfer["blockHash"],
    )


@pytest.fixture(autouse=True)
def _mining(request: pytest.FixtureRequest) -> Iterator[None]:
    """By transaction, but for cases whose transactions must wait. The scene is set before, also for cases that name
    nothing of it: one wants a fee recipient that has earned something.
    """
    name = request.node.name
    if request.cls is None:
        yield
        return
    request.getfixturevalue("scene")
    if not any(part in name for part in WAITING) or any(part in name for part in NOT_WAITING):
        yield
        return
    net: Devnet = request.getfixturevalue("net")
    net.rpc("evm_setAutomine", False)
    try:
        yield
    finally:
        net.rpc("evm_setAutomine", True)


# -- what the suites name, for synchronous and asynchronous cases alike ---------------------------------------------


@pytest.fixture(scope="module")
def keyfile_account_pkey(net: Devnet) -> str:
    return net.accounts[0].private_key


@pytest.fixture(scope="module")
def keyfile_account_address(net: Devnet) -> str:
    return net.accounts[0].address


@pytest.fixture(scope="module")
def mined_txn_hash(scene: Scene) -> str:
    return scene.transfer_hash


@pytest.fixture(scope="module")
def txn_hash_with_log(scene: Scene) -> str:
    return scene.log_hash


@pytest.fixture(scope="module")
def math_contract_deploy_txn_hash(scene: Scene) -> str:
    return scene.math_deployment


@pytest.fixture(scope="module")
def math_contract_address(scene: Scene) -> str:
    return scene.math


@pytest.fixture(scope="module")
def emitter_contract_address(scene: Scene) -> str:
    return scene.emitter


@pytest.fixture
def request_mocker() -> type[RequestMocker]:
    return RequestMocker


@pytest.fixture(scope="module")
def skip_if_testrpc() -> Callable[[Any], None]:
    """eth-tester's provider lacks some methods; a node does not."""
    return lambda w3: None


keyfile_account_address_dual_type = keyfile_account_address
async_keyfile_account_address = keyfile_account_address
async_keyfile_account_address_dual_type = keyfile_account_address
async_math_contract_address = math_contract_address
async_emitter_contract_address = emitter_contract_address
async_skip_if_testrpc = skip_if_testrpc


# -- through the client under test ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def math_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.math, **MATH_CONTRACT_DATA)


@pytest.fixture(scope="module")
def emitter_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.emitter, **EMITTER_CONTRACT_DATA)


@pytest.fixture(scope="module")
def revert_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.revert, **REVERT_CONTRACT_DATA)


@pytest.fixture(scope="module")
def offchain_lookup_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.offchain_lookup, **OFFCHAIN_LOOKUP_DATA)


@pytest.fixture(scope="module")
def panic_errors_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.panic_errors, **PANIC_ERRORS_CONTRACT_DATA)


@pytest.fixture(scope="module")
def storage_contract(w3: Web3, scene: Scene) -> Any:
    return w3.eth.contract(address=scene.storage, **STORAGE_CONTRACT_DATA)


@pytest.fixture(scope="module")
def empty_block(w3: Web3, scene: Scene) -> Any:
    return w3.eth.get_block(scene.empty_block)


@pytest.fixture(scope="module")
def block_with_txn(w3: Web3, scene: Scene) -> Any:
    return w3.eth.get_block(scene.transfer_block)


@pytest.fixture(scope="module")
def block_with_txn_with_log(w3: Web3, scene: Scene) -> Any:
    return w3.eth.get_block(scene.log_block)


@pytest.fixture(scope="module")
def async_math_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.math, **MATH_CONTRACT_DATA)


@pytest.fixture(scope="module")
def async_emitter_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.emitter, **EMITTER_CONTRACT_DATA)


@pytest.fixture(scope="module")
def async_revert_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.revert, **REVERT_CONTRACT_DATA)


@pytest.fixture(scope="module")
def async_offchain_lookup_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.offchain_lookup, **OFFCHAIN_LOOKUP_DATA)


@pytest.fixture(scope="module")
def async_panic_errors_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.panic_errors, **PANIC_ERRORS_CONTRACT_DATA)


@pytest.fixture(scope="module")
def async_storage_contract(async_w3: Any, scene: Scene) -> Any:
    return async_w3.eth.contract(address=scene.storage, **STORAGE_CONTRACT_DATA)


@pytest.fixture(scope="module")
def async_empty_block(async_w3: Any, scene: Scene, run: Runner) -> Any:
    return run(async_w3.eth.get_block(scene.empty_block))


@pytest.fixture(scope="module")
def async_block_with_txn(async_w3: Any, scene: Scene, run: Runner) -> Any:
    return run(async_w3.eth.get_block(scene.transfer_block))


@pytest.fixture(scope="module")
def async_block_with_txn_with_log(async_w3: Any, scene: Scene, run: Runner) -> Any:
    return run(async_w3.eth.get_block(scene.log_block))
