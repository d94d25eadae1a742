"""Tokens of the bridge, wrapped ether, and the vaults where fees collect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account
from eth_utils import to_checksum_address
from web3.contract import Contract

from tests.units.rollup.chains import ETHER, L2_CHAIN_ID, START, Chains, refusal

REMOTE = to_checksum_address("0x" + "77" * 20)
UINT = "uint256"


@pytest.fixture
def bridge(chains: Chains) -> Iterator[str]:
    """The L2 bridge's address, which can send."""
    address = chains.l2_bridge.address
    chains.l2.rpc("anvil_impersonateAccount", address)
    chains.l2.rpc("anvil_setBalance", address, hex(ETHER))
    yield address


@pytest.fixture
def token(chains: Chains) -> Contract:
    create = chains.l2_factory.functions.createOptimismMintableERC20WithDecimals(REMOTE, "Gold", "AU", 3)
    made = create.call({"from": chains.alice})
    chains.send(create)
    return chains.on_l2("OptimismMintableERC20", made)


def test_the_factory_makes_tokens_for_its_bridge(chains: Chains, token: Contract) -> None:
    ask = token.functions
    assert [ask.name().call(), ask.symbol().call(), ask.decimals().call()] == ["Gold", "AU", 3]
    assert ask.bridge().call() == ask.l2Bridge().call() == ask.BRIDGE().call() == chains.l2_bridge.address
    assert ask.remoteToken().call() == ask.l1Token().call() == ask.REMOTE_TOKEN().call() == REMOTE
    assert chains.l2_factory.functions.deployments(token.address).call() == REMOTE
    for interface in ("01ffc9a7", "1d1d8b63", "ec4fc8e3"):
        assert ask.supportsInterface(bytes.fromhex(interface)).call() is True
    assert ask.supportsInterface(b"\xff" * 4).call() is False


def test_a_new_token_is_announced_in_both_forms(chains: Chains) -> None:
    for name, create in enumerate(("createStandardL2Token", "createOptimismMintableERC20")):
        receipt = chains.send(chains.l2_factory.functions[create](REMOTE, f"Token {name}", "T"), chains.bob)
        old, new = receipt["logs"]
        made = to_checksum_address(old["topics"][2][12:])
        assert old["topics"][1][12:] == new["topics"][2][12:] == bytes.fromhex(REMOTE[2:])
        assert to_checksum_address(new["topics"][1][12:]) == made
        assert to_checksum_address(new["data"][12:]) == chains.bob
        assert chains.on_l2("OptimismMintableERC20", made).functions.decimals().call() == 18


def test_a_token_requires_a_remote_token(shared: Chains) -> None:
    create = shared.l2_factory.functions.createOptimismMintableERC20("0x" + "00" * 20, "", "")
    assert refusal(create, shared.alice) == "OptimismMintableERC20Factory: must provide remote token address"


def test_only_the_bridge_mints_and_burns(chains: Chains, token: Contract, bridge: str) -> None:
    for function in (token.functions.mint(chains.alice, 5), token.functions.burn(chains.alice, 5)):
        assert refusal(function, chains.alice) == "OptimismMintableERC20: only bridge can mint and burn"
    receipt = chains.send(token.functions.mint(chains.alice, 5), bridge)
    topics = [event().topic.removeprefix("0x") for event in (token.events.Transfer, token.events.Mint)]
    assert [log["topics"][0].hex() for log in receipt["logs"]] == topics
    assert (token.functions.totalSupply().call(), token.functions.balanceOf(chains.alice).call()) == (5, 5)
    assert refusal(token.functions.burn(chains.alice, 6), bridge) == "ERC20: burn amount exceeds balance"
    chains.send(token.functions.burn(chains.alice, 2), bridge)
    assert (token.functions.totalSupply().call(), token.functions.balanceOf(chains.alice).call()) == (3, 3)
    assert refusal(token.functions.mint("0x" + "00" * 20, 1), bridge) == "ERC20: mint to the zero address"


def test_tokens_move_and_are_allowed_to(chains: Chains, token: Contract, bridge: str) -> None:
    ask = token.functions
    chains.send(ask.mint(chains.alice, 10), bridge)
    chains.send(ask.transfer(chains.bob, 4))
    assert refusal(ask.transfer(chains.bob, 7), chains.alice) == "ERC20: transfer amount exceeds balance"
    assert refusal(ask.transfer("0x" + "00" * 20, 1), chains.alice) == "ERC20: transfer to the zero address"
    assert refusal(ask.transferFrom(chains.alice, chains.bob, 1), chains.bob) == "ERC20: insufficient allowance"
    chains.send(ask.approve(chains.bob, 3))
    chains.send(ask.transferFrom(chains.alice, chains.carol, 2), chains.bob)
    assert ask.allowance(chains.alice, chains.bob).call() == 1
    chains.send(ask.approve(chains.bob, 2**256 - 1))
    chains.send(ask.transferFrom(chains.alice, chains.carol, 2), chains.bob)
    assert ask.allowance(chains.alice, chains.bob).call() == 2**256 - 1
    assert [ask.balanceOf(who).call() for who in (chains.alice, chains.bob, chains.carol)] == [2, 4, 4]


