"""A rollup checked by somebody who has L1, the rollup's configuration and nothing else: the chain that is derived is the
sequencer's, across L1's reorganisations and restarts of both; what differs is named, by the exit code too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from megadev import Devnet
from megadev.chain.blocks import header_hash
from megadev.cli.chain import rollup_file
from megadev.cli.full_node import FullNode
from megadev.cli.main import run as main
from megadev.cli.witnesses import WitnessedBlocks
from megadev.clock import StoppedClock
from megadev.errors import ConfigError
from megadev.evm.engines import open_engine
from megadev.inspect.stateless import StatelessBlock, WitnessRefused, run_stateless
from megadev.inspect.witness import Witness, execution_witness
from megadev.primitives.abi import encode_call
from megadev.primitives.keccak import keccak
from megadev.rollup.games import claim_bond
from megadev.rollup.predeploys import GAME_TYPE, MAINNET_ADDRESSES, claim_data
from megadev.rollup.verifier import Differs, Incomplete
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.stage.commands import megadev
from tests.stage.waiting import until

START = 1_700_000_000
STRANGER = "0x" + "42" * 20
# blocks on request: timers would come in between
PRESETS: dict[str, dict[str, Any]] = {
    "dev": {"batch": True},
    "megaeth": {"preset": "megaeth", "block_time": None, "mini_block_time": None, "no_mining": True},
}


class Rollup:
    """A served node that posts batches, and what its users do."""

    def __init__(self, preset: str, **settings: Any) -> None:
        options = {"clock": StoppedClock(START), "accounts": 3, "channel_seconds": 10**6, "propose_every": 4}
        self.net = Devnet(**(options | PRESETS[preset] | settings))
        self.seals = preset == "dev"
        self.net.serve()

    def send(self, count: int = 1, **fields: Any) -> str:
        sender = self.net.accounts[0].address
        for _ in range(count):
            sent: str = self.net.rpc("eth_sendTransaction", {"from": sender, "to": STRANGER, "value": "0x1", **fields})
            if not self.seals:
                self.net.rpc("evm_mine")
        return sent

    def deposit(self) -> None:
        call = encode_call(
            "depositTransaction(address,uint256,uint64,bool,bytes)", bytes.fromhex(STRANGER[2:]), 5, 100_000, False, b""
        )
        portal, sender = "0x" + MAINNET_ADDRESSES.portal.hex(), self.net.accounts[1].address
        self.net.l1.rpc(
            "eth_sendTransaction", {"from": sender, "to": portal, "value": "0x5", "data": "0x" + call.hex()}
        )

    def flush(self, **how: str) -> int:
        """Post all there is; the number of the newest block."""
        self.net.rpc("megadev_batcher_flush", how)
        head = int(self.net.rpc("eth_blockNumber"), 16)
        assert int(self.net.rpc("eth_getBlockByNumber", "safe", False)["number"], 16) == head
        return head

    @property
    def exported(self) -> dict[str, Any]:
        return json.loads(json.dumps(rollup_file(self.net.url)))

    @contextmanager
    def verifier(self, directory: Path | None = None, rollup: Any = None) -> Iterator[tuple[FullNode, Devnet]]:
        node = FullNode(rollup or self.exported, None, "rollup.json", l1=self.net.l1.url)
        with node.opened(directory) as made:
            yield node, made

    def check(self, directory: Path | None = None, *, derived: int | None = None) -> None:
        """Somebody derives all there is, ``derived`` blocks of it anew, and finds every hash."""
        with self.verifier(directory) as (node, made):
            go(node, against=self.net.url)
            head = self.net.node.l2.head
            assert made.node.l2.head.header == head.header
            assert node.compared == head.number + 1
            assert not node.claims.wrong
            if derived is not None:
                assert node.verifier.derived == derived


def go(
    node: FullNode,
    *,
    until: int | None = None,
    against: str | None = None,
    follow: bool = False,
    stop: threading.Event | None = None,
) -> None:
    def differs(found: list[Differs]) -> None:
        raise found[0]

    end = stop or threading.Event()
    node.go(until=until, follow=follow, poll=0.01, against=against, stop=end, on_differences=differs)


@contextmanager
def following(node: FullNode) -> Iterator[None]:
    """It follows L1 meanwhile."""
    stop = threading.Event()
    thread = threading.Thread(target=go, args=(node,), kwargs={"follow": True, "stop": stop}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_verifier_derives_the_same_chain_across_reorganisations_and_restarts(preset: str, tmp_path: Path) -> None:
    kept, settings = tmp_path / "verifier", {"state": tmp_path / "node", "da_dir": tmp_path / "da"}
    settings["state"].mkdir()
    rollup = Rollup(preset, **settings)
    rollup.deposit()
    rollup.send(3)
    rollup.flush(da="blobs")
    created = rollup.send(to=None, data="0x" + load("Storage").creation.hex(), value="0x0", gas="0x1c9c380")
    contract = rollup.net.rpc("eth_getTransactionReceipt", created)["contractAddress"]
    rollup.send(2, to=contract, data="0x" + encode_call("write(uint256,uint256)", 3, 4).hex(), value="0x0")
    rollup.deposit()
    rollup.send()
    rollup.flush(da="external", compression="zlib", format="singular")
    rollup.check(kept)
    rollup.check(kept, derived=0)
    before = int(rollup.net.rpc("eth_blockNumber"), 16)
    # L1 loses what the last block was derived from, while somebody who follows has it
    rollup.send(2)
    rollup.flush()
    with rollup.verifier() as (node, made):
        go(node)
        lost = made.node.l2.head
        rollup.net.l1.rpc("anvil_rollback", 1)
        rollup.send()
        rollup.deposit()
        rollup.send()
        rollup.flush()
        assert rollup.net.node.l2.store.by_hash(lost.hash) is not None or preset == "megaeth"
        go(node, against=rollup.net.url)
        assert made.node.l2.head.hash == rollup.net.node.l2.head.hash
    rollup.net.close()
    rollup = Rollup(preset, **settings)
    rollup.send(2)
    head = rollup.flush()
    rollup.check(kept, derived=head - before)
    rollup.check()
    rollup.net.close()


def test_a_verifier_serves_derived_blocks_and_accepts_no_transactions() -> None:
    rollup = Rollup("dev")
    sent = rollup.send(3)
    rollup.flush()
    with rollup.verifier() as (node, made), following(node):
        made.serve()
        rollup.send(3)
        head = rollup.flush()
        until(lambda: made.node.l2.head.number == head)
        safe = rollup.net.rpc("eth_getBlockByNumber", "safe", False)
        until(lambda: made.rpc("eth_getBlockByNumber", "safe", False) == safe)
        for method, *params in (
            ("eth_getBlockByNumber", "latest", True),
            ("eth_getTransactionReceipt", sent),
            ("eth_getBalance", STRANGER, "latest"),
            ("eth_getProof", STRANGER, [], "latest"),
            ("debug_traceTransaction", sent),
        ):
            assert made.rpc(method, *params) == rollup.net.rpc(method, *params), method
        # as the rollup's own node
        l1_block = rollup.net.rpc("optimism_syncStatus")["current_l1"]["number"]
        until(lambda: made.rpc("optimism_syncStatus")["current_l1"]["number"] >= l1_block - 1)
        ours, its = made.rpc("optimism_outputAtBlock", "0x5"), rollup.net.rpc("optimism_outputAtBlock", "0x5")
        heads = ours.pop("syncStatus"), its.pop("syncStatus")
        assert ours == its
        for name in ("head_l1", "finalized_l1", "safe_l2"):
            assert heads[0][name] == heads[1][name], name
        for method, *params in (
            ("optimism_rollupConfig",),
            ("optimism_safeHeadAtL1Block", l1_block - 1),
            ("optimism_version",),
            ("mega_outputAtBlock", "0x2"),
            ("mega_getWithdrawalProof", STRANGER, [], "latest"),
        ):
            asked = made.rpc(method, *params), rollup.net.rpc(method, *params)
            for each in asked:
                isinstance(each, dict) and each.pop("syncStatus", None)
            assert asked[0] == asked[1], method
        for refused in ("anvil_setBalance", "eth_sendTransaction", "evm_mine"):
            with pytest.raises(RpcError, match="this node follows a chain that it does not build") as error:
                made.rpc(refused)
            assert error.value.code == -32601
    rollup.net.rpc("anvil_reset")  # L2 alone begins anew: what L1 has of it so far counts no more
    rollup.send(2)
    rollup.flush()
    rollup.check()
    rollup.net.close()


@pytest.mark.parametrize("preset", PRESETS)
def test_the_first_underivable_block_is_named(preset: str) -> None:
    rollup = Rollup(preset)
    rollup.send(2)
    rollup.flush()
    rollup.net.rpc("anvil_setBalance", STRANGER, "0x777")
    rollup.send(2)
    rollup.flush()
    first = int(rollup.net.rpc("megadev_getBatches")["underivable"]["blockNumber"], 16)
    with rollup.verifier() as (node, _), pytest.raises(Differs) as named:
        go(node, against=rollup.net.url)
    assert named.value.found["block"] == first
    assert "stateRoot" in named.value.found["fields"]
    assert "anvil_setBalance" in str(named.value)
    # nobody is asked: what the next batch goes on from says so
    with rollup.verifier() as (node, _), pytest.raises(Differs) as named:
        go(node)
    found = named.value.found
    assert found["kind"] == "batches"
    assert found["first"] == first == found["block"]
    rollup.net.close()


def test_a_wrong_output_root_and_missing_data_are_named(tmp_path: Path) -> None:
    rollup = Rollup("dev", propose_every=0)
    rollup.send(3)
    rollup.flush()
    net = rollup.net
    net.rpc("megadev_proposeOutput")
    assert net.node.l1 is not None
    bond = claim_bond(net.node.l1.sequencer.head_state(), MAINNET_ADDRESSES)
    wrong = encode_call("create(uint32,bytes32,bytes)", GAME_TYPE, b"\x66" * 32, claim_data(2))
    factory = "0x" + MAINNET_ADDRESSES.dispute_game_factory.hex()
    with rollup.verifier() as (node, _):
        go(node)
        assert (node.claims.right, node.claims.wrong) == (1, [])
        call = {"from": net.accounts[2].address, "to": factory, "value": hex(bond), "data": "0x" + wrong.hex()}
        net.l1.rpc("eth_sendTransaction", call)
        with pytest.raises(Differs, match="output root on L1: game 1 .* claims 0x6666") as named:
            go(node)
        assert named.value.found["derived"] != named.value.found["said"]
    net.rpc("megadev_da_misbehave", {"withhold": True})
    rollup.send()
    net.rpc("megadev_batcher_flush", {"da": "external"})
    exported = tmp_path / "rollup.json"
    exported.write_text(json.dumps(rollup.exported))
    said = megadev(tmp_path, "verify", "--l1", net.l1.url, "--rollup", "rollup.json", "--json", "--keep-going")
    assert said.returncode == 3, said.stderr
    told = json.loads(said.stdout)
    assert told["outputRoots"]["wrong"] == 1
    assert told["differences"][0]["index"] == 1
    assert "store" in told["incomplete"]
    net.close()


def test_mismatching_inputs_are_reported(tmp_path: Path) -> None:
    rollup = Rollup("dev")
    exported = rollup.exported
    del exported["megadev"]["genesis"]
    with pytest.raises(ConfigError, match="L2's genesis is missing"):
        FullNode(exported, None, "rollup.json", l1=rollup.net.l1.url)
    other = rollup.exported
    other["genesis"]["l2"]["hash"] = "0x" + "11" * 32
    with pytest.raises(ConfigError, match="its genesis makes"):
        FullNode(other, None, "rollup.json", l1=rollup.net.l1.url)
    another_l1 = rollup.exported
    another_l1["genesis"]["l1"]["hash"] = "0x" + "11" * 32
    with pytest.raises(ConfigError, match="another L1"), rollup.verifier(rollup=another_l1):
        pass
    with rollup.verifier(tmp_path) as (node, _):
        go(node)
    elsewhere = rollup.exported
    elsewhere["seq_window_size"] = 7
    with pytest.raises(ConfigError, match="another rollup"), rollup.verifier(tmp_path, elsewhere):
        pass
    url = rollup.net.l1.url
    rollup.net.close()
    node = FullNode(elsewhere, None, "rollup.json", l1=url)
    with pytest.raises(Incomplete, match="cannot reach L1"), node.opened(None):
        pass


@pytest.mark.parametrize("preset", PRESETS)
def test_witnesses_suffice_and_missing_or_modified_entries_are_named(
    preset: str, capsys: pytest.CaptureFixture[str]
) -> None:
    rollup = Rollup(preset)
    net, l2 = rollup.net, rollup.net.node.l2
    created = rollup.send(to=None, data="0x" + load("Storage").creation.hex(), value="0x0", gas="0x1c9c380")
    contract = net.rpc("eth_getTransactionReceipt", created)["contractAddress"]
    for slot, value in ((1, 2), (2, 3), (3, 4), (2, 0)):
        rollup.send(to=contract, data="0x" + encode_call("write(uint256,uint256)", slot, value).hex(), value="0x0")
    last = int(net.rpc("eth_blockNumber"), 16)
    rollup.deposit()
    rollup.send()
    found: list[Differs] = []
    blocks = WitnessedBlocks(net.url, None, "genesis.json")
    blocks.run(None, None, threading.Event(), lambda done, count: None, found.extend)
    blocks.close()
    assert not found
    assert blocks.newest == (l2.head.number, l2.head.hash)
    assert blocks.trusted == l2.store.genesis.header.state_root
    block = l2.block(last)  # the one that emptied a slot
    witness = execution_witness(l2, block)
    told = StatelessBlock(block.header, block.hash, [tx.encoded for tx in block.transactions], block.system_call)

    def run(changed: Witness) -> None:
        assert run_stateless(told, changed, l2.spec, lambda spec: open_engine("interpreter", spec)).hash == block.hash

    run(witness)
    for part in ("state", "codes"):
        items = getattr(witness, part)
        for place, item in enumerate(items):
            if part == "codes" and "0x" + item.hex() != net.rpc("eth_getCode", contract, "latest"):
                continue  # of contracts that do what the protocol does here without running them
            fewer = items[:place] + items[place + 1 :]
            with pytest.raises(WitnessRefused, match=keccak(item).hex()) as refused:
                run(replace(witness, **{part: fewer}))
            assert refused.value.missing == keccak(item)
            other = item[:-1] + bytes((item[-1] ^ 1,))
            with pytest.raises(WitnessRefused) as refused:
                run(replace(witness, **{part: (*fewer, other)}))
            assert refused.value.missing == keccak(item)
            assert keccak(other) in refused.value.unused
    with pytest.raises(WitnessRefused, match="its parent's header"):
        run(replace(witness, headers=()))
    with pytest.raises(WitnessRefused, match="cannot be included|comes out as"):
        lying = msgspec.structs.replace(told, transactions=told.transactions[:-1])
        run_stateless(lying, witness, l2.spec, lambda spec: open_engine("interpreter", spec))
    with pytest.raises(WitnessRefused, match="stateRoot"):
        forged = msgspec.structs.replace(block.header, state_root=bytes(32))
        run_stateless(
            msgspec.structs.replace(told, header=forged, hash=header_hash(forged)),
            witness,
            l2.spec,
            lambda spec: open_engine("interpreter", spec),
        )
    net.rpc("anvil_setBalance", STRANGER, "0x777")
    rollup.send()
    assert main(["verify", "--witness", "--rpc-url", net.url]) == 4
    assert "state was changed outside a block" in capsys.readouterr().err
    assert main(["verify", "--witness", "--rpc-url", net.url, "--from", "2", "--until", str(last)]) == 0
    assert capsys.readouterr().out.startswith(f"verified: {last - 1} blocks from witnesses alone")
    net.close()


def test_a_forks_genesis_cannot_be_exported(capsys: pytest.CaptureFixture[str]) -> None:
    """Whose state is elsewhere, so that nothing can be made of what is here alone; each command says so."""
    with Devnet(accounts=1) as upstream:
        upstream.rpc("evm_mine")
        with Devnet(accounts=1, batch=True, fork_url=upstream.serve()) as net:
            url = net.serve()
            for command, code in (
                (["chain", "--rollup", "--rpc-url", url], 1),
                (["chain", "--genesis", "--rpc-url", url], 1),
                (["verify", "--witness", "--rpc-url", url], 4),
                (["replica", "--of", url, "--port", "0"], 1),
            ):
                assert main(command) == code
                said = capsys.readouterr().err
                assert "state unavailable" in said and "fork" in said, command
                assert "archive node" not in said
