"""Who signs mini-blocks, and who the registry on the chain says that signs them: the same, however it is changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi import decode, encode
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from megadev import Devnet
from megadev.chain.system_contracts import SEQUENCER_REGISTRY, SYSTEM_CONTRACTS
from megadev.rpc.client import RpcError

REGISTRY = "0x" + SEQUENCER_REGISTRY.hex()
NEW_KEY = "0x" + "07" * 32
NEW = Account.from_key(NEW_KEY).address.lower()
NOBODY = "0x" + "b0" * 20
FOREVER = 2**256 - 1


@pytest.fixture
def net() -> Iterator[Devnet]:
    with Devnet(preset="megaeth", no_mining=True) as net:
        yield net


def ask(net: Devnet, signature: str, *arguments: object) -> Any:
    inside = signature[signature.index("(") + 1 : -1]
    data = keccak(text=signature)[:4] + encode(inside.split(",") if inside else [], arguments)
    answer = net.rpc("eth_call", {"to": REGISTRY, "data": "0x" + data.hex()}, "latest")
    return decode(["address"], bytes.fromhex(answer[2:]))[0]


def signer_of_newest(net: Devnet) -> str:
    """Who signed the newest block's mini-blocks, as whoever checks a preconfirmation finds."""
    sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY})
    net.rpc("evm_mine")
    return str(net.rpc("megadev_getPreconfirmation", sent)["signer"])


def test_the_registry_contracts_exist_from_the_start(net: Devnet) -> None:
    for contract in SYSTEM_CONTRACTS["rex6"]:
        assert len(net.rpc("eth_getCode", "0x" + contract.address.hex(), "0x0")) > 2, contract.name
    status = net.rpc("megadev_sequencer_status")
    assert ask(net, "currentSequencer()") == status["signer"] == status["registry"]["signer"]
    assert status["registry"]["nextSigner"] is None


def test_a_rotation_is_in_the_registry_before_during_and_after(net: Devnet) -> None:
    net.rpc("evm_mine")
    old, head = ask(net, "currentSequencer()"), int(net.rpc("eth_blockNumber"), 16)
    told = net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY, "block": hex(head + 3)})
    assert (told["signer"], told["fromBlock"]) == (NEW, hex(head + 3))
    status = net.rpc("megadev_sequencer_status")["registry"]
    assert (status["signer"], status["nextSigner"]) == (old, {"signer": NEW, "fromBlock": hex(head + 3)})
    assert signer_of_newest(net) == old
    assert signer_of_newest(net) == old
    assert ask(net, "currentSequencer()") == old
    assert signer_of_newest(net) == NEW
    assert ask(net, "currentSequencer()") == NEW
    assert ask(net, "sequencerAt(uint256)", head + 2) == old
    assert ask(net, "sequencerAt(uint256)", head + 3) == NEW


def test_a_rotation_without_a_block_is_for_the_next(net: Devnet) -> None:
    told = net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY})
    net.rpc("evm_mine")
    assert int(told["fromBlock"], 16) == 1
    assert ask(net, "currentSequencer()") == NEW


def test_many_empty_blocks_do_not_pass_over_a_change(net: Devnet) -> None:
    with Devnet(preset="megaeth", no_mining=True, no_l1=True) as lone:
        lone.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY, "block": hex(20)})
        lone.rpc("anvil_mine", hex(40))
        assert ask(lone, "sequencerAt(uint256)", 19) != NEW
        assert ask(lone, "sequencerAt(uint256)", 20) == NEW


