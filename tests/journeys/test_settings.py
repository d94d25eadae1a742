"""Every setting does what it says: the same observation, with the setting and without."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from megadev import Devnet
from megadev.config.settings import FORKING, SETTINGS
from megadev.primitives.signatures import address_of
from megadev.rpc.client import RpcError
from tests.stage.wallet import Wallet

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CREATE2_DEPLOYER = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
STRANGER = "0x1111111111111111111111111111111111111111"

Observation = Callable[[Devnet], object]


def latest(field: str) -> Observation:
    return lambda net: net.rpc("eth_getBlockByNumber", "latest", False)[field]


def balance_of_first(net: Devnet) -> object:
    return int(net.rpc("eth_getBalance", net.accounts[0].address, "latest"), 16)


def outcome(action: Callable[[Devnet], object]) -> Observation:
    """Whether the node accepts something."""

    def observe(net: Devnet) -> object:
        try:
            action(net)
        except RpcError:
            return "refused"
        return "accepted"

    return observe


def deploy(size: int) -> Observation:
    """The receipt's status of a contract with ``size`` bytes of zeros as code."""

    def observe(net: Devnet) -> object:
        code = "0x62" + size.to_bytes(3, "big").hex() + "5ff3"  # PUSH3 size, PUSH0, RETURN
        tx_hash = net.rpc("eth_sendTransaction", {"from": ALICE, "data": code, "gas": hex(15_000_000)})
        return net.rpc("eth_getTransactionReceipt", tx_hash)["status"]

    return observe


def standbys(net: Devnet) -> Any:
    return net.rpc("megadev_sequencer_status").get("standby", {})


def faults_on(net: Devnet) -> object:
    return [row["name"] for row in net.rpc("megadev_fault_list") if row["on"]]


def senders_by_fee_or_age(net: Devnet) -> object:
    for sender, tip in ((ALICE, 1), (BOB, 5)):
        Wallet(net.rpc, ALICE).submit(
            BOB, value=1, **{"from": sender, "maxFeePerGas": hex(3 * 10**9), "maxPriorityFeePerGas": hex(tip)}
        )
    net.rpc("evm_mine")
    return [tx["from"] for tx in net.rpc("eth_getBlockByNumber", "latest", True)["transactions"]]


def transactions_in_a_block(net: Devnet) -> object:
    for _ in range(3):
        Wallet(net.rpc, ALICE).submit(BOB, value=1)
    net.rpc("evm_mine")
    return len(net.rpc("eth_getBlockByNumber", "latest", False)["transactions"])


def safe_and_finalized(net: Devnet) -> object:
    net.rpc("anvil_mine", 10)
    return [net.rpc("eth_getBlockByNumber", tag, False)["number"] for tag in ("safe", "finalized")]


def seconds_between_blocks(net: Devnet) -> object:
    def time_of(block: int) -> int:
        return int(net.rpc("eth_getBlockByNumber", hex(block), False)["timestamp"], 16)

    net.rpc("anvil_mine", 20)
    return [time_of(block + 1) - time_of(block) > 0 for block in range(20)].count(True)


def blocks_after_sending(net: Devnet) -> object:
    net.serve()
    Wallet(net.rpc, ALICE).submit(BOB, value=1)
    return net.rpc("eth_blockNumber")


