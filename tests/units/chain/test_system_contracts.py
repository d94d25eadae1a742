"""MegaETH's system contracts: what their code does where the node does not answer for it, function by function, and that
it does the same as the code that mainnet has.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi import decode, encode
from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data
from eth_utils import keccak

import megadev.chain.system_contracts
from megadev.chain.contracts import build, decode_artifact
from megadev.chain.genesis import Genesis, GenesisAccount
from megadev.chain.spec import Hardfork, SystemContracts, dev_spec
from megadev.chain.system_contracts import (
    ACCESS_CONTROL,
    HIGH_PRECISION_TIMESTAMP,
    KEYLESS_DEPLOY,
    LIMIT_CONTROL,
    MEGA_SYSTEM_ADDRESS,
    ORACLE,
    SEQUENCER_REGISTRY,
    SYSTEM_CONTRACTS,
    load,
    system_accounts,
)
from megadev.chain.system_contracts import build as build_system_contracts
from megadev.evm.engine import CALL, BlockEnv, Execution, Halt, Revert, Success, TxEnv
from megadev.evm.engines import open_engine
from megadev.node.genesis import genesis_world
from megadev.state.world import World, WorldView

WHERE = Path(megadev.chain.system_contracts.__file__).parent
OFFICIAL = Path(__file__).parents[4] / "shared" / "vectors" / "mega" / "codes.json"
"""What mainnet runs, where it is at hand: it is no part of this repository."""
SOLC = build.find_solc()

ADMIN, SEQUENCER, STRANGER = (bytes([n]) * 20 for n in (0xAD, 0x5E, 0x57))
NEXT = Wallet.from_key(b"\x01" * 32)
NEXT_ADDRESS = bytes.fromhex(NEXT.address[2:])
FIRST = 1_000
"""The block the contracts were installed in."""
FOREVER = 2**256 - 1
ENGINE = open_engine("python", dev_spec(4326, Hardfork.PRAGUE))


class Stage:
    """The accounts of one spec, called one after the other in blocks of rising numbers."""

    def __init__(self, spec: str, codes: dict[bytes, bytes] | None = None) -> None:
        accounts = system_accounts(SystemContracts(spec, SEQUENCER, ADMIN, 3), FIRST)
        for address, code in (codes or {}).items():
            accounts[address] = GenesisAccount(code=code, storage=accounts[address].storage)
        accounts[STRANGER] = GenesisAccount(balance=10**18)
        self.world: World = genesis_world(Genesis(accounts=accounts))
        self.number = FIRST

    def send(self, to: bytes, data: bytes, sender: bytes = STRANGER, value: int = 0) -> Execution:
        block = BlockEnv(self.number, 1_800_000_000, 10**10)
        view = WorldView(self.world, lambda number: bytes(32))
        tx = TxEnv(sender, to, value=value, data=data, gas_limit=5_000_000)
        execution = ENGINE.execute(block, tx, view, rules=CALL)
        if isinstance(execution.result, Success):
            self.world = self.world.apply(execution.diff)
        return execution

    def ask(self, to: bytes, signature: str, arguments: list[object], answers: list[str], sender: bytes = STRANGER):
        execution = self.send(to, call(signature, *arguments), sender)
        assert isinstance(execution.result, Success), execution.result
        return decode(answers, execution.result.output)

    def refusal(self, to: bytes, signature: str, arguments: list[object], sender: bytes = STRANGER) -> bytes:
        execution = self.send(to, call(signature, *arguments), sender)
        assert isinstance(execution.result, Revert), execution.result
        return execution.result.output

    def slot(self, address: bytes, slot: int) -> int:
        return self.world.storage(address, slot)


def types_of(signature: str) -> list[str]:
    inside = signature[signature.index("(") + 1 : -1]
    return inside.split(",") if inside else []


def call(signature: str, *arguments: object) -> bytes:
    return keccak(text=signature)[:4] + encode(types_of(signature), list(arguments))


def error(signature: str, *arguments: object) -> bytes:
    return call(signature, *arguments)


def hexed(address: bytes) -> str:
    return "0x" + address.hex()


@pytest.fixture(params=["rex5", "rex6"])
def stage(request: pytest.FixtureRequest) -> Stage:
    return Stage(request.param)


# -- artifacts ----------------------------------------------------------------------------------------------------


def test_no_source_changed_after_its_artifact_was_built() -> None:
    for path in sorted(WHERE.glob("*.json")):
        artifact = decode_artifact(path.read_bytes())
        assert artifact.source_sha256 == build.source_digest(WHERE / artifact.source), f"run build.py: {artifact.name}"


def test_the_artifacts_rebuild_byte_for_byte() -> None:
    if SOLC is None:
        pytest.skip("no Solidity compiler: set MEGADEV_SOLC, or put solc on PATH")
    if not build.solc_version(SOLC).startswith(build.SOLC_VERSION + "+"):
        pytest.skip(f"the compiler at hand is not solc {build.SOLC_VERSION}")
    built = build.build_solidity(WHERE, SOLC, build_system_contracts.EVM_VERSION)
    assert build.stale(WHERE, built) == []


@pytest.mark.parametrize(
    ("name", "selectors"),
    [
        ("Oracle", "7eba7ba6 a21e2d69 fbc0d035 01caec13 8d4909dc 138f5ec5 348a0cdc 66cdf82f 54fd4d50 99bd2115"),
        ("OracleV1", "7eba7ba6 a21e2d69 fbc0d035 01caec13 8d4909dc 138f5ec5 348a0cdc 66cdf82f 54fd4d50 0dc9b5da"),
        ("HighPrecisionTimestamp", "b80777ea 82ab890a 3e6890fb 8582b7bc 28af7f3c"),
        ("KeylessDeploy", "846365d5 54fd4d50"),
        ("MegaAccessControl", "c62e8daf 143d63fd 15f95280 54fd4d50"),
        ("MegaLimitControl", "02be4d84 54fd4d50"),
        (
            "SequencerRegistry",
            "de7a36af e3093f50 e8129030 129c8240 44d74459 3411f3c3 2b659fd8 c7455c42 48a2cf6d f851a440 26782247 75829def"
            " 0e18b681 54fd4d50",
        ),
        (
            "SequencerRegistryV1",
            "de7a36af e3093f50 e8129030 129c8240 44d74459 3411f3c3 2b20d6e5 f851a440 26782247 75829def 0e18b681 54fd4d50",
        ),
    ],
)
def test_the_functions_are_mainnets(name: str, selectors: str) -> None:
    ours = {
        keccak(text=f"{item['name']}({','.join(one['type'] for one in item['inputs'])})")[:4].hex()
        for item in load(name).abi
        if item["type"] == "function"
    }
    assert ours == set(selectors.split())


def test_the_refusals_of_keyless_deployments_have_mainnets_selectors() -> None:
    ours = {
        item["name"]: keccak(text=f"{item['name']}({','.join(one['type'] for one in item['inputs'])})")[:4].hex()
        for item in load("KeylessDeploy").abi
        if item["type"] == "error"
    }
    assert ours == {
        "MalformedEncoding": "ae1270d3",
        "NotContractCreation": "a54ffa77",
        "NotPreEIP155": "7831fd0b",
        "NonZeroTxNonce": "0e0beabf",
        "NoEtherTransfer": "d253a2b0",
        "InvalidSignature": "8baa579f",
        "InsufficientBalance": "f4d678b8",
        "ContractAlreadyExists": "e8dc2ba5",
        "SignerNonceTooHigh": "dc77000b",
        "ExecutionReverted": "ad2bd1d9",
        "ExecutionHalted": "de972b6e",
        "ParentBudgetExceeded": "15dbc304",
        "EmptyCodeDeployed": "56119d3c",
        "NoContractCreated": "27ba908e",
        "AddressMismatch": "4cd87fb5",
        "GasLimitTooLow": "ca79dfc8",
        "InitCodeTooLarge": "577f7120",
        "SignerHasCode": "00cb584f",
        "InvalidTransaction": "500a07ce",
        "InternalError": "fe835e35",
        "InsufficientComputeGas": "3961c2b6",
        "NotIntercepted": "1894f076",
    }


@pytest.mark.parametrize(("spec", "oracle", "registry"), [("rex5", "2.0.0", "1.0.0"), ("rex6", "2.0.0", "2.0.0")])
def test_each_spec_has_its_versions(spec: str, oracle: str, registry: str) -> None:
    stage = Stage(spec)
    versions = {
        contract.address: stage.ask(contract.address, "version()", [], ["string"])[0]
        for contract in SYSTEM_CONTRACTS[spec]
        if contract.address != HIGH_PRECISION_TIMESTAMP
    }
    assert versions == {
        ORACLE: oracle,
        KEYLESS_DEPLOY: "1.0.0",
        ACCESS_CONTROL: "1.0.0",
        LIMIT_CONTROL: "1.0.0",
        SEQUENCER_REGISTRY: registry,
    }


def test_rex4_has_no_registry_and_an_oracle_with_one_writer_for_good() -> None:
    stage = Stage("rex4")
    assert SEQUENCER_REGISTRY not in {contract.address for contract in SYSTEM_CONTRACTS["rex4"]}
    assert stage.ask(ORACLE, "version()", [], ["string"]) == ("1.1.0",)
    assert stage.ask(ORACLE, "MEGA_SYSTEM_ADDRESS()", [], ["address"]) == (hexed(MEGA_SYSTEM_ADDRESS),)


# -- the oracle ---------------------------------------------------------------------------------------------------


def test_only_the_system_address_writes_and_anyone_reads(stage: Stage) -> None:
    word = b"\x11" * 32
    stage.ask(ORACLE, "setSlot(uint256,bytes32)", [5, word], [], MEGA_SYSTEM_ADDRESS)
    assert stage.slot(ORACLE, 5) == int.from_bytes(word, "big")
    assert stage.ask(ORACLE, "getSlot(uint256)", [5], ["bytes32"]) == (word,)
    assert stage.refusal(ORACLE, "setSlot(uint256,bytes32)", [5, bytes(32)]) == error("NotSystemAddress()")
    assert stage.refusal(ORACLE, "emitLog(bytes32,bytes)", [word, b"x"]) == error("NotSystemAddress()")
    assert stage.refusal(ORACLE, "emitLogs(bytes32,bytes[])", [word, []]) == error("NotSystemAddress()")
    assert stage.refusal(ORACLE, "setSlots(uint256[],bytes32[])", [[], []]) == error("NotSystemAddress()")
    assert stage.ask(ORACLE, "getSlot(uint256)", [5], ["bytes32"]) == (word,)


def test_many_slots_are_written_and_read_in_their_order(stage: Stage) -> None:
    words = [bytes([n]) * 32 for n in (1, 2, 3)]
    stage.ask(ORACLE, "setSlots(uint256[],bytes32[])", [[9, 2**255, 7], words], [], MEGA_SYSTEM_ADDRESS)
    found = stage.ask(ORACLE, "getSlots(uint256[])", [[7, 9, 2**255, 8]], ["bytes32[]"])
    assert found == ((words[2], words[0], words[1], bytes(32)),)
    refusal = stage.refusal(ORACLE, "setSlots(uint256[],bytes32[])", [[1, 2], [words[0]]], MEGA_SYSTEM_ADDRESS)
    assert refusal == error("InvalidLength(uint256,uint256)", 2, 1)


def test_logs_carry_their_topic_and_data(stage: Stage) -> None:
    topic = b"\x22" * 32
    data = call("emitLogs(bytes32,bytes[])", topic, [b"a", b"b" * 40])
    logs = stage.send(ORACLE, data, MEGA_SYSTEM_ADDRESS).logs
    assert [log.topics for log in logs] == [(keccak(text="Log(bytes32,bytes)"), topic)] * 2
    assert [decode(["bytes"], log.data)[0] for log in logs] == [b"a", b"b" * 40]
    one = stage.send(ORACLE, call("emitLog(bytes32,bytes)", topic, b"c"), MEGA_SYSTEM_ADDRESS).logs
    assert [decode(["bytes"], log.data)[0] for log in one] == [b"c"]


def test_a_multicall_is_atomic_and_returns_the_reason(stage: Stage) -> None:
    word = b"\x33" * 32
    calls = [
        call("setSlot(uint256,bytes32)", 1, word),
        call("getSlot(uint256)", 1),
        call("sendHint(bytes32,bytes)", word, b"hint"),
    ]
    (answers,) = stage.ask(ORACLE, "multiCall(bytes[])", [calls], ["bytes[]"], MEGA_SYSTEM_ADDRESS)
    assert answers == (b"", word, b"")
    assert stage.refusal(ORACLE, "multiCall(bytes[])", [calls]) == error("NotSystemAddress()")
    assert stage.refusal(ORACLE, "multiCall(bytes[])", [[b"\0\0\0\0"]]) == error(
        "Error(string)", "Multicall: call failed"
    )


def test_the_time_is_the_oracles_first_slot(stage: Stage) -> None:
    now = 1_780_973_018_031_375
    stage.ask(ORACLE, "setSlot(uint256,bytes32)", [0, now.to_bytes(32, "big")], [], MEGA_SYSTEM_ADDRESS)
    assert stage.ask(HIGH_PRECISION_TIMESTAMP, "timestamp()", [], ["uint256"]) == (now,)
    assert stage.ask(HIGH_PRECISION_TIMESTAMP, "ORACLE_CONTRACT_ADDRESS()", [], ["address"]) == (hexed(ORACLE),)
    assert stage.ask(HIGH_PRECISION_TIMESTAMP, "ALLOCATION_START()", [], ["uint256"]) == (0,)
    assert stage.ask(HIGH_PRECISION_TIMESTAMP, "ALLOCATION_SIZE()", [], ["uint32"]) == (8,)
    refusal = stage.refusal(HIGH_PRECISION_TIMESTAMP, "update(uint256)", [now], MEGA_SYSTEM_ADDRESS)
    assert refusal == error("NotSystemAddress()")


# -- those that the node answers for ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "signature", "arguments"),
    [
        (KEYLESS_DEPLOY, "keylessDeploy(bytes,uint256)", [b"\x01\x02", 7]),
        (ACCESS_CONTROL, "disableVolatileDataAccess()", []),
        (ACCESS_CONTROL, "enableVolatileDataAccess()", []),
        (ACCESS_CONTROL, "isVolatileDataAccessDisabled()", []),
        (ACCESS_CONTROL, "somethingElse()", []),
        (LIMIT_CONTROL, "remainingComputeGas()", []),
        (LIMIT_CONTROL, "somethingElse()", []),
    ],
)
def test_an_unintercepted_call_reverts_with_a_reason(address: bytes, signature: str, arguments: list[object]) -> None:
    assert Stage("rex6").refusal(address, signature, arguments) == error("NotIntercepted()")


def test_keyless_deployments_have_no_fallback() -> None:
    assert Stage("rex6").refusal(KEYLESS_DEPLOY, "somethingElse()", []) == b""


# -- the registry -------------------------------------------------------------------------------------------------


def proof(stage: Stage, address: bytes, block: int, key: bytes = b"\x01" * 32) -> bytes:
    """What EIP-712 has the new sequencer sign."""
    message = encode_typed_data(
        domain_data={
            "name": "MegaETH SequencerRegistry",
            "version": "1",
            "chainId": 4326,
            "verifyingContract": hexed(SEQUENCER_REGISTRY),
        },
        message_types={
            "SequencerRotation": [
                {"name": "newSequencer", "type": "address"},
                {"name": "activationBlock", "type": "uint256"},
            ]
        },
        message_data={"newSequencer": hexed(address), "activationBlock": block},
    )
    return bytes(Wallet.sign_message(message, key).signature)


SCHEDULE = "scheduleNextSequencerChange(address,uint256,bytes)"


def test_the_first_holders_are_those_that_were_written(stage: Stage) -> None:
    assert stage.ask(SEQUENCER_REGISTRY, "currentSystemAddress()", [], ["address"]) == (hexed(MEGA_SYSTEM_ADDRESS),)
    assert stage.ask(SEQUENCER_REGISTRY, "currentSequencer()", [], ["address"]) == (hexed(SEQUENCER),)
    assert stage.ask(SEQUENCER_REGISTRY, "admin()", [], ["address"]) == (hexed(ADMIN),)
    assert stage.ask(SEQUENCER_REGISTRY, "pendingAdmin()", [], ["address"]) == (hexed(bytes(20)),)


def test_a_sequencer_takes_over_at_its_block_and_history_keeps_the_previous_one() -> None:
    stage, block = Stage("rex6"), FIRST + 3
    assert stage.ask(SEQUENCER_REGISTRY, "minRotationDelay()", [], ["uint256"]) == (3,)
    signed = proof(stage, NEXT_ADDRESS, block)
    logs = stage.send(SEQUENCER_REGISTRY, call(SCHEDULE, NEXT_ADDRESS, block, signed), ADMIN).logs
    assert [log.topics for log in logs] == [
        (
            keccak(text="SequencerChangeScheduled(address,address,uint256)"),
            bytes(12) + SEQUENCER,
            bytes(12) + NEXT_ADDRESS,
        )
    ]
    assert (stage.slot(SEQUENCER_REGISTRY, 9), stage.slot(SEQUENCER_REGISTRY, 10)) == (
        int.from_bytes(NEXT_ADDRESS, "big"),
        block,
    )
    stage.number = block - 1
    stage.ask(SEQUENCER_REGISTRY, "applyPendingChanges()", [], [])
    assert stage.ask(SEQUENCER_REGISTRY, "currentSequencer()", [], ["address"]) == (hexed(SEQUENCER),)
    stage.number = block
    stage.ask(SEQUENCER_REGISTRY, "applyPendingChanges()", [], [])
    assert stage.ask(SEQUENCER_REGISTRY, "currentSequencer()", [], ["address"]) == (hexed(NEXT_ADDRESS),)
    stage.number = block + 5
    at = [
        stage.ask(SEQUENCER_REGISTRY, "sequencerAt(uint256)", [number], ["address"])[0]
        for number in (FIRST, block - 1, block, block + 5)
    ]
    assert at == [hexed(SEQUENCER), hexed(SEQUENCER), hexed(NEXT_ADDRESS), hexed(NEXT_ADDRESS)]
    history = int.from_bytes(keccak((12).to_bytes(32, "big")), "big")
    assert stage.slot(SEQUENCER_REGISTRY, 12) == 1
    assert stage.slot(SEQUENCER_REGISTRY, history) == int.from_bytes(NEXT_ADDRESS, "big") << 96 | block
    assert stage.slot(SEQUENCER_REGISTRY, 9) == stage.slot(SEQUENCER_REGISTRY, 10) == 0


def test_a_sequencer_change_is_refused_for_each_of_its_reasons() -> None:
    stage, block = Stage("rex6"), FIRST + 3
    signed = proof(stage, NEXT_ADDRESS, block)
    high_s = bytearray(signed)
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    high_s[32:64] = (order - int.from_bytes(signed[32:64], "big")).to_bytes(32, "big")
    high_s[64] = 55 - signed[64]
    cases: list[tuple[bytes, list[object], str]] = [
        (STRANGER, [NEXT_ADDRESS, block, signed], "NotAdmin()"),
        (ADMIN, [NEXT_ADDRESS, FIRST, signed], "InvalidActivationBlock()"),
        (ADMIN, [NEXT_ADDRESS, FOREVER, b""], "ZeroAddress()"),
        (ADMIN, [NEXT_ADDRESS, 2**96, signed], "ActivationBlockTooLarge()"),
        (ADMIN, [bytes(20), block, signed], "ZeroAddress()"),
        (ADMIN, [NEXT_ADDRESS, block - 1, signed], "RotationDelayTooShort()"),
        (ADMIN, [NEXT_ADDRESS, block + 1, signed], "InvalidRotationProof()"),
        (ADMIN, [STRANGER, block, signed], "InvalidRotationProof()"),
        (ADMIN, [NEXT_ADDRESS, block, signed[:64]], "InvalidRotationProof()"),
        (ADMIN, [NEXT_ADDRESS, block, signed[:64] + b"\x1d"], "InvalidRotationProof()"),
        (ADMIN, [NEXT_ADDRESS, block, bytes(high_s)], "InvalidRotationProof()"),
        (ADMIN, [NEXT_ADDRESS, block, b""], "InvalidRotationProof()"),
    ]
    for sender, arguments, reason in cases:
        assert stage.refusal(SEQUENCER_REGISTRY, SCHEDULE, arguments, sender) == error(reason), arguments
    stage.ask(SEQUENCER_REGISTRY, SCHEDULE, [NEXT_ADDRESS, block, signed], [], ADMIN)
    logs = stage.send(SEQUENCER_REGISTRY, call(SCHEDULE, bytes(20), FOREVER, b""), ADMIN).logs
    assert logs[0].data == FOREVER.to_bytes(32, "big")
    assert stage.slot(SEQUENCER_REGISTRY, 9) == 0


def test_the_digest_to_sign_is_eip_712s() -> None:
    stage = Stage("rex6")
    (digest,) = stage.ask(SEQUENCER_REGISTRY, "rotationDigest(address,uint256)", [NEXT_ADDRESS, FIRST + 9], ["bytes32"])
    signature = proof(stage, NEXT_ADDRESS, FIRST + 9)
    assert Wallet._recover_hash(digest, signature=signature) == NEXT.address


def test_before_rex6_the_admins_word_is_enough_to_change_the_sequencer() -> None:
    stage = Stage("rex5")
    schedule = "scheduleNextSequencerChange(address,uint256)"
    stage.ask(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST + 1], [], ADMIN)
    assert stage.refusal(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST + 1]) == error("NotAdmin()")
    stage.ask(SEQUENCER_REGISTRY, schedule, [bytes(20), FOREVER], [], ADMIN)
    assert stage.slot(SEQUENCER_REGISTRY, 9) == 0
    stage.ask(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST + 1], [], ADMIN)
    stage.number = FIRST + 7
    stage.ask(SEQUENCER_REGISTRY, "applyPendingChanges()", [], [])
    assert stage.ask(SEQUENCER_REGISTRY, "currentSequencer()", [], ["address"]) == (hexed(NEXT_ADDRESS),)


def test_only_the_new_system_address_writes_to_the_oracle(stage: Stage) -> None:
    schedule = "scheduleNextSystemAddressChange(address,uint256)"
    stage.ask(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST + 1], [], ADMIN)
    assert stage.refusal(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST + 1]) == error("NotAdmin()")
    assert stage.refusal(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, FIRST], ADMIN) == error(
        "InvalidActivationBlock()"
    )
    assert stage.refusal(SEQUENCER_REGISTRY, schedule, [bytes(20), FIRST + 1], ADMIN) == error("ZeroAddress()")
    assert stage.refusal(SEQUENCER_REGISTRY, schedule, [NEXT_ADDRESS, 2**96], ADMIN) == error(
        "ActivationBlockTooLarge()"
    )
    stage.number = FIRST + 1
    stage.ask(SEQUENCER_REGISTRY, "applyPendingChanges()", [], [])
    assert stage.ask(SEQUENCER_REGISTRY, "currentSystemAddress()", [], ["address"]) == (hexed(NEXT_ADDRESS),)
    assert stage.ask(SEQUENCER_REGISTRY, "systemAddressAt(uint256)", [FIRST], ["address"]) == (
        hexed(MEGA_SYSTEM_ADDRESS),
    )
    stage.ask(ORACLE, "setSlot(uint256,bytes32)", [1, bytes(32)], [], NEXT_ADDRESS)
    refusal = stage.refusal(ORACLE, "setSlot(uint256,bytes32)", [1, bytes(32)], MEGA_SYSTEM_ADDRESS)
    assert refusal == error("NotSystemAddress()")


def test_history_reaches_neither_the_future_nor_before_the_registry(stage: Stage) -> None:
    for question in ("sequencerAt(uint256)", "systemAddressAt(uint256)"):
        assert stage.refusal(SEQUENCER_REGISTRY, question, [FIRST + 1]) == error("FutureBlock()")
        assert stage.refusal(SEQUENCER_REGISTRY, question, [FIRST - 1]) == error("BeforeInitialBlock()")


def test_an_admin_change_requires_acceptance(stage: Stage) -> None:
    assert stage.refusal(SEQUENCER_REGISTRY, "transferAdmin(address)", [STRANGER]) == error("NotAdmin()")
    started = stage.send(SEQUENCER_REGISTRY, call("transferAdmin(address)", STRANGER), ADMIN).logs
    assert started[0].topics[0] == keccak(text="AdminTransferStarted(address,address)")
    assert stage.ask(SEQUENCER_REGISTRY, "admin()", [], ["address"]) == (hexed(ADMIN),)
    assert stage.ask(SEQUENCER_REGISTRY, "pendingAdmin()", [], ["address"]) == (hexed(STRANGER),)
    assert stage.refusal(SEQUENCER_REGISTRY, "acceptAdmin()", [], ADMIN) == error("NotPendingAdmin()")
    done = stage.send(SEQUENCER_REGISTRY, call("acceptAdmin()"), STRANGER).logs
    assert done[0].topics[1:] == (bytes(12) + ADMIN, bytes(12) + STRANGER)
    assert stage.ask(SEQUENCER_REGISTRY, "admin()", [], ["address"]) == (hexed(STRANGER),)
    assert stage.slot(SEQUENCER_REGISTRY, 3) == 0


# -- the same as mainnet's ----------------------------------------------------------------------------------------

NAMES = {
    "rex4": {ORACLE: "oracle1.1"},
    "rex5": {ORACLE: "oracle", SEQUENCER_REGISTRY: "registry1"},
    "rex6": {ORACLE: "oracle", SEQUENCER_REGISTRY: "registry"},
}
SAME = {HIGH_PRECISION_TIMESTAMP: "hpt", KEYLESS_DEPLOY: "keyless", ACCESS_CONTROL: "access", LIMIT_CONTROL: "limit"}
DRAWN = 150
"""Calls per spec."""


def drawn_calls(spec: str, draw: random.Random, stage: Stage) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Whom to call, with what, as whom: functions with arguments that often mean something, some of it cut or broken."""
    abis = [
        (c.address, item) for c in SYSTEM_CONTRACTS[spec] for item in load(c.artifact).abi if item["type"] == "function"
    ]
    people = [ADMIN, SEQUENCER, STRANGER, MEGA_SYSTEM_ADDRESS, NEXT_ADDRESS, bytes(20)]

    def value(kind: str) -> object:
        if kind.endswith("[]"):
            return [value(kind[:-2]) for _ in range(draw.randrange(4))]
        if kind == "address":
            return draw.choice(people)
        if kind == "uint256":
            return draw.choice([0, 1, 7, stage.number, stage.number + 1, stage.number + 3, 2**96, FOREVER, FIRST - 1])
        if kind == "bytes32":
            return draw.randbytes(32)
        if draw.random() < 0.4:
            return proof(stage, NEXT_ADDRESS, stage.number + 3)
        return b"" if draw.random() < 0.3 else inner() if draw.random() < 0.5 else draw.randbytes(draw.randrange(80))

    def inner() -> bytes:
        _, item = draw.choice([one for one in abis if one[0] == ORACLE and one[1]["name"] != "multiCall"])
        return encoded(item)

    def encoded(item: dict[str, object]) -> bytes:
        kinds = [one["type"] for one in item["inputs"]]  # type: ignore[index, attr-defined]
        return call(f"{item['name']}({','.join(kinds)})", *map(value, kinds))

    for _ in range(DRAWN):
        address, item = draw.choice(abis)
        data = encoded(item)
        change = draw.random()
        if change < 0.05:
            data = data[: draw.randrange(len(data) + 1)]
        elif change < 0.1:
            data += draw.randbytes(5)
        elif change < 0.15 and len(data) > 4:
            at = draw.randrange(4, len(data))
            data = data[:at] + draw.randbytes(1) + data[at + 1 :]
        yield draw.choice(people[:5]), address, data