def schedule(net: Devnet, key: str, block: int) -> dict[str, Any]:
    """What the admin sends, with the new key's proof as any wallet signs it (EIP-712)."""
    address = Account.from_key(key).address
    message = encode_typed_data(
        domain_data={
            "name": "MegaETH SequencerRegistry",
            "version": "1",
            "chainId": int(net.rpc("eth_chainId"), 16),
            "verifyingContract": REGISTRY,
        },
        message_types={
            "SequencerRotation": [
                {"name": "newSequencer", "type": "address"},
                {"name": "activationBlock", "type": "uint256"},
            ]
        },
        message_data={"newSequencer": address, "activationBlock": block},
    )
    proof = bytes(Account.sign_message(message, key).signature)
    return transact(net, "scheduleNextSequencerChange(address,uint256,bytes)", address, block, proof)


def transact(net: Devnet, signature: str, *arguments: object) -> dict[str, Any]:
    admin = ask(net, "admin()")
    net.rpc("anvil_impersonateAccount", admin)
    net.rpc("anvil_setBalance", admin, hex(10**18))
    data = keccak(text=signature)[:4] + encode(signature[signature.index("(") + 1 : -1].split(","), arguments)
    tx = {"from": admin, "to": REGISTRY, "data": "0x" + data.hex(), "gas": hex(2_000_000)}
    sent = net.rpc("eth_sendTransaction", tx)
    net.rpc("evm_mine")
    receipt: dict[str, Any] = net.rpc("eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x1"
    return receipt


def test_a_scheduled_sequencer_change_is_applied(net: Devnet) -> None:
    dev = net.accounts[3]
    head = int(net.rpc("eth_blockNumber"), 16)
    receipt = schedule(net, dev.private_key, head + 3)
    assert (
        receipt["logs"][0]["topics"][0] == "0x" + keccak(text="SequencerChangeScheduled(address,address,uint256)").hex()
    )
    assert net.rpc("megadev_sequencer_status")["nextSigner"] == {
        "signer": dev.address.lower(),
        "fromBlock": hex(head + 3),
    }
    assert signer_of_newest(net) != dev.address.lower()
    assert signer_of_newest(net) == dev.address.lower()


def test_a_cancelled_sequencer_change_is_not_applied(net: Devnet) -> None:
    old = ask(net, "currentSequencer()")
    net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY, "block": hex(3)})
    transact(net, "scheduleNextSequencerChange(address,uint256,bytes)", "0x" + "00" * 20, FOREVER, b"")
    for _ in range(3):
        assert signer_of_newest(net) == old
    assert ask(net, "currentSequencer()") == old


def test_a_revert_takes_a_change_back_in_both(net: Devnet) -> None:
    old, taken = ask(net, "currentSequencer()"), net.rpc("evm_snapshot")
    net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY})
    assert signer_of_newest(net) == NEW
    net.rpc("evm_revert", taken)
    assert signer_of_newest(net) == old == ask(net, "currentSequencer()")


def test_a_block_that_is_begun_is_too_late(net: Devnet) -> None:
    with pytest.raises(RpcError) as refused:
        net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY, "block": "0x0"})
    assert refused.value.code == -32602


def test_ethereums_chain_has_no_registry() -> None:
    with Devnet() as net:
        assert "registry" not in net.rpc("megadev_sequencer_status")
        assert net.rpc("eth_getCode", REGISTRY, "latest") == "0x"


def test_while_a_block_is_open_a_rotation_is_a_transaction_in_it() -> None:
    with Devnet(preset="megaeth") as net:
        sent = net.rpc("eth_sendTransaction", {"from": net.accounts[0].address, "to": NOBODY})
        assert net.rpc("eth_getTransactionReceipt", sent)["blockHash"] == "0x" + "ff" * 32
        told = net.rpc("megadev_sequencer_rotateKey", {"key": NEW_KEY})
        net.rpc("evm_mine")
        (receipt,) = [one for one in net.rpc("eth_getBlockReceipts", "0x1") if one["to"] == REGISTRY]
        assert (receipt["status"], len(receipt["logs"])) == ("0x1", 1)
        assert ask(net, "admin()") == receipt["from"]
        assert int(told["fromBlock"], 16) == 2
        assert signer_of_newest(net) == NEW == ask(net, "currentSequencer()")