def permit(chains: Chains, token: Contract, **changes: Any) -> Any:
    """Alice's permit for Bob, signed (EIP-2612)."""
    message = {
        "owner": chains.alice, "spender": chains.bob, "value": 9,
        "nonce": token.functions.nonces(chains.alice).call(), "deadline": START + 10**6,
    }  # fmt: skip
    signed = Account.sign_typed_data(
        chains.l2.accounts[0].private_key,
        {"name": "Gold", "version": "1", "chainId": L2_CHAIN_ID, "verifyingContract": token.address},
        {
            "Permit": [
                {"name": name, "type": UINT if isinstance(value, int) else "address"} for name, value in message.items()
            ]
        },
        message,
    )
    given = {**message, "v": signed.v, "r": signed.r.to_bytes(32, "big"), "s": signed.s.to_bytes(32, "big"), **changes}
    return token.functions.permit(*(given[name] for name in ("owner", "spender", "value", "deadline", "v", "r", "s")))


def test_an_owner_allows_by_signature_once(chains: Chains, token: Contract) -> None:
    given = permit(chains, token)
    chains.send(given, chains.carol)
    assert token.functions.allowance(chains.alice, chains.bob).call() == 9
    assert token.functions.nonces(chains.alice).call() == 1
    assert refusal(given, chains.carol) == "ERC20Permit: invalid signature"


def test_a_permit_that_is_not_the_owner_s_is_refused(chains: Chains, token: Contract) -> None:
    assert refusal(permit(chains, token, value=10), chains.bob) == "ERC20Permit: invalid signature"
    assert refusal(permit(chains, token, owner="0x" + "00" * 20), chains.bob) == "ERC20Permit: invalid signature"
    assert refusal(permit(chains, token, v=9), chains.bob) == "ERC20Permit: invalid signature"
    assert refusal(permit(chains, token, deadline=START - 1), chains.bob) == "ERC20Permit: expired deadline"
    assert refusal(permit(chains, token, s=b"\xff" * 32), chains.bob) == "ERC20Permit: bad s"


def test_ether_is_wrapped_and_unwrapped(chains: Chains) -> None:
    weth, w3 = chains.weth.functions, chains.l2.w3
    assert [weth.name().call(), weth.symbol().call(), weth.decimals().call()] == ["Wrapped Ether", "WETH", 18]
    chains.send(weth.deposit(), value=10)
    for data in ("0x", "0xdeadbeef"):
        w3.eth.send_transaction(
            {"from": chains.alice, "to": chains.weth.address, "value": 1, "data": data, "gasPrice": 0}
        )
    assert weth.totalSupply().call() == weth.balanceOf(chains.alice).call() == 12
    chains.send(weth.transfer(chains.bob, 5))
    before = w3.eth.get_balance(chains.bob)
    chains.send(weth.withdraw(3), chains.bob)
    assert w3.eth.get_balance(chains.bob) == before + 3
    assert refusal(weth.withdraw(3), chains.bob) == "WETH: insufficient balance"
    assert refusal(weth.transferFrom(chains.alice, chains.bob, 1), chains.bob) == "WETH: insufficient allowance"
    chains.send(weth.approve(chains.bob, 2))
    chains.send(weth.transferFrom(chains.alice, chains.carol, 2), chains.bob)
    assert [weth.balanceOf(who).call() for who in (chains.alice, chains.bob, chains.carol)] == [5, 2, 2]
    assert weth.totalSupply().call() == 9


@pytest.mark.parametrize("on_l2", [True, False], ids=["to L2", "to L1"])
def test_a_vault_sends_its_fees_to_the_recipient(tmp_path_factory: pytest.TempPathFactory, on_l2: bool) -> None:
    recipient = "0x" + "12" * 20
    chains = Chains(
        tmp_path_factory.mktemp("vault"),
        fee_recipient=bytes.fromhex(recipient[2:]),
        fee_minimum=10,
        fees_stay_on_l2=on_l2,
    )
    vault, w3 = chains.vault.functions, chains.l2.w3
    assert vault.recipient().call() == vault.RECIPIENT().call() == to_checksum_address(recipient)
    assert vault.minWithdrawalAmount().call() == vault.MIN_WITHDRAWAL_AMOUNT().call() == 10
    assert vault.withdrawalNetwork().call() == vault.WITHDRAWAL_NETWORK().call() == int(on_l2)
    w3.eth.send_transaction({"from": chains.alice, "to": chains.vault.address, "value": 9, "gasPrice": 0})
    assert "greater than minimum" in refusal(vault.withdraw(), chains.bob)
    w3.eth.send_transaction({"from": chains.alice, "to": chains.vault.address, "value": 8, "gasPrice": 0})
    receipt = chains.send(vault.withdraw(), chains.bob)
    assert [int.from_bytes(log["data"][:32]) for log in receipt["logs"][:2]] == [17, 17]
    assert vault.totalProcessed().call() == 17
    sent = [(said.target, said.value, said.gas_limit) for said in chains.withdrawals(receipt)]
    assert sent == ([] if on_l2 else [(to_checksum_address(recipient), 17, 400_000)])
    assert w3.eth.get_balance(to_checksum_address(recipient)) == (17 if on_l2 else 0)
    chains.close()
