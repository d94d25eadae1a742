"""The genesis contracts do what callers of those addresses rely on, and their artifacts are what their sources say.

py-evm runs the committed runtime code here, apart from any engine of ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.message import Message
from eth.vm.transaction_context import BaseTransactionContext
from eth_abi import decode, encode
from eth_utils import abi_to_signature, function_signature_to_4byte_selector, keccak

import megadev.bench.contracts
import megadev.chain.contracts
import tests.contracts
from megadev.bench.contracts import build as build_bench
from megadev.chain.contracts import MULTICALL3, build, load
from megadev.chain.contracts.create2_deployer import CREATE2_DEPLOYER, RUNTIME, SIGNER, TRANSACTION
from megadev.chain.spec import dev_spec
from megadev.chain.transactions import decode_transaction
from megadev.evm.engine import Success
from megadev.evm.engines import open_engine
from megadev.sequencer.block_builder import transaction_env
from tests.conformance.engine_suite.cases import BLOCK
from tests.conformance.engine_suite.worlds import DictState, Has
from tests.contracts import build as build_tests
from tests.contracts import load as load_test_contract

SENDER = bytes.fromhex("00000000000000000000000000000000000000a1")
REVERTER = bytes.fromhex("00000000000000000000000000000000000000b2")
PAYABLE = bytes.fromhex("00000000000000000000000000000000000000c3")
ETHER = 10**18

SOLC = build.find_solc()
"""Found at import: tests themselves see no MEGADEV_* variable."""

DIRECTORIES = {
    "genesis": (Path(megadev.chain.contracts.__file__).parent, build.EVM_VERSION),
    "bench": (Path(megadev.bench.contracts.__file__).parent, build_bench.EVM_VERSION),
    "tests": (Path(tests.contracts.__file__).parent, build_tests.EVM_VERSION),
}

INTERFACE = [
    "aggregate((address,bytes)[])",
    "tryAggregate(bool,(address,bytes)[])",
    "blockAndAggregate((address,bytes)[])",
    "tryBlockAndAggregate(bool,(address,bytes)[])",
    "aggregate3((address,bool,bytes)[])",
    "aggregate3Value((address,bool,uint256,bytes)[])",
    "getBlockHash(uint256)",
    "getBlockNumber()",
    "getCurrentBlockCoinbase()",
    "getCurrentBlockDifficulty()",
    "getCurrentBlockGasLimit()",
    "getCurrentBlockTimestamp()",
    "getEthBalance(address)",
    "getLastBlockHash()",
    "getBasefee()",
    "getChainId()",
]


class Chain:
    """One block of py-evm on top of a genesis that holds the contracts; every call sees the calls before it."""

    def __init__(self) -> None:
        codes = {CREATE2_DEPLOYER: RUNTIME, MULTICALL3: load("Multicall3").runtime}
        codes[REVERTER] = load_test_contract("Reverter").runtime
        codes[PAYABLE] = load_test_contract("Payable").runtime
        genesis = {address: {"balance": 0, "nonce": 1, "code": code, "storage": {}} for address, code in codes.items()}
        genesis[SENDER] = {"balance": 10 * ETHER, "nonce": 0, "code": b"", "storage": {}}
        chain = MiningChain.configure("Chain", vm_configuration=((0, PragueVM),), chain_id=31337)
        head = {"gas_limit": 30_000_000, "difficulty": 0, "timestamp": 1_700_000_000, "coinbase": b"\x07" * 20}
        self.evm: Any = chain.from_genesis(AtomicDB(), head, genesis)
        self.state: Any = self.evm.get_vm().state

    def call(self, to: bytes, data: bytes, value: int = 0) -> Any:
        code = self.state.get_code(to)
        message = Message(gas=5_000_000, to=to, sender=SENDER, value=value, data=data, code=code)
        context = BaseTransactionContext(gas_price=0, origin=SENDER)
        return self.state.computation_class.apply_message(self.state, message, context)

    def multicall(self, signature: str, types: list[str], *arguments: Any, value: int = 0) -> Any:
        data = function_signature_to_4byte_selector(signature) + encode(types, arguments)
        return self.call(MULTICALL3, data, value)


@pytest.fixture
def chain() -> Chain:
    return Chain()


def reason(computation: Any) -> str:
    """The string of an Error(string) revert."""
    assert computation.is_error and computation.output[:4] == bytes.fromhex("08c379a0")
    return str(decode(["string"], computation.output[4:])[0])


FAIL = function_signature_to_4byte_selector("withReason()")
ASK = function_signature_to_4byte_selector("touched()")


# ---- artifacts


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_no_source_changed_after_its_artifact_was_built(directory: str) -> None:
    where, _ = DIRECTORIES[directory]
    artifacts = [megadev.chain.contracts.decode_artifact(path.read_bytes()) for path in sorted(where.glob("*.json"))]
    assert {artifact.source for artifact in artifacts} == {path.name for path in where.glob("*.sol")}
    for artifact in artifacts:
        assert artifact.source_sha256 == build.source_digest(where / artifact.source), f"run build.py: {artifact.name}"


@pytest.mark.parametrize("directory", DIRECTORIES)
def test_the_artifacts_rebuild_byte_for_byte(directory: str) -> None:
    where, evm_version = DIRECTORIES[directory]
    if SOLC is None:
        pytest.skip("no Solidity compiler: set MEGADEV_SOLC, or put solc on PATH")
    if not build.solc_version(SOLC).startswith(build.SOLC_VERSION + "+"):
        pytest.skip(f"the compiler at hand is not solc {build.SOLC_VERSION}")
    assert build.stale(where, build.build_solidity(where, SOLC, evm_version)) == []


def test_creation_code_leaves_exactly_the_runtime_code(chain: Chain) -> None:
    artifact = load("Multicall3")
    made = chain.call(CREATE2_DEPLOYER, bytes(32) + artifact.creation)
    assert chain.state.get_code(made.output) == artifact.runtime


# ---- the CREATE2 deployer


def test_the_deployer_has_the_code_that_is_on_every_public_network() -> None:
    """``cast codehash`` of the address says so on any of them."""
    assert keccak(RUNTIME).hex() == "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"


def test_the_deployers_state_equals_its_transactions_result() -> None:
    chain = DictState({SIGNER: Has(10**17)})
    tx = decode_transaction(TRANSACTION, None)
    assert (tx.sender, tx.to, tx.nonce, tx.chain_id) == (SIGNER, None, 0, None)
    execution = open_engine("python", dev_spec()).execute(BLOCK, transaction_env(tx, 0), chain)
    assert execution.result == Success(RUNTIME, CREATE2_DEPLOYER)
    assert execution.diff.accounts[SIGNER].nonce == execution.diff.accounts[CREATE2_DEPLOYER].nonce == 1


def create2_address(salt: bytes, creation: bytes) -> bytes:
    """EIP-1014."""
    return bytes(keccak(b"\xff" + CREATE2_DEPLOYER + salt + keccak(creation))[12:])


def test_the_deployer_answers_the_twenty_bytes_of_the_eip_1014_address(chain: Chain) -> None:
    creation = load_test_contract("Counter").creation
    made = chain.call(CREATE2_DEPLOYER, b"\x11" * 32 + creation)
    assert not made.is_error
    assert made.output == create2_address(b"\x11" * 32, creation)
    assert chain.state.get_code(made.output) == load_test_contract("Counter").runtime


def test_the_deployer_hands_its_value_to_the_new_contract(chain: Chain) -> None:
    made = chain.call(CREATE2_DEPLOYER, bytes(32) + load_test_contract("Payable").creation, value=7)
    assert chain.state.get_balance(made.output) == 7
    assert chain.state.get_balance(CREATE2_DEPLOYER) == 0


@pytest.mark.parametrize("data", [b"", b"\x01" * 31], ids=["empty", "31 bytes"])
def test_the_deployer_refuses_a_cut_salt(chain: Chain, data: bytes) -> None:
    made = chain.call(CREATE2_DEPLOYER, data, value=1)
    assert made.is_error and made.output == b""
    assert chain.state.get_balance(SENDER) == 10 * ETHER


def test_the_deployer_reverts_when_the_creation_fails(chain: Chain) -> None:
    made = chain.call(CREATE2_DEPLOYER, bytes(32) + bytes.fromhex("60006000fd"))
    assert made.is_error and made.output == b"" and made.get_gas_remaining() > 0


def test_the_deployer_reverts_at_an_existing_contract(chain: Chain) -> None:
    data = bytes(32) + load_test_contract("Counter").creation
    assert not chain.call(CREATE2_DEPLOYER, data).is_error
    assert chain.call(CREATE2_DEPLOYER, data).is_error


def test_a_salt_alone_makes_an_empty_contract(chain: Chain) -> None:
    made = chain.call(CREATE2_DEPLOYER, b"\x05" * 32)
    assert made.output == create2_address(b"\x05" * 32, b"")
    assert chain.state.get_nonce(made.output) == 1


# ---- Multicall3


def test_multicall_has_the_complete_interface_and_nothing_else() -> None:
    abi = load("Multicall3").abi
    assert sorted(abi_to_signature(item) for item in abi if item["type"] == "function") == sorted(INTERFACE)
    assert {item["name"] for item in abi if item["stateMutability"] == "payable"} == {
        name.partition("(")[0] for name in INTERFACE if "ggregate" in name
    }


def test_aggregate_answers_block_number_and_data(chain: Chain) -> None:
    answer = chain.multicall("aggregate((address,bytes)[])", ["(address,bytes)[]"], [(REVERTER, ASK), (SENDER, b"")])
    assert decode(["uint256", "bytes[]"], answer.output) == (1, (bytes(32), b""))


@pytest.mark.parametrize(
    ("signature", "types", "before"),
    [
        ("aggregate((address,bytes)[])", ["(address,bytes)[]"], []),
        ("blockAndAggregate((address,bytes)[])", ["(address,bytes)[]"], []),
        ("tryAggregate(bool,(address,bytes)[])", ["bool", "(address,bytes)[]"], [True]),
        ("tryBlockAndAggregate(bool,(address,bytes)[])", ["bool", "(address,bytes)[]"], [True]),
    ],
)
def test_one_failure_reverts_all_if_success_is_required(
    chain: Chain, signature: str, types: list[str], before: list[bool]
) -> None:
    assert reason(chain.multicall(signature, types, *before, [(REVERTER, ASK), (REVERTER, FAIL)])) == (
        "Multicall3: call failed"
    )


def test_try_aggregate_reports_each_outcome(chain: Chain) -> None:
    calls = [(REVERTER, FAIL), (REVERTER, ASK)]
    answer = chain.multicall("tryAggregate(bool,(address,bytes)[])", ["bool", "(address,bytes)[]"], False, calls)
    ((failed, good),) = decode(["(bool,bytes)[]"], answer.output)
    assert failed[0] is False and decode(["string"], failed[1][4:]) == ("out of luck",)
    assert good == (True, bytes(32))


def test_block_and_aggregate_adds_the_block(chain: Chain) -> None:
    both = [
        chain.multicall("blockAndAggregate((address,bytes)[])", ["(address,bytes)[]"], [(REVERTER, ASK)]),
        chain.multicall(
            "tryBlockAndAggregate(bool,(address,bytes)[])", ["bool", "(address,bytes)[]"], False, [(REVERTER, ASK)]
        ),
    ]
    for answer in both:
        decoded = decode(["uint256", "bytes32", "(bool,bytes)[]"], answer.output)
        assert decoded == (1, bytes(32), ((True, bytes(32)),))


def test_aggregate3_allows_only_permitted_failures(chain: Chain) -> None:
    signature, types = "aggregate3((address,bool,bytes)[])", ["(address,bool,bytes)[]"]
    answer = chain.multicall(signature, types, [(REVERTER, True, FAIL), (REVERTER, False, ASK)])
    ((failed, good),) = decode(["(bool,bytes)[]"], answer.output)
    assert (failed[0], good) == (False, (True, bytes(32)))
    assert reason(chain.multicall(signature, types, [(REVERTER, False, FAIL)])) == "Multicall3: call failed"


def test_aggregate3value_passes_each_value_on(chain: Chain) -> None:
    signature, types = "aggregate3Value((address,bool,uint256,bytes)[])", ["(address,bool,uint256,bytes)[]"]
    calls = [(PAYABLE, False, 3, b""), (SENDER, False, 4, b""), (PAYABLE, False, 5, b"\x01")]
    answer = chain.multicall(signature, types, calls, value=12)
    assert decode(["(bool,bytes)[]"], answer.output) == (((True, b""),) * 3,)
    assert chain.state.get_balance(PAYABLE) == 8
    assert reason(chain.multicall(signature, types, [(PAYABLE, False, 3, b"")], value=4)) == (
        "Multicall3: value mismatch"
    )
    assert reason(chain.multicall(signature, types, [(PAYABLE, False, 3, b"")], value=2)) == "Multicall3: call failed"


def test_overflowing_values_transfer_nothing(chain: Chain) -> None:
    calls = [(PAYABLE, True, 2**255, b""), (PAYABLE, True, 2**255, b"")]
    answer = chain.multicall(
        "aggregate3Value((address,bool,uint256,bytes)[])", ["(address,bool,uint256,bytes)[]"], calls
    )
    assert decode(["(bool,bytes)[]"], answer.output) == (((False, b""),) * 2,)


def test_no_calls_give_no_results(chain: Chain) -> None:
    answer = chain.multicall("tryAggregate(bool,(address,bytes)[])", ["bool", "(address,bytes)[]"], True, [])
    assert decode(["(bool,bytes)[]"], answer.output) == ((),)


def test_the_getters_match_the_block(chain: Chain) -> None:
    header = chain.evm.get_vm().get_header()
    genesis = chain.evm.get_canonical_block_by_number(0)
    expected: dict[str, Any] = {
        "getBlockNumber()": 1,
        "getCurrentBlockGasLimit()": header.gas_limit,
        "getCurrentBlockTimestamp()": header.timestamp,
        "getCurrentBlockCoinbase()": int.from_bytes(header.coinbase),
        "getCurrentBlockDifficulty()": int.from_bytes(chain.state.mix_hash),
        "getBasefee()": header.base_fee_per_gas,
        "getChainId()": 31337,
        "getLastBlockHash()": int.from_bytes(genesis.hash),
    }
    for signature, value in expected.items():
        assert decode(["uint256"], chain.multicall(signature, []).output) == (value,), signature
    assert decode(["bytes32"], chain.multicall("getBlockHash(uint256)", ["uint256"], 0).output) == (genesis.hash,)
    balance = chain.multicall("getEthBalance(address)", ["address"], SENDER).output
    assert decode(["uint256"], balance) == (10 * ETHER,)
