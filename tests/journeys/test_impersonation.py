"""Acting for others: accounts without a key, contracts, everybody, and signatures that nobody made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from megadev import Devnet
from megadev.primitives.abi import encode_call
from tests.contracts import load
from tests.stage.refusals import refusal
from tests.stage.wallet import Wallet

ETHER = 10**18
WHALE = "0x" + "99" * 20
VITALIK = "0xd8da6bf26964af9d7eed9e03e53415d37aa96045"
HASH = bytes(range(32))


@pytest.fixture
def net() -> Devnet:
    return Devnet(accounts=2)


@pytest.fixture
def signatures(net: Devnet) -> str:
    """The contract that asks the ecrecover precompile."""
    creation = {"from": net.accounts[0].address, "data": "0x" + load("Signatures").creation.hex()}
    address: str = net.rpc("eth_sendTransactionSync", creation)["contractAddress"]
    return address


def call(net: Devnet, to: str, data: bytes) -> str:
    """The last 20 bytes of what a call returns."""
    return "0x" + str(net.rpc("eth_call", {"to": to, "data": "0x" + data.hex()}))[-40:]


# -- accounts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["anvil", "hardhat"])
def test_an_account_without_a_key_acts_while_it_is_impersonated(net: Devnet, signatures: str, prefix: str) -> None:
    net.rpc("anvil_setBalance", WHALE, hex(ETHER))
    assert "unknown account" in refusal(net, "eth_sendTransaction", {"from": WHALE, "to": signatures}).message
    net.rpc(f"{prefix}_impersonateAccount", WHALE)
    receipt = Wallet(net.rpc, WHALE).send(signatures, remember(HASH, *sign(net, HASH)))
    assert (receipt["status"], receipt["from"]) == ("0x1", WHALE)
    assert call(net, signatures, encode_call("lastCaller()")) == WHALE
    tx = net.rpc("eth_getTransactionByHash", receipt["transactionHash"])
    assert (tx["from"], tx["nonce"]) == (WHALE, "0x0")
    assert net.rpc("eth_getTransactionCount", WHALE) == "0x1"
    net.rpc(f"{prefix}_stopImpersonatingAccount", WHALE)
    assert "unknown account" in refusal(net, "eth_sendTransaction", {"from": WHALE, "to": signatures}).message


def test_a_contract_acts_too(net: Devnet, signatures: str) -> None:
    net.rpc("anvil_setBalance", signatures, hex(ETHER))
    net.rpc("anvil_impersonateAccount", signatures)
    before = int(net.rpc("eth_getTransactionCount", signatures), 16)
    receipt = Wallet(net.rpc, signatures).send(signatures, remember(HASH, *sign(net, HASH)))
    assert receipt["status"] == "0x1"
    assert call(net, signatures, encode_call("lastCaller()")) == signatures
    assert int(net.rpc("eth_getTransactionCount", signatures), 16) == before + 1
    created = net.rpc("eth_sendTransactionSync", {"from": signatures, "data": "0x" + load("Counter").creation.hex()})
    assert net.rpc("eth_getCode", created["contractAddress"]) != "0x"


@pytest.mark.parametrize("by_setting", [True, False])
def test_auto_impersonation_allows_any_sender(by_setting: bool) -> None:
    with Devnet(auto_impersonate=by_setting, fund=f"{WHALE}=1") as net:
        request = {"from": WHALE, "to": VITALIK, "value": "0x5"}
        if not by_setting:
            assert "unknown account" in refusal(net, "eth_sendTransaction", request).message
            net.rpc("hardhat_autoImpersonateAccount", True)
        assert net.rpc("eth_sendTransactionSync", request)["status"] == "0x1"
        assert net.rpc("eth_getBalance", VITALIK) == "0x5"
        assert WHALE not in net.rpc("eth_accounts")
        net.rpc("anvil_autoImpersonateAccount", False)
        assert "unknown account" in refusal(net, "eth_sendTransaction", request).message


def test_an_account_with_a_key_still_signs(net: Devnet) -> None:
    alice = net.accounts[0].address
    net.rpc("anvil_impersonateAccount", alice)
    tx = net.rpc("eth_getTransactionByHash", net.rpc("eth_sendTransaction", {"from": alice, "to": WHALE}))
    assert Account.recover_transaction(net.rpc("eth_getRawTransactionByHash", tx["hash"])) == alice


def test_an_impersonated_account_pays_its_fees(net: Devnet) -> None:
    net.rpc("anvil_impersonateAccount", WHALE)
    assert (
        "insufficient funds"
        in refusal(net, "eth_sendTransaction", {"from": WHALE, "to": VITALIK, "gas": "0x5208"}).message
    )
    net.rpc("anvil_setBalance", WHALE, hex(ETHER))
    paid = Wallet(net.rpc, WHALE).send(VITALIK)
    assert int(net.rpc("eth_getBalance", WHALE), 16) == ETHER - int(paid["gasUsed"], 16) * int(
        paid["effectiveGasPrice"], 16
    )


# -- signatures ---------------------------------------------------------------------------------------------------


def remember(message_hash: bytes, v: int, r: bytes, s: bytes) -> bytes:
    return encode_call("remember(bytes32,uint8,bytes32,bytes32)", message_hash, v, r, s)


def recover(message_hash: bytes, v: int, r: bytes, s: bytes) -> bytes:
    return encode_call("recover(bytes32,uint8,bytes32,bytes32)", message_hash, v, r, s)


def sign(net: Devnet, message: bytes) -> tuple[int, bytes, bytes]:
    """A signature by the second account."""
    signed = Account.sign_message(encode_defunct(message), net.accounts[1].private_key)
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def plain(v: int, r: bytes, s: bytes) -> bytes:
    return r + s + bytes([v])


def with_parity(v: int, r: bytes, s: bytes) -> bytes:
    return r + s + bytes([v - 27])


def compact(v: int, r: bytes, s: bytes) -> bytes:
    """EIP-2098."""
    return r + bytes([s[0] | (v - 27) << 7]) + s[1:]


@pytest.mark.parametrize("spelling", [plain, with_parity, compact])
@pytest.mark.parametrize("engine", ["interpreter", "compiled", "py-evm"])
def test_a_signature_is_passed_off_as_anybodys(spelling: Callable[..., bytes], engine: str) -> None:
    net = Devnet(accounts=2, engine=engine)
    contract = net.rpc(
        "eth_sendTransactionSync", {"from": net.accounts[0].address, "data": "0x" + load("Signatures").creation.hex()}
    )["contractAddress"]
    v, r, s = sign(net, HASH)
    other = sign(net, b"another")
    assert call(net, contract, recover(HASH, v, r, s)) != VITALIK
    honest = call(net, contract, recover(HASH, *other))
    net.rpc("anvil_impersonateSignature", "0x" + spelling(v, r, s).hex(), VITALIK)
    for message_hash in (HASH, bytes(32)):
        assert call(net, contract, recover(message_hash, v, r, s)) == VITALIK, "whatever it signs"
    assert call(net, contract, recover(HASH, *other)) == honest
    assert call(net, contract, recover(HASH, 55 - v, r, s)) != VITALIK
    receipt = Wallet(net.rpc, net.accounts[0].address).send(contract, remember(HASH, v, r, s))
    assert receipt["status"] == "0x1"
    assert call(net, contract, encode_call("lastSigner()")) == VITALIK


def test_an_impersonated_signature_works_everywhere(net: Devnet, signatures: str) -> None:
    """In calls, estimates, access lists, simulations, pending blocks and mined ones."""
    alice = net.accounts[0].address
    nonsense = (27, b"\xff" * 32, b"\xff" * 32)
    data = "0x" + remember(HASH, *nonsense).hex()
    request = {"from": alice, "to": signatures, "data": data}
    simulation = {"blockStateCalls": [{"calls": [request]}]}
    assert "nobody signed" in refusal(net, "eth_estimateGas", request).message
    assert net.rpc("eth_simulateV1", simulation)[0]["calls"][0]["status"] == "0x0"
    net.rpc("anvil_impersonateSignature", "0x" + plain(*nonsense).hex(), VITALIK)
    assert int(net.rpc("eth_estimateGas", request), 16) > 21_000
    assert "error" not in net.rpc("eth_createAccessList", request)
    assert net.rpc("eth_simulateV1", simulation)[0]["calls"][0]["status"] == "0x1"
    net.rpc("evm_setAutomine", False)
    tx_hash = net.rpc("eth_sendTransaction", request)
    asked = {"to": signatures, "data": "0x" + encode_call("lastSigner()").hex()}
    assert net.rpc("eth_call", asked, "pending")[-40:] == VITALIK[2:]
    net.rpc("evm_mine")
    assert net.rpc("eth_getTransactionReceipt", tx_hash)["status"] == "0x1"
    assert call(net, signatures, encode_call("lastSigner()")) == VITALIK


def test_an_impersonated_signature_recovers_to_the_last_address_it_was_given(net: Devnet, signatures: str) -> None:
    signature = sign(net, HASH)
    given = "0x" + plain(*signature).hex()
    for address, arguments in ((VITALIK, (given, VITALIK)), (WHALE, ([given, WHALE],))):  # Anvil takes the pair
        net.rpc("anvil_impersonateSignature", *arguments)
        assert call(net, signatures, recover(HASH, *signature)) == address
    assert len(net.node.accounts.signatures) == 1


def test_a_revert_restores_impersonations_and_signatures(net: Devnet, signatures: str) -> None:
    signature = sign(net, HASH)
    honest = call(net, signatures, recover(HASH, *signature))
    snapshot = net.rpc("evm_snapshot")
    net.rpc("anvil_impersonateSignature", "0x" + plain(*signature).hex(), VITALIK)
    net.rpc("anvil_impersonateAccount", WHALE)
    net.rpc("anvil_autoImpersonateAccount", True)
    net.rpc("evm_revert", snapshot)
    assert call(net, signatures, recover(HASH, *signature)) == honest
    for sender in (WHALE, VITALIK):
        assert "unknown account" in refusal(net, "eth_sendTransaction", {"from": sender, "to": signatures}).message


# -- bad input ----------------------------------------------------------------------------------------------------

GOOD = "0x" + "11" * 64 + "1b"
BAD = [
    *(
        (f"{prefix}_{method}", *params)
        for prefix in ("anvil", "hardhat")
        for method in ("impersonateAccount", "stopImpersonatingAccount")
        for params in ((), (None,), ("alice",), ("0x12",), (WHALE, WHALE), (1,))
    ),
    *(("anvil_autoImpersonateAccount", *params) for params in ((), (1,), ("true",), (None,), (True, True))),
    *(
        ("anvil_impersonateSignature", *params)
        for params in (
            (), (GOOD,), (GOOD, "alice"), (GOOD[:-2] + "1d", WHALE), (GOOD[:-4], WHALE), (GOOD + "00", WHALE), ("0x", WHALE), (None, WHALE),
            (GOOD, WHALE, WHALE), (WHALE, GOOD),
        )
    ),
]  # fmt: skip


def test_invalid_arguments_are_refused_and_change_nothing(net: Devnet) -> None:
    accounts = net.node.accounts
    before = (accounts.impersonated, accounts.auto_impersonate, accounts.signatures, net.rpc("eth_accounts"))
    for method, *params in BAD:
        assert refusal(net, method, *params).code == -32602, (method, params)
    assert (accounts.impersonated, accounts.auto_impersonate, accounts.signatures, net.rpc("eth_accounts")) == before
