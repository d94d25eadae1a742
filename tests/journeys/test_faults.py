"""Every row of the table of faults, and what an ordinary client (web3.py) observes of it: one devnet for each preset,
taken back after each test, so that what a snapshot brings back is tested all along.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from web3.exceptions import ContractCustomError, TransactionNotFound, Web3RPCError

from megadev import Devnet
from megadev.cli.main import cli, run
from megadev.errors import ConfigError
from megadev.node.faults import FAULTS
from megadev.primitives.keccak import keccak
from megadev.rollup.faults import BadBatch
from megadev.rpc.client import RpcError
from tests.bridging import Bridge, deposits_of
from tests.stage.javascript import outcomes
from tests.stage.waiting import until

PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}
WINDOW, DRIFT = 8, 100
STRANGER = "0x" + "42" * 20
EXAMPLES: dict[str, tuple[str, ...]] = {
    "censor": (STRANGER,),
    "withhold": ("0x" + "11" * 32, STRANGER, "delay"),
    "omit-deposit": (STRANGER,),
    "bad-batch": ("garbage",),
    "withhold-da": ("0x" + "11" * 32,),
    "delay-da": ("7",),
    "down": ("no-reads",),
    "replicas-lag": ("50ms±20ms",),
}
"""Words that a fault is on with; without these, none."""


class Rollup(Bridge):
    """A node that posts batches, as a client of both its chains sees it."""

    def __init__(self, preset: str) -> None:
        self.preset = preset
        super().__init__(
            free=False, sequencing_window=WINDOW, max_drift=DRIFT, channel_seconds=10**6, **PRESETS[preset]
        )
        self.w3, self.node = self.l2.w3, self.net.node

    def set(self, name: str, *words: str) -> None:
        assert {"name": name, "arguments": list(words)} in self.l2.rpc("megadev_fault_set", name, words)

    def clear(self, name: str) -> None:
        assert name not in [each["name"] for each in self.l1.rpc("megadev_fault_clear", name)]

    def pay(self, to: str = STRANGER) -> str:
        sent = self.w3.eth.send_transaction({"from": self.alice, "to": to, "value": 1})  # type: ignore[typeddict-item]
        self.seal()
        return sent.to_0x_hex()

    def seal(self) -> None:
        if self.preset == "megaeth":
            self.l2.rpc("evm_mine")

    def deposit(self, to: str = STRANGER) -> str:
        """Send a deposit of a wei; the hash that it has on L2."""
        function = self.portal.functions.depositTransaction(to, 1, 100_000, False, b"")
        receipt = self.l1.w3.eth.get_transaction_receipt(function.transact({"from": self.bob, "value": 1}))
        return "0x" + deposits_of(receipt)[0].hash.hex()

    def mine_l1(self, count: int = 1) -> None:
        self.l1.rpc("anvil_mine", hex(count))

    def has(self, tx_hash: str) -> bool:
        """Whether a sealed block holds it and it succeeded."""
        try:
            return self.w3.eth.get_transaction_receipt(tx_hash)["status"] == 1  # type: ignore[arg-type]
        except TransactionNotFound:
            return False

    def flush(self, **how: str) -> None:
        self.l2.rpc("megadev_batcher_flush", how)

    def head(self, tag: str = "latest") -> int:
        return int(self.w3.eth.get_block(tag)["number"])  # type: ignore[arg-type]

    def block_hash(self, number: int) -> str:
        return self.w3.eth.get_block(number)["hash"].to_0x_hex()

    def origin(self) -> int:
        """The L1 block that L2 has got to (L1Block.number())."""
        return int(
            self.l2.rpc("eth_call", {"to": "0x4200000000000000000000000000000000000015", "data": "0x8381f58a"}), 16
        )


@pytest.fixture(scope="module", params=list(PRESETS))
def shared(request: pytest.FixtureRequest) -> Iterator[Rollup]:
    rollup = Rollup(request.param)
    rollup.pay()
    rollup.flush()
    yield rollup
    rollup.close()


@pytest.fixture
def rollup(shared: Rollup) -> Iterator[Rollup]:
    with shared.net.isolated():
        yield shared
    assert [row["name"] for row in shared.l2.rpc("megadev_fault_list") if row["on"]] == []


def test_a_censored_account_waits_and_gets_in_by_deposit(rollup: Rollup) -> None:
    rollup.set("censor", STRANGER)
    sent = rollup.pay()
    assert not rollup.has(sent)
    assert int(rollup.l2.rpc("txpool_status")["pending"], 16) == 1
    forced = rollup.deposit()
    rollup.seal()
    assert rollup.has(forced), "within one step of the L1 origin"
    assert not rollup.has(sent)
    rollup.clear("censor")
    rollup.seal()
    assert rollup.has(sent)


def test_while_the_origin_is_frozen_deposits_wait_and_late_blocks_are_empty(rollup: Rollup) -> None:
    origin = rollup.origin()
    rollup.set("freeze-origin")
    early, arriving = rollup.pay(), rollup.deposit()
    rollup.seal()
    assert rollup.has(early) and not rollup.has(arriving)
    rollup.l2.rpc("evm_increaseTime", 10 * DRIFT)
    late = rollup.pay()
    rollup.l2.rpc("evm_mine")
    assert not rollup.has(late)
    newest = rollup.w3.eth.get_block("latest", full_transactions=True)
    assert [tx for tx in newest["transactions"] if tx["type"] != 0x7E] == []  # type: ignore[index]
    assert rollup.origin() == origin
    rollup.mine_l1(3 * WINDOW)
    assert rollup.has(arriving), "derivation overrides who must advance and does not"
    assert rollup.origin() > origin
    rollup.clear("freeze-origin")
    rollup.seal()
    rollup.seal()
    assert rollup.has(early) and rollup.has(late)


def test_withheld_batches_stop_the_safe_head_until_the_window_ends(
    rollup: Rollup,
) -> None:
    safe = rollup.head("safe")
    rollup.set("withhold-batches")
    sent = [rollup.pay(), rollup.pay()]
    assert (rollup.head(), rollup.head("safe")) == (safe + 2, safe)
    assert rollup.l2.rpc("megadev_batcher_status")["running"] is False
    heads = rollup.w3.eth.filter("latest")
    unsafe = rollup.block_hash(safe + 1)
    forced = rollup.deposit()
    rollup.mine_l1(2 * WINDOW)
    assert rollup.block_hash(safe + 1) != unsafe
    assert rollup.head("safe") > safe
    assert rollup.w3.eth.get_block(safe + 1)["hash"] in heads.get_new_entries()
    rollup.seal()
    assert rollup.has(forced) and all(map(rollup.has, sent)), "what users had sent is done again"
    rollup.clear("withhold-batches")
    rollup.flush()
    assert rollup.head("safe") == rollup.head()


@pytest.mark.parametrize("chosen", ["all", "address", "hash"])
def test_an_omitted_deposit_is_included_once_the_batch_is_on_l1(rollup: Rollup, chosen: str) -> None:
    rollup.set("omit-deposit", *({"all": (), "address": (STRANGER,), "hash": ("0x" + "77" * 32,)}[chosen]))
    omitted = rollup.deposit()
    sent = rollup.pay()
    assert rollup.has(sent)
    assert rollup.has(omitted) is (chosen == "hash"), "another deposit is meant"
    number = rollup.head()
    before = rollup.block_hash(number)
    rollup.flush()
    assert rollup.has(omitted)
    assert (rollup.block_hash(number) != before) is (chosen != "hash")
    rollup.seal()
    assert rollup.has(sent)


@pytest.mark.parametrize("kind", [kind.value for kind in BadBatch])
def test_a_bad_batch_is_dropped(rollup: Rollup, kind: str) -> None:
    safe = rollup.head("safe")
    rollup.set("bad-batch", kind)
    sent = [rollup.pay(), rollup.pay()]
    rollup.flush()
    newest = rollup.l2.rpc("megadev_getBatches")["batches"][0]
    assert newest["l1Transactions"], "it was posted"
    assert rollup.head("safe") == safe
    rollup.mine_l1(2)
    assert (rollup.head("safe"), rollup.head()) == (safe, safe + 2)
    rollup.clear("bad-batch")
    rollup.flush()
    assert rollup.head("safe") == rollup.head() == safe + 2
    assert all(map(rollup.has, sent))


def test_a_withdrawal_cannot_be_proven_against_a_wrong_root(rollup: Rollup) -> None:
    rollup.set("bad-root")
    passer = rollup.on_l2("L2ToL1MessagePasser", bytes.fromhex("4200000000000000000000000000000000000016"))
    tx_hash = passer.functions.initiateWithdrawal(rollup.alice, 100_000, b"").transact(
        {"from": rollup.alice, "value": 5}
    )
    rollup.seal()
    games = rollup.factory.functions.gameCount().call()
    assert games, "the proposer claims what the withdrawal could be proven by"
    found = rollup.l2.rpc("megadev_getBridgeStatus")["withdrawals"][-1]
    assert found["l2TransactionHash"] == tx_hash.to_0x_hex()
    _, _, address = rollup.factory.functions.gameAtIndex(games - 1).call()
    game = rollup.on_l1("ValidityDisputeGame", bytes.fromhex(address[2:]))
    number, claimed = game.functions.l2SequenceNumber().call(), game.functions.rootClaim().call()
    output = rollup.l2.rpc("optimism_outputAtBlock", hex(number))
    assert claimed == keccak(bytes.fromhex(output["outputRoot"][2:]))
    assert found["status"] == "waiting-to-prove", "no game is good for it"
    proof = rollup.l2.rpc("eth_getProof", passer.address, [], hex(number))
    preimage = (bytes(32), output["stateRoot"], proof["storageHash"], rollup.block_hash(number))
    withdrawal = (0, rollup.alice, rollup.alice, 5, 100_000, b"")
    with pytest.raises(ContractCustomError):
        rollup.portal.functions.proveWithdrawalTransaction(withdrawal, games - 1, preimage, []).call()
    rollup.clear("bad-root")
    rollup.pay()
    assert rollup.l2.rpc("megadev_getWithdrawal", found["withdrawalHash"])["status"] == "ready-to-prove"


@pytest.mark.parametrize(("name", "words"), [("withhold-da", ()), ("corrupt-da", ()), ("delay-da", ("50",))])
def test_derivation_waits_for_unavailable_data(rollup: Rollup, name: str, words: tuple[str, ...]) -> None:
    rollup.set(name, *words)
    rollup.pay()
    safe = rollup.head("safe")
    rollup.flush(da="external")
    found = rollup.l2.rpc("megadev_getBatches")
    assert rollup.head("safe") == safe < rollup.head()
    assert found["stalled"] is not None and found["batches"][0]["transactions"] is None
    rollup.clear(name)
    assert rollup.head("safe") == rollup.head()


def test_with_the_sequencer_down_only_deposits_are_included(rollup: Rollup) -> None:
    """What it had told and not sealed is announced as lost, and is tried again once it is back."""
    if rollup.preset == "megaeth":
        unsealed = rollup.w3.eth.send_transaction({"from": rollup.alice, "to": STRANGER, "value": 1})  # type: ignore[typeddict-item]
    else:
        rollup.set("pause")
        unsealed = rollup.w3.eth.send_transaction({"from": rollup.alice, "to": STRANGER, "value": 1})  # type: ignore[typeddict-item]
    head = rollup.head()
    rollup.set("down")
    with pytest.raises(Web3RPCError, match="crashed"):
        rollup.w3.eth.send_transaction({"from": rollup.bob, "to": STRANGER, "value": 1})  # type: ignore[typeddict-item]
    forced = rollup.deposit()
    rollup.mine_l1(WINDOW - 1)
    assert not rollup.has(forced)
    waits = rollup.l2.rpc("megadev_getBridgeStatus")["deposits"][-1]
    assert "sequencing window" in waits["next"]
    rollup.mine_l1(2)
    assert rollup.has(forced) and rollup.head("safe") > head
    for number in range(head + 1, rollup.head() + 1):
        block = rollup.w3.eth.get_block(number, full_transactions=True)
        assert all(tx["type"] == 0x7E for tx in block["transactions"])  # type: ignore[index]
    rollup.l1.rpc("anvil_reorg", 3, [])  # derivation goes back with L1 while nobody sequences
    rollup.mine_l1(WINDOW)
    assert rollup.has(forced) and rollup.node.held_up_by is None
    rollup.clear("down")
    rollup.seal()
    assert rollup.has(unsealed.to_0x_hex())
    rollup.flush()
    assert rollup.head("safe") == rollup.head()


@pytest.mark.parametrize("preset", list(PRESETS))
def test_a_user_withdraws_without_a_sequencer(preset: str) -> None:
    done = CliRunner().invoke(cli, ["demo", "exit", "--preset", preset, "--window", "6"], prog_name="megadev")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1].endswith("The user has left.")


def test_replicas_lag(rollup: Rollup) -> None:
    """Reads are behind from when it is turned on until it is mended; what watches goes on either way."""
    early = rollup.w3.eth.filter("latest")
    rollup.set("replicas-lag", "1s")
    head, late = rollup.head(), rollup.w3.eth.filter("latest")
    if rollup.preset == "dev":
        receipt = rollup.l2.rpc("eth_sendTransactionSync", {"from": rollup.alice, "to": STRANGER, "value": "0x1"})
        assert receipt["status"] == "0x1"
        sent = receipt["transactionHash"]
    else:
        sent = rollup.pay()
    assert not rollup.has(sent)
    rollup.set("replicas-lag", "2ms")  # nothing waits for longer than it would now
    until(lambda: rollup.has(sent))
    rollup.set("replicas-lag", "1s")
    sent = rollup.pay()
    assert not rollup.has(sent)
    rollup.clear("replicas-lag")
    assert rollup.has(sent) and rollup.head() > head
    expected = [rollup.w3.eth.get_block(number)["hash"] for number in range(head + 1, rollup.head() + 1)]
    assert early.get_new_entries() == late.get_new_entries() == expected
    assert all(rollup.w3.eth.uninstall_filter(each.filter_id) for each in (early, late))


def test_witnesses_can_be_withheld(rollup: Rollup) -> None:
    rollup.pay()
    assert rollup.l2.rpc("debug_executionWitness", "latest")["state"]
    rollup.set("withhold-witness")
    with pytest.raises(Web3RPCError, match="withheld"):
        rollup.w3.manager.request_blocking("debug_executionWitness", ["latest"])  # type: ignore[arg-type]
    rollup.clear("withhold-witness")
    assert rollup.l2.rpc("debug_executionWitness", "latest")["state"]


def test_the_older_names_are_the_same_rows(rollup: Rollup) -> None:
    rollup.l2.rpc("megadev_sequencer_censor", [STRANGER])
    rollup.l2.rpc("megadev_batcher_stop")
    rollup.l2.rpc("megadev_da_misbehave", {"corrupt": True})
    on = {row["name"]: row["arguments"] for row in rollup.l2.rpc("megadev_fault_list") if row["on"]}
    assert on == {"censor": [STRANGER], "withhold-batches": [], "corrupt-da": []}
    assert rollup.l2.rpc("megadev_fault_clear") == []
    assert rollup.l2.rpc("megadev_sequencer_status")["faults"]["censor"] == []
    assert rollup.l2.rpc("megadev_batcher_status")["running"]


def test_a_snapshot_restores_faults(rollup: Rollup) -> None:
    on = [{"name": name, "arguments": list(EXAMPLES.get(name, ()))} for name in FAULTS if name not in ("pause", "down")]
    for each in on:
        rollup.set(each["name"], *each["arguments"])
    taken = rollup.l2.rpc("evm_snapshot")
    assert rollup.l2.rpc("megadev_fault_clear") == []
    assert rollup.l2.rpc("evm_revert", taken)
    assert [
        {"name": row["name"], "arguments": row["arguments"]}
        for row in rollup.l2.rpc("megadev_fault_list")
        if row["on"]
    ] == on  # fmt: skip


@pytest.mark.node_js
@pytest.mark.parametrize("preset", list(PRESETS))
def test_viem_observes_every_fault(preset: str) -> None:
    rollup = Rollup(preset)
    rollup.pay()
    rollup.flush()
    rollup.net.serve()
    assert outcomes(rollup.net, "viem", "viem_faults") == dict.fromkeys(FAULTS, "ok")
    rollup.close()


# -- across a restart, from the settings, from a shell ----------------------------------------------------------------


@pytest.mark.parametrize("preset", list(PRESETS))
@pytest.mark.parametrize("kept_in", ["state.json", "store/"])
def test_a_restart_restores_faults(preset: str, kept_in: str, tmp_path: Path) -> None:
    settings = PRESETS[preset] | {"state": f"{tmp_path}/{kept_in}"}
    on = [(name, list(EXAMPLES.get(name, ()))) for name in FAULTS if name != "pause"]
    with Devnet(**settings) as net:
        for name, words in on:
            net.rpc("megadev_fault_set", name, words)
    with Devnet(**settings) as net:
        rows = net.rpc("megadev_fault_list")
        assert [(row["name"], row["arguments"]) for row in rows if row["on"]] == on
        assert net.rpc("megadev_fault_clear") == []


def test_settings_enable_faults_and_a_reset_restores_them() -> None:
    with Devnet(batch=True, fault=[f"censor {STRANGER}", "bad-batch time"]) as net:
        on = net.rpc("megadev_fault_set", "withhold-witness")
        assert [each["name"] for each in on] == ["censor", "withhold-witness", "bad-batch"]
        net.rpc("anvil_reset")
        rows = net.rpc("megadev_fault_list")
        assert [(row["name"], row["arguments"]) for row in rows if row["on"]] == [
            ("censor", [STRANGER]), ("bad-batch", ["time"]),
        ]  # fmt: skip
    for wrong in ("censor", "withhold-batches", "freeze-origin now", "nothing"):
        with pytest.raises(ConfigError, match="--fault"):
            Devnet(fault=wrong, no_l1=wrong != "withhold-batches")


def test_an_impossible_fault_is_refused_with_the_reason() -> None:
    with Devnet(no_l1=True) as net:
        for name, words, code, said in (
            ("censr", [], -32602, "Did you mean censor"),
            ("censor", ["0x12"], -32602, "addresses"),
            ("bad-batch", ["awful"], -32602, "takes one of parent"),
            ("delay-da", [], -32602, "seconds"),
            ("replicas-lag", ["soon"], -32602, "must be like 5ms"),
            ("down", ["lose", "9"], -32602, "9 blocks"),
            ("bad-batch", [], -32601, "no L1"),
        ):
            with pytest.raises(RpcError, match=said) as refused:
                net.rpc("megadev_fault_set", name, words)
            assert refused.value.code == code
        assert not any(row["on"] for row in net.rpc("megadev_fault_list"))


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_fault_by_flag_and_by_command(preset: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [" ".join((name, *EXAMPLES.get(name, ()))) for name in FAULTS if name != "pause"]
    with Devnet(**PRESETS[preset], fault=lines) as net:  # as the flag, and @pytest.mark.megadev(fault=…)
        assert [" ".join((row["name"], *(row["arguments"] or ()))) for row in rows_on(net)] == lines
        url = net.serve()
        assert run(["fault", "--clear", "--rpc-url", url]) == 0
        assert rows_on(net) == []
        for name in FAULTS:
            assert run(["fault", name, *EXAMPLES.get(name, ()), "--rpc-url", url]) == 0, name
            assert [row["name"] for row in rows_on(net)] == [name]
            assert run(["fault", name, "--clear", "--rpc-url", url]) == 0, name
            assert rows_on(net) == []
    capsys.readouterr()


def rows_on(net: Devnet) -> list[dict[str, Any]]:
    return [row for row in net.rpc("megadev_fault_list") if row["on"]]


def test_from_a_shell(capsys: pytest.CaptureFixture[str]) -> None:
    with Devnet(batch=True) as net:
        url = net.serve()

        def told(*arguments: str) -> str:
            assert run(["fault", *arguments, "--rpc-url", url]) == 0
            return capsys.readouterr().out.strip()

        assert told() == "no faults are on"
        assert told("censor", STRANGER) == f"censor {STRANGER}"
        assert told("bad-batch", "deposit") == f"censor {STRANGER}\nbad-batch deposit"
        assert told("censor", "--clear") == told() == "bad-batch deposit"
        assert "bad-batch [parent|" in told("--all") and "(on)" in told("--all")
        assert told("--clear") == "no faults are on"
        assert run(["fault", "censr", "--rpc-url", url]) == 1
        assert "Did you mean censor" in capsys.readouterr().err
        assert run(["fault", "censor", STRANGER, "--clear", "--rpc-url", url]) == 2
