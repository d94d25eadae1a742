"""Making anybody rich: ether and tokens by RPC, by ``megadev fund`` and from the start, and what a token must be for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from eth_account import Account

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.config.resolve import resolve
from megadev.errors import ConfigError
from megadev.primitives.abi import Value, decode, encode, encode_call
from megadev.state.diff import Cause
from tests.conftest import REPOSITORY, RunningNode
from tests.contracts import load
from tests.stage.refusals import refusal
from tests.stage.wallet import Wallet

ETHER = 10**18
NOBODY = "0x" + "99" * 20
OTHER = "0x" + "77" * 20
START = 1_700_000_000
MAX = 2**256 - 1
LAYOUTS = {
    "Token": 256,
    "ProxyToken": 96,
    "PackedToken": 96,
    "FlaggedToken": 255,
    "NamespacedToken": 256,
    "VyperToken": 256,
}
"""Token contracts whose balances can be set, and how many bits each has for one."""


@pytest.fixture
def net() -> Devnet:
    return Devnet(clock=ManualClock(START), accounts=3)


@pytest.fixture
def alice(net: Devnet) -> str:
    return net.accounts[0].address


def raw(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def deploy(net: Devnet, contract: str) -> str:
    """A token of the first account, which has 1000 of it."""
    sender = net.accounts[0].address
    code = load(contract).creation
    if contract == "Token":
        code += encode(["string", "string", "uint256"], ["Gold", "AU", 1000])
    elif contract == "ProxyToken":
        code += encode(["address"], [raw(deploy(net, "PackedToken"))])
    receipt = net.rpc("eth_sendTransactionSync", {"from": sender, "data": "0x" + code.hex()})
    token: str = receipt["contractAddress"]
    if contract != "Token":
        kind = "uint96" if "Pack" in contract or "Proxy" in contract else "uint256"
        Wallet(net.rpc).make(token, encode_call(f"mint({kind})", 1000))
    return token


def ask(net: Devnet, token: str, signature: str, *args: Value) -> int:
    data = "0x" + encode_call(signature, *args).hex()
    return int(net.rpc("eth_call", {"to": token, "data": data})[:66], 16)


def balance_of(net: Devnet, token: str, holder: str) -> int:
    return ask(net, token, "balanceOf(address)", raw(holder))


def allowance(net: Devnet, token: str, owner: str, spender: str) -> int:
    return ask(net, token, "allowance(address,address)", raw(owner), raw(spender))


# -- tokens -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", LAYOUTS)
def test_a_balance_is_found_wherever_a_token_keeps_it(net: Devnet, alice: str, contract: str) -> None:
    token = deploy(net, contract)
    assert balance_of(net, token, alice) == 1000
    for holder, amount in (
        (NOBODY, 5 * ETHER),
        (alice, 1),
        (NOBODY, 2 ** LAYOUTS[contract] - 1),
        (NOBODY, 0),
        (token, 7),
    ):
        assert net.rpc("anvil_dealERC20", holder, token, hex(amount)) is None
        assert balance_of(net, token, holder) == amount
    assert balance_of(net, token, OTHER) == 0
    net.rpc("evm_mine")
    assert balance_of(net, token, alice) == 1, "it is part of the next block"


@pytest.mark.parametrize("contract", ["Token", "ProxyToken", "PackedToken", "NamespacedToken", "VyperToken"])
def test_an_allowance_is_found_too(net: Devnet, alice: str, contract: str) -> None:
    token = deploy(net, contract)
    net.rpc("anvil_setERC20Allowance", alice, NOBODY, token, "12345")
    assert allowance(net, token, alice, NOBODY) == 12345
    assert allowance(net, token, NOBODY, alice) == allowance(net, token, alice, OTHER) == 0
    assert balance_of(net, token, alice) == 1000


def test_money_that_was_dealt_can_be_spent(net: Devnet, alice: str) -> None:
    token = deploy(net, "Token")
    net.rpc("anvil_setERC20Balance", NOBODY, token, 500)
    net.rpc("anvil_setERC20Allowance", NOBODY, alice, token, 400)
    Wallet(net.rpc).make(token, encode_call("transferFrom(address,address,uint256)", raw(NOBODY), raw(OTHER), 300))
    assert [balance_of(net, token, who) for who in (NOBODY, OTHER)] == [200, 300]
    assert allowance(net, token, NOBODY, alice) == 100
    assert ask(net, token, "totalSupply()") == 1000, "nobody counts again"


@pytest.mark.parametrize("method", ["anvil_dealERC20", "hardhat_dealERC20", "anvil_setERC20Balance"])
def test_dealing_has_several_names(net: Devnet, method: str) -> None:
    token = deploy(net, "Token")
    net.rpc(method, NOBODY, token, 9)
    assert balance_of(net, token, NOBODY) == 9


def test_other_values_in_the_balances_slot_are_kept(net: Devnet, alice: str) -> None:
    packed, flagged = deploy(net, "PackedToken"), deploy(net, "FlaggedToken")
    net.rpc("anvil_dealERC20", alice, packed, 2**96 - 1)
    call = {"to": packed, "data": "0x" + encode_call("holdings(address)", raw(alice)).hex()}
    since, balance, frozen = decode(["uint40", "uint96", "bool"], raw(net.rpc("eth_call", call)))
    assert (START <= since < START + 60, balance, frozen) == (True, 2**96 - 1, True)  # type: ignore[operator]
    Wallet(net.rpc).make(packed, encode_call("approve(address,uint128)", raw(NOBODY), 5))
    net.rpc("anvil_setERC20Allowance", alice, NOBODY, packed, 2**128 - 1)
    call["data"] = "0x" + encode_call("permissions(address,address)", raw(alice), raw(NOBODY)).hex()
    assert decode(["uint128", "uint64"], raw(net.rpc("eth_call", call))) == (2**128 - 1, 2**64 - 1)
    net.rpc("anvil_dealERC20", alice, flagged, 0)
    assert ask(net, flagged, "isBlocked(address)", raw(alice)) == 1
    net.rpc("anvil_dealERC20", NOBODY, flagged, 2**255 - 1)
    assert ask(net, flagged, "isBlocked(address)", raw(NOBODY)) == 0


def test_a_balance_that_is_computed_cannot_be_set_and_nothing_changes(net: Devnet, alice: str) -> None:
    token = deploy(net, "SharesToken")
    before = present(net)
    for method, params in (
        ("anvil_dealERC20", [alice, token, 77]),
        ("anvil_dealERC20", [NOBODY, token, 77]),
        ("anvil_setERC20Allowance", [alice, NOBODY, token, 5]),
    ):
        error = refusal(net, method, *params)
        assert (error.code, "no slot found" in error.message, "impersonate" in error.message) == (-32000, True, True)
    assert present(net) == before
    assert balance_of(net, token, alice) == 1500
    net.rpc("anvil_setERC20Allowance", alice, NOBODY, token, MAX)  # as it is already


def test_an_amount_that_does_not_fit_is_refused_and_nothing_changes(net: Devnet, alice: str) -> None:
    token = deploy(net, "PackedToken")
    before = present(net)
    error = refusal(net, "anvil_dealERC20", alice, token, hex(2**96))
    assert (error.code, "96 bits" in error.message) == (-32602, True)
    assert present(net) == before


def test_a_contract_that_is_not_a_token_is_refused(net: Devnet, alice: str) -> None:
    net.rpc("anvil_setCode", OTHER, "0x5f5ffd")
    storage = net.rpc("eth_sendTransactionSync", {"from": alice, "data": "0x" + load("Payable").creation.hex()})
    before = present(net)
    for token in (NOBODY, OTHER, storage["contractAddress"], "0x" + "00" * 19 + "04"):
        error = refusal(net, "anvil_dealERC20", alice, token, 1)
        assert (error.code, "no token" in error.message) == (-32602, True), error
        assert refusal(net, "anvil_setERC20Allowance", alice, alice, token, 1).code == -32602
    assert present(net) == before


# -- ether and the rest of an account -----------------------------------------------------------------------------


def test_a_cheat_is_a_diff_and_joins_the_next_root(net: Devnet) -> None:
    root = net.l2.chain.head.header.state_root
    net.rpc("tenderly_setBalance", NOBODY, "5")
    net.rpc("hardhat_setStorageAt", NOBODY, "0x1", "0x" + "00" * 31 + "07")
    irregular = net.l2.chain.sequencer.irregular
    assert irregular is not None and irregular.cause is Cause.CHEAT
    assert net.l2.chain.head.header.state_root == root
    net.rpc("evm_mine")
    block = net.l2.chain.head
    assert block.header.state_root != root
    assert block.irregular is not None and block.irregular.storage == {raw(NOBODY): {1: 7}}
    proof = net.rpc("eth_getProof", NOBODY, ["0x1"], "latest")
    assert (proof["balance"], proof["storageProof"][0]["value"]) == ("0x5", "0x7")


def test_numbers_may_be_spelled_as_clients_spell_them(net: Devnet) -> None:
    for spelling in ("0x10", "0X10", "0x0010", "16", 16, 16.0):
        net.rpc("anvil_setBalance", NOBODY, spelling)
        assert net.rpc("eth_getBalance", NOBODY) == "0x10"
        net.rpc("hardhat_setNonce", NOBODY, spelling)
        assert net.rpc("eth_getTransactionCount", NOBODY) == "0x10"
        net.rpc("anvil_setNonce", NOBODY, 0)
        net.rpc("evm_setAccountStorageAt", NOBODY, spelling, "0x" + "ab" * 32)
        assert net.rpc("eth_getStorageAt", NOBODY, 16) == "0x" + "ab" * 32
        net.rpc("evm_setAccountStorageAt", NOBODY, spelling, "0x" + "00" * 32)


def test_setting_a_nonce_drops_waiting_transactions_below_it(net: Devnet, alice: str) -> None:
    net.rpc("evm_setAutomine", False)
    waiting = [net.rpc("eth_sendTransaction", {"from": alice, "to": NOBODY}) for _ in range(3)]
    net.rpc("anvil_setNonce", alice, 2)
    assert [net.rpc("eth_getTransactionByHash", tx_hash) is None for tx_hash in waiting] == [True, True, False]
    net.rpc("evm_mine")
    assert net.rpc("eth_getTransactionReceipt", waiting[2])["status"] == "0x1"


# -- the chain's id -----------------------------------------------------------------------------------------------


def test_the_chain_id_changes_while_the_node_runs(net: Devnet, alice: str) -> None:
    asker = net.rpc("eth_sendTransactionSync", {"from": alice, "data": "0x" + load("Signatures").creation.hex()})
    key = net.accounts[1].private_key
    fields = {"nonce": 0, "to": NOBODY, "value": 1, "gas": 21_000, "gasPrice": 2 * 10**9}

    def signed(chain_id: int) -> str:
        return Account.sign_transaction({**fields, "chainId": chain_id}, key).raw_transaction.to_0x_hex()

    snapshot = net.rpc("evm_snapshot")
    net.rpc("evm_setAutomine", False)
    old = net.rpc("eth_sendRawTransaction", signed(31337))
    for given in (6343, "0x18c7", "6343"):
        net.rpc("anvil_setChainId", given)
        assert net.rpc("eth_chainId") == "0x18c7"
    assert (net.rpc("net_version"), net.rpc("anvil_nodeInfo")["environment"]["chainId"]) == ("6343", 6343)
    assert ask(net, asker["contractAddress"], "chainId()") == 6343
    assert net.rpc("eth_getTransactionByHash", old) is None, "it was for another chain"
    net.rpc("evm_setAutomine", True)
    assert "chain id" in refusal(net, "eth_sendRawTransaction", signed(31337)).message
    for tx_hash in (
        net.rpc("eth_sendRawTransaction", signed(6343)),
        net.rpc("eth_sendTransaction", {"from": alice, "to": NOBODY}),
    ):
        assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
        assert net.rpc("eth_getTransactionByHash", tx_hash)["chainId"] == "0x18c7"
    net.rpc("evm_revert", snapshot)
    assert (net.rpc("eth_chainId"), ask(net, asker["contractAddress"], "chainId()")) == ("0x7a69", 31337)
    assert net.rpc("eth_sendRawTransaction", signed(31337)) == old


# -- settings -----------------------------------------------------------------------------------------------------


def test_accounts_are_funded_from_the_start() -> None:
    with Devnet(accounts=2, fund=f"{NOBODY}=1.5,{OTHER}:0.000000000000000001") as net:
        alice = net.accounts[0].address
        assert [net.rpc("eth_getBalance", who, "earliest") for who in (NOBODY, OTHER)] == [hex(3 * ETHER // 2), "0x1"]
        assert net.rpc("eth_getBalance", alice) == hex(10_000 * ETHER)
    exact = "12345678901234567890.123456789012345678"
    with Devnet(fund={alice: 3, NOBODY: exact}) as net:
        assert net.rpc("eth_getBalance", alice) == hex(3 * ETHER), "what is said about one account wins over --balance"
        assert net.rpc("eth_getBalance", NOBODY) == hex(int(exact.replace(".", "")))


def test_a_genesis_files_account_keeps_all_but_its_balance(tmp_path: Any) -> None:
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps({"alloc": {NOBODY: {"balance": "0x5", "code": "0x6001", "nonce": "0x7"}}}))
    with Devnet(init=path, fund=[f"{NOBODY}=2"]) as net:
        assert net.rpc("eth_getBalance", NOBODY) == hex(2 * ETHER)
        assert (net.rpc("eth_getCode", NOBODY), net.rpc("eth_getTransactionCount", NOBODY)) == ("0x6001", "0x7")


def test_funding_comes_from_each_source_of_settings(tmp_path: Any) -> None:
    path = tmp_path / "megadev.toml"
    ten = ((raw(NOBODY), 10),)
    for toml in (f'fund = "{NOBODY}=10"', f'fund = ["{NOBODY}=10"]', f"[fund]\n{NOBODY} = 10"):
        path.write_text(toml)
        assert tuple((given.address, given.ether) for given in resolve({}, {}, path).fund or ()) == ten
    found = resolve({"fund": (f"{NOBODY}=1", f"{OTHER}=2")}, {"MEGADEV_FUND": f"{OTHER}=3"}, path).fund
    assert found is not None and [str(given) for given in found] == [f"{NOBODY}=1", f"{OTHER}=2"]
    assert [given.wei for given in resolve({}, {"MEGADEV_FUND": f"{OTHER}=3"}, path).fund or ()] == [3 * ETHER]


@pytest.mark.parametrize(
    "fund",
    ["", NOBODY, "=1", f"{NOBODY}=", f"{NOBODY}=-1", f"{NOBODY}=much", f"{NOBODY[:-1]}=1", f"{NOBODY}=1,{NOBODY}=2",
     f"{NOBODY}=1e-19", [], {}, [1], {NOBODY: True}, {1: 1}, f"{NOBODY}=1,"],
    ids=repr,
)  # fmt: skip
def test_funding_that_cannot_be_read_is_refused_at_once(fund: Any) -> None:
    with pytest.raises(ConfigError, match="fund"):
        Devnet(fund=fund)


def test_transactions_wait_until_their_sender_can_pay(net: Devnet) -> None:
    request = {"from": NOBODY, "to": OTHER, "value": "0x1", "gas": "0x5208"}
    net.rpc("anvil_impersonateAccount", NOBODY)
    assert "insufficient funds" in refusal(net, "eth_sendTransaction", request).message
    with Devnet(disable_pool_balance_checks=True, auto_impersonate=True, no_mining=True) as lenient:
        tx_hash = lenient.rpc("eth_sendTransaction", request)
        lenient.rpc("anvil_setBalance", NOBODY, hex(ETHER))
        lenient.rpc("evm_mine")
        assert lenient.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"


# -- the command --------------------------------------------------------------------------------------------------


def megadev(node: RunningNode, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "megadev", *arguments, "--rpc-url", node.url],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_running_node_gives_ether_and_tokens_from_the_command_line(megadev_up: Callable[..., RunningNode]) -> None:
    node = megadev_up("--fund", f"{OTHER}=2", "--fund-accounts", f"{NOBODY}:1")
    assert node.rpc("eth_getBalance", OTHER, "latest") == hex(2 * ETHER)
    done = megadev(node, "fund", NOBODY, "1.5")
    assert (done.returncode, done.stdout) == (0, f"{NOBODY} has 2.5 ETH now\n"), done.stderr
    assert node.rpc("eth_getBalance", NOBODY, "latest") == hex(5 * ETHER // 2)

    alice = node.rpc("eth_accounts")[0]
    code = load("Token").creation + encode(["string", "string", "uint256"], ["Gold", "AU", 5 * ETHER])
    token = node.rpc("eth_sendTransactionSync", {"from": alice, "data": "0x" + code.hex()})["contractAddress"]
    for amount, total in (("0.25", "0.25"), ("7", "7.25")):
        done = megadev(node, "fund", NOBODY, amount, "--token", token)
        assert (done.returncode, done.stdout) == (0, f"{NOBODY} has {total} AU now\n"), done.stderr
    data = "0x" + encode_call("balanceOf(address)", raw(NOBODY)).hex()
    assert int(node.rpc("eth_call", {"to": token, "data": data}, "latest"), 16) == 7_250_000_000_000_000_000

    def holdings() -> list[str]:
        return [
            node.rpc("eth_getBalance", NOBODY, "latest"),
            node.rpc("eth_call", {"to": token, "data": data}, "latest"),
        ]

    before = holdings()
    for arguments, code, said in (
        (["fund", NOBODY[:-1], "1"], 2, "ADDRESS"),
        (["fund", NOBODY, "much"], 2, "AMOUNT"),
        (["fund", NOBODY, "0.0000000000000000001"], 2, "decimals"),
        (["fund", NOBODY, "1", "--token", "gold"], 2, "--token"),
        (["fund", NOBODY, "1", "--token", OTHER], 1, "no token"),
        (["fund", NOBODY], 2, "AMOUNT"),
    ):
        done = megadev(node, *arguments)
        assert (done.returncode, done.stdout) == (code, ""), done
        assert said in done.stderr and "Traceback" not in done.stderr
    assert holdings() == before


# -- bad input ----------------------------------------------------------------------------------------------------


def present(net: Devnet) -> tuple[Any, ...]:
    chain = net.l2.chain
    irregular = chain.sequencer.irregular
    return chain.head.hash, None if irregular is None else irregular.copy(), chain.spec, net.rpc("eth_accounts")


BAD = [
    *(
        (method, *params)
        for method in ("anvil_setBalance", "hardhat_addBalance", "tenderly_addBalance", "evm_setAccountBalance")
        for params in ((), (NOBODY,), (NOBODY, None), (NOBODY, -1), (NOBODY, hex(2**256)), (NOBODY, "1 ETH"), (NOBODY, 1, 1), ("nobody", 1))
    ),
    *(
        (method, *params)
        for method in ("anvil_setNonce", "hardhat_setNonce", "evm_setAccountNonce")
        for params in ((NOBODY,), (NOBODY, -1), (NOBODY, 2**64 - 1), (NOBODY, 2**64), (NOBODY, True), (1, 1))
    ),
    *(("hardhat_setCode", *params) for params in ((NOBODY,), (NOBODY, "60"), (NOBODY, "0x6"), (NOBODY, None), ("0x", "0x"))),
    *(
        ("evm_setAccountStorageAt", *params)
        for params in ((NOBODY, 0), (NOBODY, 0, 1), (NOBODY, 0, "0x01"), (NOBODY, -1, "0x" + "00" * 32), (NOBODY, "x", "0x" + "00" * 32))
    ),
    *(
        ("anvil_dealERC20", *params)
        for params in ((), (NOBODY, OTHER), (NOBODY, OTHER, -1), (NOBODY, OTHER, hex(2**256)), (NOBODY, "gold", 1), ("me", OTHER, 1), (NOBODY, OTHER, 1, 1))
    ),
    *(
        ("anvil_setERC20Allowance", *params)
        for params in ((), (NOBODY, OTHER, NOBODY), (NOBODY, OTHER, NOBODY, None), (NOBODY, OTHER, 5, 1), (NOBODY, OTHER, NOBODY, 1.5))
    ),
    *(("anvil_setRpcUrl", *params) for params in ((), (1,), (None,), ("",), ("localhost:8545",), ("ftp://a",), ("http://",))),
    *(("anvil_setChainId", *params) for params in ((), (0,), (-1,), (2**63,), (2**64,), ("mainnet",), (None,), (True,), (1, 2))),
]  # fmt: skip


def test_invalid_arguments_are_refused_and_change_nothing(net: Devnet) -> None:
    before = present(net)
    for method, *params in BAD:
        error = refusal(net, method, *params)
        assert error.code == -32602, (method, params, error)
        assert re.search(r"\w{3}", error.message)
    assert present(net) == before