def ask(
    net: Devnet, body: bytes = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}', **headers: str
) -> tuple[int, Any]:
    """Status and CORS header of a request over HTTP."""
    parts = urlsplit(net.serve())
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)
    try:
        connection.request("POST", "/", body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers["access-control-allow-origin"]
    except (BrokenPipeError, ConnectionResetError):
        return 413, None  # refused by its announced length, before all of it was sent
    finally:
        connection.close()


def asking(method: str) -> bytes:
    """The body of a request without parameters."""
    return b'{"jsonrpc":"2.0","id":1,"method":"%b"}' % method.encode()


def balance_at_block_1(net: Devnet) -> Any:
    net.rpc("anvil_mine", 3)
    try:
        return net.rpc("eth_getBalance", ALICE, "0x1")
    except RpcError as error:
        return error.code


def logs_of_two_blocks(net: Devnet) -> int:
    net.rpc("anvil_setCode", BOB, "0x5f5fa0")
    for _ in range(2):
        net.rpc("eth_sendTransaction", {"from": ALICE, "to": BOB, "gas": "0x10000"})
    net.rpc("evm_mine")
    try:
        return len(net.rpc("eth_getLogs", {"fromBlock": "0x0"}))
    except RpcError as error:
        return error.code


def subscribed(net: Devnet, times: int, blocks: int = 0) -> int:
    """How many subscriptions there are after a WebSocket asked for so many, and was told of so many blocks at once."""
    request = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
    with connect(net.serve().replace("http", "ws"), close_timeout=1) as client:
        client.send(json.dumps([request] * times))
        client.recv(30)
        if blocks:
            net.rpc("anvil_mine", blocks)
        return len(net.l2.dispatcher.node.subscriptions)


@dataclass(frozen=True)
class Effect:
    """``observe`` gives ``expected`` with the setting, and something else under ``otherwise`` alone."""

    value: object
    observe: Observation
    expected: object
    otherwise: tuple[tuple[str, object], ...] = ()


EFFECTS: dict[str, Effect] = {
    "accounts": Effect(3, lambda net: len(net.rpc("eth_accounts")), 3),
    "balance": Effect("2.5", balance_of_first, 25 * 10**17),
    "mnemonic": Effect(
        "legal winner thank year wave sausage worth useful legal winner thank yellow",
        lambda net: net.accounts[0].address,
        "0x58A57ed9d8d624cBD12e2C467D34787555bB1b25",
    ),
    "mnemonic_random": Effect(15, lambda net: len(net.node.mnemonic.split()), 15),
    "mnemonic_seed_unsafe": Effect(
        4, lambda net: net.accounts[0].address, "0xCae37d7d05dCc8528a6336Da554DC8Eef792d90E"
    ),
    "derivation_path": Effect(
        "m/44'/60'/1'/0/", lambda net: net.accounts[0].address, "0x8C8d35429F74ec245F8Ef2f4Fd1e551cFF97d650"
    ),
    "fund": Effect(f"{STRANGER}=1.5", lambda net: net.rpc("eth_getBalance", STRANGER), hex(15 * 10**17)),
    "project": Effect(
        Path(__file__).parents[1] / "artifacts" / "hardhat2",
        lambda net: [found["name"] for found in net.rpc("megadev_listArtifacts")["artifacts"]],
        ["Limits", "Vault"],
    ),
    "auto_impersonate": Effect(
        True,
        outcome(lambda net: Wallet(net.rpc, ALICE).submit(BOB, value=1, **{"from": STRANGER})),
        "accepted",
        (("fund", f"{STRANGER}=1"),),
    ),
    "chain_id": Effect(5, lambda net: net.rpc("eth_chainId"), "0x5"),
    "hardfork": Effect(
        # CLZ(1) is 255 under Osaka (EIP-7939), an invalid opcode before
        "prague",
        outcome(lambda net: net.rpc("eth_call", {"from": ALICE, "data": "0x60011e5f5260205ff3"}, "latest")),
        "refused",
    ),
    "engine": Effect("py-evm", lambda net: net.l2.chain.engine.info.name, "py-evm"),
    "timestamp": Effect(1_700_000_000, latest("timestamp"), hex(1_700_000_000)),
    "number": Effect(100, latest("number"), "0x64"),
    "manual_clock": Effect(
        True,
        lambda net: (net.rpc("anvil_mine", 2), latest("hash")(net))[1] == manual_hash(),
        True,
        (("timestamp", 1_700_000_001),),
    ),
    "disable_default_create2_deployer": Effect(
        True, lambda net: net.rpc("eth_getCode", CREATE2_DEPLOYER, "latest") == "0x", True
    ),
    "gas_limit": Effect(0x1000000, latest("gasLimit"), "0x1000000"),
    "disable_block_gas_limit": Effect(
        True, outcome(lambda net: Wallet(net.rpc, ALICE).submit(BOB, value=1, gas=hex(40_000_000))), "accepted"
    ),
    "enable_tx_gas_limit": Effect(
        True, outcome(lambda net: Wallet(net.rpc, ALICE).submit(BOB, value=1, gas=hex(17_000_000))), "refused"
    ),
    "base_fee": Effect(7, latest("baseFeePerGas"), "0x7"),
    "gas_price": Effect(7, lambda net: net.rpc("eth_gasPrice"), "0x7"),
    "disable_min_priority_fee": Effect(True, lambda net: net.rpc("eth_maxPriorityFeePerGas"), "0x0"),
    "disable_pool_balance_checks": Effect(
        True,
        outcome(lambda net: Wallet(net.rpc, ALICE).submit(BOB, value=10**30, gas="0x5208")),
        "accepted",
        (("no_mining", True),),
    ),
    "code_size_limit": Effect(40_000, deploy(40_000), "0x1"),
    "disable_code_size_limit": Effect(True, deploy(40_000), "0x1"),
    "preset": Effect("megaeth", latest("gasLimit"), hex(10**10)),
    "block_time": Effect(1000, blocks_after_sending, "0x0"),
    "mini_block_time": Effect(
        0.5,
        lambda net: Wallet(net.rpc, ALICE).submit(BOB, value=1) and net.rpc("eth_getTransactionCount", ALICE, "latest"),
        "0x1",
        (("block_time", 1000),),
    ),
    "no_mining": Effect(True, blocks_after_sending, "0x0"),
    "mixed_mining": Effect(True, blocks_after_sending, "0x1", (("block_time", 1000),)),
    "sequencer_key": Effect(
        "0x" + "12" * 32, lambda net: net.rpc("megadev_sequencerAt"), "0x" + address_of(b"\x12" * 32).hex()
    ),
    "preconf_receipts": Effect(
        True,
        lambda net: "preconfirmation" in net.rpc("eth_sendTransactionSync", {"from": ALICE, "to": BOB}),
        True,
    ),
    "throw_on_revert": Effect(
        True,
        lambda net: net.rpc("eth_fillTransaction", {"from": ALICE, "to": BOB})["tx"]["gas"],
        hex(30_000_000),
    ),
    "receipt_timestamps": Effect(
        True,
        lambda net: "blockTimestamp" in net.rpc("eth_sendTransactionSync", {"from": ALICE, "to": BOB}),
        True,
    ),
    "block_durability": Effect(True, lambda net: "durable" in net.rpc("eth_getBlockByNumber", "latest", False), True),
    "no_l1": Effect(True, lambda net: len(net.endpoints), 1),
    "l1_chain_id": Effect(77, lambda net: net.l1.rpc("eth_chainId"), hex(77)),
    "l1_block_time": Effect(7.5, lambda net: net.l1.rpc("anvil_getIntervalMining"), 7.5),
    "l1_hardfork": Effect("osaka", lambda net: net.l1.rpc("anvil_nodeInfo")["hardFork"], "Osaka"),
    "order": Effect("fifo", senders_by_fee_or_age, [ALICE.lower(), BOB.lower()], (("no_mining", True),)),
    "max_transactions": Effect(2, transactions_in_a_block, 2, (("no_mining", True),)),
    "slots_in_an_epoch": Effect(2, safe_and_finalized, ["0x8", "0x6"]),
    "allow_same_timestamp": Effect(True, lambda net: seconds_between_blocks(net) != 20, True),
    "allow_origin": Effect(("http://a.test",), lambda net: ask(net, Origin="http://a.test"), (200, "http://a.test")),
    "gateway_limits": Effect("public", lambda net: ask(net, asking("eth_newBlockFilter"))[0], 403),
    "standby": Effect(2, lambda net: len(standbys(net).get("members", ())), 3),
    "takeover": Effect("7ms", lambda net: standbys(net).get("takeover"), "7ms", otherwise=(("standby", 1),)),
    "turn": Effect(5, lambda net: standbys(net).get("turn"), "0x5", otherwise=(("standby", 1),)),
    "quorum": Effect("2ms", lambda net: (standbys(net)["quorum"] or {}).get("latency"), "2ms", (("standby", 3),)),
    "fault": Effect(("reorder",), lambda net: faults_on(net), ["reorder"]),
    "latency": Effect("1us", lambda net: net.rpc("megadev_sequencer_status")["latency"]["answer"], "1us"),
    "replica_lag": Effect("9s", lambda net: block_after_sending(net), "0x0"),
    "prune_history": Effect(1, lambda net: balance_at_block_1(net), -32000),
    "max_logs": Effect(1, lambda net: logs_of_two_blocks(net), -32005),
    "max_subscriptions": Effect(0, lambda net: subscribed(net, 1), 0),
    "subscriber_backlog": Effect(1, lambda net: subscribed(net, 100, blocks=1), 0),
    "no_cors": Effect(True, lambda net: ask(net, Origin="http://a.test"), (200, None)),
    "allowed_hosts": Effect(("dev.example.org",), lambda net: ask(net, Host="dev.example.org")[0], 200),
    "no_request_size_limit": Effect(True, lambda net: ask(net, b" " * 3_000_000 + b"{}")[0], 200),
}


def block_after_sending(net: Devnet) -> str:
    net.rpc("eth_sendTransactionSync", {"from": ALICE, "to": BOB})
    number: str = net.rpc("eth_blockNumber")
    return number


SHOWN_BY_THE_COMMAND = {
    "init", "preinstalls", "host", "explorer", "port", "l1_port", "ipc", "config_out", "script", "ready_file", "ui", "quiet", "json", "color",
    "disable_console_log",
}  # fmt: skip
"""Tested with a real process in test_command_line.py, test_console_log.py, test_scripting.py, test_ui.py and below."""
KEPT_IN_FILES = {"state", "load_state", "dump_state", "state_interval", "preserve_historical_states"}
KEPT_IN_FILES |= {"durability", "durability_interval", "keep_blocks", "keep_bodies"}
"""Tested in test_persistence.py, test_store.py and test_kept_blocks.py."""
OF_REALTIME = {"sync_timeout", "sync_errors", "flashblocks"}
"""Tested in test_realtime.py."""
OF_BRIDGE = {"challenge_window", "proof_maturity_delay", "finality_delay", "propose_every", "safe_distance"}
OF_BRIDGE |= {"finalized_distance", "l1_fee"}
"""Tested in test_bridge.py."""
OF_GAMES = {"prove_window", "proposer_bond", "challenger_bond"}
"""Tested in test_games.py."""
OF_PROOFS = {"prove", "attesters", "attestation_threshold", "attest_apart", "proof_verifier"}
"""Tested in test_proofs.py and test_attest.py."""
OF_MAINNET = {"l1_contracts"}
"""Tested in test_mainnet_contracts.py."""
OF_SLASHING = {"sequencer_bond"}
"""Tested in test_slashing.py."""
OF_READS = {"call_timeout"}
"""Tested in tests/journeys/hostile."""
OF_LOADS = {"workers"}
"""Tested in test_workers.py."""
OF_BATCHES = {
    "batch",
    "da",
    "da_dir",
    "batch_format",
    "batch_compression",
    "channel_bytes",
    "channel_seconds",
    "channel_blocks",
    "rollup_timing",
    "sequencing_window",
    "max_drift",
    "channel_timeout",
    "l1_fee_policy",
}
"""Tested in test_batches.py."""
OF_ORACLE = {"oracle_script", "salt", "bucket_capacity"}
"""Tested in test_oracle.py and test_salt.py."""
RELOADED = {"watch", "reload", "reload_conflict", "reload_script", "reload_manifest", "reload_abi_out", "solc"}
"""Tested in tests/units/reload and test_hot_reload.py."""


def manual_hash() -> str:
    """The hash of block 2 of a node with a manual clock that starts at a fixed time."""
    with Devnet(manual_clock=True, timestamp=1_700_000_001) as net:
        net.rpc("anvil_mine", 2)
        found: str = net.rpc("eth_getBlockByNumber", "latest", False)["hash"]
    return found


@pytest.mark.parametrize("name", EFFECTS)
def test_a_setting_has_its_effect(name: str) -> None:
    effect = EFFECTS[name]
    with Devnet(**dict(effect.otherwise), **{name: effect.value}) as net:
        assert effect.observe(net) == effect.expected
    if name == "manual_clock":
        return  # without it, the outcome depends on how fast this machine is
    with Devnet(**dict(effect.otherwise)) as net:
        assert effect.observe(net) != effect.expected


OF_FORKS = {row.name for row in SETTINGS if row.group == FORKING}
"""Settings that mean something only with a node to fork: see test_forking.py."""


def test_every_setting_has_a_case() -> None:
    assert {row.name for row in SETTINGS} == (
        EFFECTS.keys()
        | SHOWN_BY_THE_COMMAND
        | KEPT_IN_FILES
        | OF_REALTIME
        | OF_BRIDGE
        | OF_GAMES
        | OF_PROOFS
        | OF_SLASHING
        | OF_MAINNET
        | OF_ORACLE
        | OF_BATCHES
        | OF_READS
        | OF_LOADS
        | RELOADED
        | OF_FORKS
    )


def test_a_genesis_file_is_started_from_and_accounts_are_added(tmp_path: Path) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(
        json.dumps({"config": {"chainId": 9}, "alloc": {STRANGER: {"balance": "0x5"}}, "gasLimit": "0x1000000"})
    )
    with Devnet(init=path) as net:
        assert net.rpc("eth_getBalance", STRANGER, "latest") == "0x5"
        assert balance_of_first(net) == 10_000 * 10**18
        assert latest("gasLimit")(net) == "0x1000000"
