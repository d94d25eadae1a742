"""The bridge of a fork: whichever of the two chains is forked, ether and tokens cross between them as on upstream."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_utils import keccak
from trie import HexaryTrie

from megadev import Devnet
from megadev.cli.fork import info
from megadev.clock import ManualClock, StoppedClock
from megadev.errors import ConfigError
from megadev.primitives.abi import Value, encode, encode_call
from megadev.rollup.predeploys import MAINNET_ADDRESSES, MESSAGE_PASSER
from megadev.rpc.client import RpcError
from tests.contracts import load
from tests.faulty_upstream import faulty_upstream
from tests.stage.wallet import Wallet

START = 1_700_000_000
ETHER = 10**18
STRANGER = "0x" + "34" * 20
L1_BLOCK = "0x4200000000000000000000000000000000000015"
PASSER = "0x" + MESSAGE_PASSER.hex()
PORTAL = "0x" + MAINNET_ADDRESSES.portal.hex()
L1_BRIDGE = "0x" + MAINNET_ADDRESSES.bridge.hex()
L2_BRIDGE = "0x4200000000000000000000000000000000000010"
FORMS = ("l2", "l1", "both")


def data(signature: str, *args: Value) -> str:
    return "0x" + encode_call(signature, *args).hex()


def raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def read(chain: Any, to: str, signature: str, *args: Value) -> int:
    return int(chain.rpc("eth_call", {"to": to, "data": data(signature, *args)}, "latest"), 16)


def height(chain: Any) -> int:
    return int(chain.rpc("eth_blockNumber"), 16)


def balance(chain: Any, address: str) -> int:
    return int(chain.rpc("eth_getBalance", address, "latest"), 16)


def new_token(chain: Any, owner: str) -> str:
    creation = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
    return str(Wallet(chain.rpc, owner).make(None, "0x" + creation.hex())["contractAddress"])


class Upstream:
    """A rollup that has been used: L1 at a greater height than L2, deposits, a withdrawal, a bridged token."""

    def __init__(self) -> None:
        self.net = net = Devnet(clock=StoppedClock(START), accounts=3, chain_id=4_242, l1_chain_id=4_243)
        self.alice, self.bob, self.carol = (account.address for account in net.accounts)
        net.l1.rpc("anvil_mine", "0x10")
        self.gold = new_token(net.l1, self.alice)
        made = Wallet(net.l2.rpc, self.alice).make("0x4200000000000000000000000000000000000012",
            data("createOptimismMintableERC20(address,string,string)", raw(self.gold), "Gold", "AU"),
        )  # fmt: skip
        self.l2_gold = "0x" + made["logs"][0]["topics"][2][-40:]
        Wallet(net.l1.rpc, self.alice).make(self.gold, data("approve(address,uint256)", raw(L1_BRIDGE), 1000))
        bridge = data(
            "bridgeERC20To(address,address,address,uint256,uint32,bytes)",
            raw(self.gold), raw(self.l2_gold), raw(self.alice), 100, 200_000, b"",
        )  # fmt: skip
        Wallet(net.l1.rpc, self.alice).make(L1_BRIDGE, bridge)
        Wallet(net.l1.rpc, self.alice).make(PORTAL, value=3 * ETHER)
        Wallet(net.l2.rpc, self.alice).make(
            PASSER,
            data("initiateWithdrawal(address,uint256,bytes)", raw(STRANGER), 100_000, b""),
            5,
        )
        net.l2.rpc("evm_mine")
        assert read(net.l2, self.l2_gold, "balanceOf(address)", raw(self.alice)) == 100
        self.urls = {"l2": net.serve(), "l1": net.l1.url}

    def of(self, form: str) -> dict[str, tuple[str]]:
        chosen = {"fork_url": (self.urls["l2"],), "fork_l1": (self.urls["l1"],)}
        return {"l2": {"fork_url": chosen["fork_url"]}, "l1": {"fork_l1": chosen["fork_l1"]}, "both": chosen}[form]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    made = Upstream()
    yield made
    made.net.close()


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[Callable[..., Devnet]]:
    opened: list[Devnet] = []

    def open_one(**settings: Any) -> Devnet:
        usual = {"accounts": 3, "clock": ManualClock(START + 500), "fork_cache": tmp_path, "fork_retry_backoff": 0}
        opened.append(Devnet(**(usual | settings)))
        return opened[-1]

    yield open_one
    for net in opened:
        net.close()


def cross_both_ways(net: Devnet, sender: str) -> None:
    """A deposit to a new account, and a withdrawal of some of it through all its states."""
    before = balance(net.l2, sender)
    deposit = data("depositTransaction(address,uint256,uint64,bool,bytes)", raw(STRANGER), ETHER, 100_000, False, b"")
    told = Wallet(net.l1.rpc, sender).make(PORTAL, deposit, 2 * ETHER)
    assert balance(net.l2, STRANGER) == ETHER
    assert balance(net.l2, sender) == before + ETHER, "what was not passed on stays with the sender"
    newest = net.l1.rpc("eth_getBlockByNumber", told["blockNumber"], False)
    assert read(net.l2, L1_BLOCK, "number()") == int(newest["number"], 16)
    assert read(net.l2, L1_BLOCK, "hash()") == int(newest["hash"], 16)

    receiver = "0x" + "56" * 20
    sent = Wallet(net.l2.rpc, sender).make(
        PASSER, data("initiateWithdrawal(address,uint256,bytes)", raw(receiver), 100_000, b""), 7
    )
    withdrawal = sent["logs"][0]["data"][2 + 3 * 64 : 2 + 4 * 64]
    net.l2.rpc("evm_mine")
    finish(net, sender, "0x" + withdrawal)
    assert balance(net.l1, receiver) == 7


def finish(net: Devnet, sender: str, withdrawal: str) -> None:
    """Prove a withdrawal on L1, let the windows pass, and finalize it."""
    for status in ("ready-to-prove", "ready-to-finalize"):
        if status == "ready-to-finalize":
            net.rpc("megadev_skipWithdrawalWindows", withdrawal)
        found = net.rpc("megadev_getWithdrawal", withdrawal)
        assert found["status"] == status
        Wallet(net.l1.rpc, sender).make(found["call"]["to"], found["call"]["data"])
    assert net.rpc("megadev_getWithdrawal", withdrawal)["status"] == "finalized"


@pytest.mark.parametrize("preset", ["dev", "megaeth"])
@pytest.mark.parametrize("form", FORMS)
def test_ether_crosses_both_ways(upstream: Upstream, fork: Callable[..., Devnet], form: str, preset: str) -> None:
    timers: dict[str, Any] = (
        {} if preset == "dev" else {"preset": preset, "block_time": 3600.0, "mini_block_time": 3600.0}
    )
    net = fork(**upstream.of(form), **timers)
    assert (height(net.l2) >= height(upstream.net.l2)) == (form != "l1")
    assert int(net.l2.rpc("eth_chainId"), 16) == (4_242 if form != "l1" else 31_337 if preset == "dev" else 432_631_337)
    assert int(net.l1.rpc("eth_chainId"), 16) == (4_243 if form != "l2" else 900)
    cross_both_ways(net, net.accounts[1].address)
    assert balance(upstream.net.l2, STRANGER) == 0, "nothing of it is upstream"


@pytest.mark.parametrize("form", FORMS)
def test_a_served_fork_fetches_the_bridges_state(upstream: Upstream, fork: Callable[..., Devnet], form: str) -> None:
    net = fork(**upstream.of(form), no_storage_caching=True)
    net.serve()
    cross_both_ways(net, net.accounts[1].address)


def test_l1_is_forked_at_the_forked_l2s_origin(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    upstream.net.l1.rpc("anvil_mine", "0x5")
    net = fork(**upstream.of("both"))
    origin = read(upstream.net.l2, L1_BLOCK, "number()")
    assert origin < height(upstream.net.l1) and height(net.l1) == origin
    named = fork(fork_url=(upstream.urls["l2"],), fork_l1=(f"{upstream.urls['l1']}@{origin + 2}",))
    assert height(named.l1) == origin + 2


def test_a_simulated_l1_continues_from_the_forked_l2s_origin(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(**upstream.of("l2"))
    origin = read(upstream.net.l2, L1_BLOCK, "number()")
    assert origin > 16 and height(net.l1) == origin
    net.l1.rpc("evm_mine")
    net.l2.rpc("evm_mine")
    assert read(net.l2, L1_BLOCK, "number()") == origin + 1
    heads = [int(net.rpc("eth_getBlockByNumber", tag, False)["number"], 16) for tag in ("finalized", "safe", "latest")]
    assert heads == sorted(heads) and heads[0] >= height(upstream.net.l2)


def test_tokens_in_custody_on_l1_can_be_withdrawn(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(**upstream.of("both"))
    alice = upstream.alice
    assert read(net.l1, upstream.gold, "balanceOf(address)", raw(L1_BRIDGE)) == 100
    back = data("bridgeERC20To(address,address,address,uint256,uint32,bytes)",
                raw(upstream.l2_gold), raw(upstream.gold), raw(STRANGER), 60, 200_000, b"")  # fmt: skip
    sent = Wallet(net.l2.rpc, alice).make(L2_BRIDGE, back)
    passed = next(log for log in sent["logs"] if log["address"] == PASSER)
    finish(net, alice, "0x" + passed["data"][2 + 3 * 64 : 2 + 4 * 64])
    assert read(net.l1, upstream.gold, "balanceOf(address)", raw(STRANGER)) == 60


def test_withdrawals_of_a_fork_are_proven_as_clients_prove_them(
    upstream: Upstream, fork: Callable[..., Devnet]
) -> None:
    net = fork(**upstream.of("l2"))
    sender = net.accounts[1].address
    sent = Wallet(net.l2.rpc, sender).make(
        PASSER, data("initiateWithdrawal(address,uint256,bytes)", raw(STRANGER), 100_000, b""), 7
    )
    withdrawal = bytes.fromhex(sent["logs"][0]["data"][2 + 3 * 64 : 2 + 4 * 64])
    slot = keccak(withdrawal + bytes(32))
    number = sent["blockNumber"]
    proof = net.rpc("eth_getProof", PASSER, ["0x" + slot.hex()], number)
    nodes = [bytes.fromhex(node[2:]) for node in proof["storageProof"][0]["proof"]]
    proven = HexaryTrie.get_from_proof(
        bytes.fromhex(proof["storageHash"][2:]), keccak(slot), [_decoded(n) for n in nodes]
    )
    assert proven == b"\x01" and proof["storageProof"][0]["value"] == "0x1"
    output = net.rpc("optimism_outputAtBlock", number)
    assert output["withdrawalStorageRoot"] == proof["storageHash"]
    assert "on a fork needs" in _refusal(net, "eth_getProof", L1_BLOCK, [], number)


def _decoded(node: bytes) -> Any:
    import rlp

    return rlp.decode(node)


def _refusal(net: Devnet, method: str, *params: Any) -> str:
    with pytest.raises(RpcError) as caught:
        net.rpc(method, *params)
    return str(caught.value.message)


def test_missing_predeploys_are_deployed_on_a_fork(fork: Callable[..., Devnet]) -> None:
    with Devnet(clock=StoppedClock(START), no_l1=True, accounts=1) as bare:
        bare.rpc("evm_mine")
        url = bare.serve()
        net = fork(fork_url=(url,))
        assert bare.rpc("eth_getCode", PASSER, "latest") == "0x" != net.rpc("eth_getCode", PASSER, "latest")
        cross_both_ways(net, net.accounts[1].address)
        alone = fork(fork_url=(url,), no_l1=True)
        assert alone.rpc("eth_getCode", PASSER, "latest") == "0x"


def test_l1_contracts_are_at_the_addresses_that_the_forked_l2_expects(
    upstream: Upstream, fork: Callable[..., Devnet]
) -> None:
    elsewhere = "0x" + "99" * 20
    with Devnet(clock=StoppedClock(START), accounts=1) as rollup:
        messenger = "0x4200000000000000000000000000000000000007"
        rollup.rpc("anvil_setStorageAt", messenger, hex(207), "0x" + elsewhere[2:].rjust(64, "0"))
        rollup.rpc("evm_mine")
        net = fork(fork_url=(rollup.serve(),))
        sender = net.accounts[1].address
        call = data("sendMessage(address,bytes,uint32)", raw(STRANGER), b"", 100_000)
        Wallet(net.l1.rpc, sender).make(elsewhere, call, 3)
        assert balance(net.l2, STRANGER) == 3
        told = net.rpc("megadev_chainConfig")["l1"]["contracts"]["l1CrossDomainMessenger"]["address"]
        assert told.lower() == elsewhere


def test_a_forked_l1_has_its_history(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork(**upstream.of("both"))
    net.l1.rpc("evm_mine")
    for number in range(12, height(net.l1)):
        block = upstream.net.l1.rpc("eth_getBlockByNumber", hex(number), True)
        assert net.l1.rpc("eth_getBlockByNumber", hex(number), True) == block
        for tx in block["transactions"]:
            for method in ("eth_getTransactionReceipt", "trace_transaction"):
                assert net.l1.rpc(method, tx["hash"]) == upstream.net.l1.rpc(method, tx["hash"]), method
    wanted = {"fromBlock": "earliest", "toBlock": hex(height(net.l1) - 1), "address": upstream.gold}
    logs = net.l1.rpc("eth_getLogs", wanted)
    assert logs and logs == upstream.net.l1.rpc("eth_getLogs", wanted)
    at = hex(height(net.l1) - 1)
    call = {"to": upstream.gold, "data": data("balanceOf(address)", raw(upstream.alice))}
    assert net.l1.rpc("eth_call", call, at) == upstream.net.l1.rpc("eth_call", call, at)


def test_either_chain_is_forked_anew(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    net = fork()
    sender = net.accounts[1].address
    net.l2.rpc("anvil_reset", {"forking": {"jsonRpcUrl": upstream.urls["l2"]}})
    assert height(net.l2) == height(upstream.net.l2)
    cross_both_ways(net, sender)
    net.l1.rpc("anvil_reset", {"forking": {"jsonRpcUrl": upstream.urls["l1"]}})
    assert int(net.l1.rpc("eth_chainId"), 16) == 4_243 and height(net.l1) == read(upstream.net.l2, L1_BLOCK, "number()")
    assert read(net.l1, upstream.gold, "balanceOf(address)", raw(L1_BRIDGE)) == 100
    net.l1.rpc("anvil_reset")
    net.l2.rpc("anvil_reset")
    assert (height(net.l1), height(net.l2)) == (0, 0)
    cross_both_ways(net, sender)


def test_one_bundle_holds_both_forks(upstream: Upstream, fork: Callable[..., Devnet], tmp_path: Path) -> None:
    bundle = tmp_path / "both.bundle"
    sender = upstream.bob
    written = []
    for _ in range(2):
        recorded = Devnet(
            accounts=3,
            clock=ManualClock(START + 500),
            no_storage_caching=True,
            fork_record=bundle,
            **upstream.of("both"),
        )
        cross_both_ways(recorded, sender)
        recorded.close()
        written.append(bundle.read_bytes())
    assert written[0] == written[1]
    net = fork(fork_bundle=bundle)
    assert int(net.l1.rpc("eth_chainId"), 16) == 4_243 and int(net.l2.rpc("eth_chainId"), 16) == 4_242
    cross_both_ways(net, sender)
    told = CliRunner().invoke(info, [str(bundle)]).output
    assert "Chain ID:       4242" in told and "L1\n  Chain ID:       4243" in told and "L1 account" in told
    unread = "0x" + "12" * 20
    with pytest.raises(RpcError, match=f"account {unread}"):
        net.l1.rpc("eth_getBalance", unread, "latest")


def test_forks_that_cannot_go_together_are_refused(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    with pytest.raises(ConfigError, match="needs --fork-url"):
        fork(fork_l1=(upstream.urls["l1"],), fork_block_number=3)
    with pytest.raises(ConfigError, match="--no-l1"):
        fork(fork_l1=(upstream.urls["l1"],), no_l1=True)
    with pytest.raises(ConfigError, match="would be valid on the other"):
        fork(fork_url=(upstream.urls["l2"],), fork_l1=(upstream.urls["l2"],))
    unrelated = fork(fork_url=(upstream.urls["l2"],), fork_l1=(upstream.urls["l2"],), l1_chain_id=77)
    assert "does not have the forked L2's L1 origin" in unrelated.node.l1.fork.warnings[0]


def test_the_bridge_waits_while_upstream_fails(upstream: Upstream, fork: Callable[..., Devnet]) -> None:
    with faulty_upstream(upstream.urls["l2"]) as faulty:
        net = fork(fork_url=(faulty.url,), retries=0, no_storage_caching=True)
        net.serve()
        sender = net.accounts[1].address
        faulty.always = "drop"
        before = height(net.l2)
        deposit = data("depositTransaction(address,uint256,uint64,bool,bytes)", raw(STRANGER), 1, 100_000, False, b"")
        Wallet(net.l1.rpc, sender).make(PORTAL, deposit, 1)
        assert height(net.l2) == before, "the deposit waits for its target's state"
        faulty.always = None
        assert balance(net.l2, STRANGER) == 1


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_fork_begins_after_a_transaction_of_a_rollups_block(fork: Callable[..., Devnet], place: int) -> None:
    """Its first transactions are deposits: the L1 attributes, and what came from L1."""
    with Devnet(clock=StoppedClock(START), accounts=3, preset="megaeth", block_time=None, mini_block_time=None,
                no_mining=True) as rollup:  # fmt: skip
        alice, bob, carol = (account.address for account in rollup.accounts)
        rollup.rpc("evm_mine")
        deposit = data("depositTransaction(address,uint256,uint64,bool,bytes)", raw(L1_BLOCK), 0, 90_000, False,
                       bytes.fromhex(data("number()")[2:]))  # fmt: skip
        Wallet(rollup.l1.rpc, alice).make(PORTAL, deposit, ETHER)
        creation = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
        sent = [
            rollup.rpc("eth_sendTransaction", {"from": bob, "data": "0x" + creation.hex(), "gas": hex(50_000_000)}),
            rollup.rpc("eth_sendTransaction", {"from": carol, "to": STRANGER, "value": hex(ETHER)}),
        ]
        rollup.rpc("evm_mine")
        block = rollup.rpc("eth_getBlockByNumber", "latest", True)
        assert [tx["type"] for tx in block["transactions"]] == ["0x7e", "0x7e", "0x2", "0x2"]
        assert [tx["hash"] for tx in block["transactions"][2:]] == sent
        tx_hash = block["transactions"][place]["hash"]
        there = rollup.rpc("eth_getTransactionReceipt", tx_hash)
        assert there["status"] == "0x1"

        net = fork(fork_url=(rollup.serve(),), fork_transaction_hash=tx_hash, accounts=0, preset="megaeth",
                   block_time=None, mini_block_time=None, no_mining=True)  # fmt: skip
        here = net.rpc("eth_getTransactionReceipt", tx_hash)
        assert height(net.l2) == height(rollup.l2)
        for receipt in (there, here):  # its block has a root of ours
            receipt["logs"] = [{**log, "blockHash": None} for log in receipt["logs"]]
        assert here | {"blockHash": None} == there | {"blockHash": None}
        assert net.rpc("eth_getTransactionByHash", tx_hash) | {"blockHash": None} == (
            block["transactions"][place] | {"blockHash": None}
        )
        assert balance(net.l2, STRANGER) == (ETHER if place == 3 else 0)


def test_a_forked_op_chain_keeps_its_rules(fork: Callable[..., Devnet]) -> None:
    """Fees of its blocks, its vault, L1's data fee, and the message passer's root in headers."""
    with Devnet(clock=StoppedClock(START + 10**8), accounts=1, preset="megaeth", block_time=None, mini_block_time=None,
                no_mining=True) as rollup:  # fmt: skip
        rollup.rpc("evm_mine")
        net = fork(fork_url=(rollup.serve(),), fork_chain_id=8_453, accounts=2, clock=ManualClock(START + 10**8))
        above = rollup.rpc("eth_getBlockByNumber", "latest", False)
        net.rpc("evm_mine")
        sent = Wallet(net.rpc, net.accounts[1].address).make(STRANGER, value=1)
        block = net.rpc("eth_getBlockByNumber", "latest", False)
        assert block["miner"] == above["miner"] == "0x4200000000000000000000000000000000000011"
        assert block["extraData"] == above["extraData"]
        assert int(sent["l1Fee"], 16) > 0
        assert net.node.l2.spec.hardfork.label == "osaka" and net.node.l2.fork.warnings == (), "Base has Azul by then"
        assert fork(fork_url=(rollup.url,), fork_chain_id=777).node.l2.spec.charges_l1_fee
        mega = fork(fork_url=(rollup.url,), fork_chain_id=4_326).node.l2
        assert mega.spec.model.label == "rex6" and mega.spec.fees.constant_base_fee == 1_000_000


@pytest.mark.parametrize(
    ("time", "rules", "oracle", "registry"),
    [
        (1_777_000_000, "rex4", "1.1.0", None),
        (1_781_000_000, "rex5", "2.0.0", "1.0.0"),
        (1_790_000_000, "rex6", "2.0.0", "2.0.0"),
    ],
)
def test_a_fork_of_megaeth_has_the_rules_of_its_time(
    fork: Callable[..., Devnet], time: int, rules: str, oracle: str, registry: str | None
) -> None:
    """Storage gas, system contracts and what they hold, as upstream has them; its transactions run again to the unit."""
    with Devnet(clock=StoppedClock(time), accounts=2, preset="megaeth", chain_id=4_326, hardfork=rules, block_time=None,
                mini_block_time=None, no_mining=True) as upstream:  # fmt: skip
        alice = upstream.accounts[0].address
        creation = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
        sent = upstream.rpc(
            "eth_sendTransaction", {"from": alice, "data": "0x" + creation.hex(), "gas": hex(50_000_000)}
        )
        upstream.rpc("evm_mine")
        there = upstream.rpc("eth_getTransactionReceipt", sent)
        net = fork(fork_url=(upstream.serve(),), accounts=2, preset="megaeth", block_time=None, mini_block_time=None)
        chain = net.node.l2
        assert chain.fork.warnings == () and chain.spec.model.label == rules
        trace = net.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
        assert trace["gasUsed"] == there["gasUsed"]
        transfer = data("transfer(address,uint256)", raw("0x" + "57" * 20), 5)
        estimates = [
            each.rpc("eth_estimateGas", {"from": alice, "to": there["contractAddress"], "data": transfer})
            for each in (upstream, net)
        ]
        assert estimates[0] == estimates[1] and int(estimates[1], 16) > 90_000
        version = {"data": data("version()")}
        for suffix, expected in (("01", oracle), ("06", registry)):
            answer = net.rpc(
                "eth_call", {"to": "0x63420000000000000000000000000000000000" + suffix, **version}, "latest"
            )
            assert (expected or "").encode() == bytes.fromhex(answer[2:])[64 : 64 + len(expected or "")]
        receipt = Wallet(net.rpc, net.accounts[1].address).make(STRANGER, value=1)
        assert (receipt["gasUsed"], receipt["status"]) == (hex(60_000), "0x1")


def test_a_fork_under_a_later_spec_gets_its_contracts(fork: Callable[..., Devnet]) -> None:
    with Devnet(clock=StoppedClock(1_781_000_000), accounts=1, preset="megaeth", chain_id=4_326, hardfork="rex5",
                block_time=None, mini_block_time=None, no_mining=True) as upstream:  # fmt: skip
        upstream.rpc("evm_mine")
        registry = "0x6342000000000000000000000000000000000006"
        sequencer = upstream.rpc("eth_getStorageAt", registry, "0x1", "latest")
        net = fork(fork_url=(upstream.serve(),), accounts=1, preset="megaeth", hardfork="rex6", block_time=None,
                   mini_block_time=None, no_mining=True)  # fmt: skip
        net.rpc("evm_mine")
        answer = net.rpc("eth_call", {"to": registry, "data": data("version()")}, "latest")
        assert bytes.fromhex(answer[2:])[64:69] == b"2.0.0"
        assert net.rpc("eth_getStorageAt", registry, "0x1", "latest") == sequencer, "an upgrade keeps what is stored"
        assert int(net.rpc("eth_getStorageAt", registry, hex(13), "latest"), 16) == 1