def outcome(execution: Execution) -> tuple[object, ...]:
    result = execution.result
    # how gas ran out depends on what code costs, which is not compared
    output = b"" if isinstance(result, Halt) else result.output
    return type(result).__name__, output, execution.logs, execution.diff.storage


@pytest.mark.skipif(not OFFICIAL.exists(), reason="mainnet's code is not at hand")
@pytest.mark.parametrize("spec", NAMES)
@pytest.mark.parametrize("seed", range(4))
def test_every_call_gives_the_same_result_as_mainnets_code(spec: str, seed: int) -> None:
    official = json.loads(OFFICIAL.read_bytes())
    codes = {address: bytes.fromhex(official[name][2:]) for address, name in {**NAMES[spec], **SAME}.items()}
    ours, theirs = Stage(spec), Stage(spec, codes)
    draw = random.Random(f"{spec} {seed}")
    for sender, to, data in drawn_calls(spec, draw, ours):
        value = int(sender == STRANGER and draw.random() < 0.1)
        mine, expected = ours.send(to, data, sender, value), theirs.send(to, data, sender, value)
        assert outcome(mine) == outcome(expected), f"0x{to.hex()} from 0x{sender.hex()}: 0x{data.hex()}"
        if draw.random() < 0.1:
            ours.number += 1
            theirs.number += 1
