"""Two chains with the bridge between them: an L1 and an L2 devnet whose genesis has the contracts.

``Chains.carry`` plays the part of derivation: each TransactionDeposited of an L1 receipt is minted and called on L2 as
its sender. ``Chains.propose`` plays the proposer's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import rlp
from eth_abi import decode, encode
from eth_utils import keccak, to_checksum_address
from msgspec.structs import replace
from trie import HexaryTrie
from web3.contract import Contract
from web3.exceptions import ContractCustomError, ContractLogicError, ContractPanicError
from web3.logs import DISCARD
from web3.types import TxReceipt

import megadev.rollup.contracts
from megadev import Devnet
from megadev.chain.contracts import Artifact
from megadev.chain.genesis import GenesisAccount
from megadev.clock import StoppedClock
from megadev.node.accounts import KeyedAccount
from megadev.rollup import predeploys
from megadev.rollup.contracts import load
from megadev.rollup.predeploys import (
    GAME_TYPE,
    PREDEPLOYS,
    BridgeSettings,
    L1Addresses,
    claim_data,
    l1_contracts,
    l2_predeploys,
)
from tests.units.rollup.contracts import load as load_test_contract

ETHER = 10**18
GWEI = 10**9
START = 1_800_000_000
L1_CHAIN_ID = 900
L2_CHAIN_ID = 31337
LOCKED = 1_000_000 * ETHER
DEPOSITOR = "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001"
TRANSACTION_DEPOSITED = "b3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"
ALIAS_OFFSET = 0x1111000000000000000000000000000000001111


@dataclass(frozen=True)
class Deposit:
    """What one TransactionDeposited says."""

    sender: str
    to: str
    mint: int
    value: int
    gas: int
    is_creation: bool
    data: bytes


@dataclass(frozen=True)
class Withdrawal:
    """What one MessagePassed says, in the order of the portal's tuple."""

    nonce: int
    sender: str
    target: str
    value: int
    gas_limit: int
    data: bytes

    def as_tuple(self) -> tuple[Any, ...]:
        return (self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data)

    @property
    def hash(self) -> bytes:
        types = ["uint256", "address", "address", "uint256", "uint256", "bytes"]
        return bytes(keccak(encode(types, self.as_tuple())))

    @property
    def slot(self) -> bytes:
        """Where the message passer keeps that it was sent."""
        return bytes(keccak(self.hash + bytes(32)))


@dataclass(frozen=True)
class Claim:
    """A game and what it claims: the preimage of its root, and the L2 block."""

    index: int
    address: str
    output: tuple[bytes, bytes, bytes, bytes]
    block: int


def aliased(address: str) -> str:
    """What an L1 contract is called on L2."""
    return str(to_checksum_address(((int(address, 16) + ALIAS_OFFSET) % 2**160).to_bytes(20, "big")))


def output_root(output: tuple[bytes, bytes, bytes, bytes]) -> bytes:
    return bytes(keccak(b"".join(output)))


class Chains:
    """Both devnets, their contracts as web3 objects, and the accounts that use them. Time stands still but for blocks
    and what is asked for.
    """

    def __init__(self, directory: Path, **changes: Any) -> None:
        role = bytes.fromhex("90f79bf6eb2c4f870365e785982e1f101e93b906")  # the fourth dev account
        settings = BridgeSettings(
            l2_chain_id=L2_CHAIN_ID, owner=role, guardian=role, batcher=role, unsafe_block_signer=role,
            locked_ether=LOCKED, **changes,
        )  # fmt: skip
        common = {"accounts": 4, "base_fee": 0, "disable_min_priority_fee": True, "no_l1": True}
        self.l2 = Devnet(
            clock=StoppedClock(START), chain_id=L2_CHAIN_ID, init=_genesis(directory / "l2.json", l2_predeploys(settings)),
            **common,
        )  # fmt: skip
        self.settings = replace(settings, starting_root=output_root(self.output(0)))
        self.l1 = Devnet(
            clock=StoppedClock(START), chain_id=L1_CHAIN_ID, init=_genesis(directory / "l1.json", l1_contracts(self.settings)),
            hardfork="prague", **common,
        )  # fmt: skip
        self.bind(self.settings.l1, self.l1.accounts)

    def bind(self, at: L1Addresses, accounts: list[KeyedAccount]) -> None:
        """The contracts as web3 objects, and the first four accounts."""
        self.alice, self.bob, self.carol, self.role = (account.address for account in accounts[:4])
        self.portal = self.on_l1("OptimismPortal2", at.portal)
        self.factory = self.on_l1("DisputeGameFactory", at.dispute_game_factory)
        self.registry = self.on_l1("AnchorStateRegistry", at.anchor_state_registry)
        self.system_config = self.on_l1("SystemConfig", at.system_config)
        self.superchain_config = self.on_l1("SuperchainConfig", at.superchain_config)
        self.l1_messenger = self.on_l1("L1CrossDomainMessenger", at.messenger)
        self.l1_bridge = self.on_l1("L1StandardBridge", at.bridge)
        self.l1_factory = self.on_l1("OptimismMintableERC20Factory", at.token_factory)
        named = {found.name: self.on_l2(found.contract, found.address) for found in PREDEPLOYS}
        self.passer = named["L2ToL1MessagePasser"]
        self.l2_messenger = named["L2CrossDomainMessenger"]
        self.l2_bridge = named["L2StandardBridge"]
        self.l2_factory = named["OptimismMintableERC20Factory"]
        self.l1_block = named["L1Block"]
        self.oracle = named["GasPriceOracle"]
        self.weth = named["WETH"]
        self.vault = named["SequencerFeeVault"]

    def close(self) -> None:
        self.l1.close()
        self.l2.close()

    # contracts

    def on_l1(self, name: str, address: str | bytes) -> Contract:
        return contract(self.l1, load(name), address)

    def on_l2(self, name: str, address: str | bytes) -> Contract:
        return contract(self.l2, load(name), address)

    def receiver(self, net: Devnet) -> Contract:
        messenger = self.l1_messenger if net is self.l1 else self.l2_messenger
        return deploy(net, load_test_contract("Receiver"), messenger.address)

    # L1 to L2

    def deposits(self, receipt: TxReceipt) -> list[Deposit]:
        """Parsed as strictly as derivation must."""
        found = []
        for log in receipt["logs"]:
            if log["address"] != self.portal.address or log["topics"][0].hex() != TRANSACTION_DEPOSITED:
                continue
            _, sender, to, version = log["topics"]
            assert int.from_bytes(version) == 0
            (opaque,) = decode(["bytes"], log["data"])
            assert encode(["bytes"], [opaque]) == log["data"]
            found.append(
                Deposit(
                    sender=to_checksum_address(sender[12:]),
                    to=to_checksum_address(to[12:]),
                    mint=int.from_bytes(opaque[:32]),
                    value=int.from_bytes(opaque[32:64]),
                    gas=int.from_bytes(opaque[64:72]),
                    is_creation=bool(opaque[72]),
                    data=opaque[73:],
                )
            )
        return found

    def carry(self, receipt: TxReceipt) -> list[TxReceipt]:
        """The deposits of an L1 receipt, as they run on L2."""
        return [self.run_deposit(deposit) for deposit in self.deposits(receipt)]

    def run_deposit(self, deposit: Deposit) -> TxReceipt:
        net = self.l2
        net.rpc("anvil_addBalance", deposit.sender, hex(deposit.mint))
        net.rpc("anvil_impersonateAccount", deposit.sender)
        request = {
            "from": deposit.sender,
            "value": hex(deposit.value),
            "gas": hex(deposit.gas),
            "data": hex0x(deposit.data),
            "gasPrice": "0x0",
        }
        if not deposit.is_creation:
            request["to"] = deposit.to
        tx_hash = net.rpc("eth_sendTransaction", request)
        net.rpc("anvil_stopImpersonatingAccount", deposit.sender)
        return net.w3.eth.get_transaction_receipt(tx_hash)

    # L2 to L1

    def withdrawals(self, receipt: TxReceipt) -> list[Withdrawal]:
        found = []
        for event in self.passer.events.MessagePassed().process_receipt(receipt, errors=DISCARD):
            said = event["args"]
            withdrawal = Withdrawal(
                said["nonce"], said["sender"], said["target"], said["value"], said["gasLimit"], said["data"]
            )
            assert withdrawal.hash == said["withdrawalHash"]
            found.append(withdrawal)
        return found

    def output(self, block: int) -> tuple[bytes, bytes, bytes, bytes]:
        """Version, state root, storage root of the message passer, block hash: what an output root is the hash of."""
        head = self.l2.rpc("eth_getBlockByNumber", hex(block), False)
        proof = self.l2.rpc("eth_getProof", "0x" + predeploys.MESSAGE_PASSER.hex(), [], hex(block))
        return (bytes(32), unhex(head["stateRoot"]), unhex(proof["storageHash"]), unhex(head["hash"]))

    def propose(self, block: int | None = None, **changes: Any) -> Claim:
        """A game about L2's state after ``block``, by default its head."""
        number = self.l2.w3.eth.block_number if block is None else block
        return self.claim(self.output(number), number, **changes)

    def claim(
        self,
        output: tuple[bytes, bytes, bytes, bytes],
        block: int,
        *,
        parent: int = predeploys.NO_PARENT,
        **fields: Any,
    ) -> Claim:
        extra, root = claim_data(block, parent), output_root(output)
        receipt = self.send(self.factory.functions.create(GAME_TYPE, root, extra), **fields)
        (event,) = self.factory.events.DisputeGameCreated().process_receipt(receipt)
        return Claim(self.factory.functions.gameCount().call() - 1, event["args"]["disputeProxy"], output, block)

    def game(self, claim: Claim) -> Contract:
        return self.on_l1("ValidityDisputeGame", claim.address)

    def proof(self, withdrawal: Withdrawal, block: int) -> list[bytes]:
        slot = "0x" + withdrawal.slot.hex()
        answer = self.l2.rpc("eth_getProof", "0x" + predeploys.MESSAGE_PASSER.hex(), [slot], hex(block))
        return [unhex(node) for node in answer["storageProof"][0]["proof"]]

    def proving(self, withdrawal: Withdrawal, claim: Claim) -> Any:
        """The portal's function, bound to the arguments that prove ``withdrawal`` in ``claim``."""
        proof = self.proof(withdrawal, claim.block)
        return self.portal.functions.proveWithdrawalTransaction(withdrawal.as_tuple(), claim.index, claim.output, proof)

    def finalizing(self, withdrawal: Withdrawal) -> Any:
        return self.portal.functions.finalizeWithdrawalTransaction(withdrawal.as_tuple())

    def resolve(self, claim: Claim) -> None:
        """Let the challenge window pass, resolve the game, and let the finality delay pass."""
        self.pass_time(self.settings.challenge_window)
        self.send(self.game(claim).functions.resolve())
        self.pass_time(self.settings.finality_delay + self.settings.proof_maturity_delay + 1)

    def bring(self, withdrawal: Withdrawal) -> TxReceipt:
        """Propose, prove, wait and finalize; the receipt of the last."""
        claim = self.propose()
        self.send(self.proving(withdrawal, claim))
        self.resolve(claim)
        return self.send(self.finalizing(withdrawal))

    def pass_time(self, seconds: int) -> None:
        """On L1."""
        self.l1.rpc("evm_increaseTime", seconds)
        self.l1.rpc("evm_mine")

    # transactions

    def send(self, function: Any, sender: str | None = None, **fields: Any) -> TxReceipt:
        """Send a transaction that is meant to succeed, on the chain of its contract."""
        net = self.l1 if function.w3 is self.l1.w3 else self.l2
        tx_hash = function.transact({"from": sender or self.alice, "gasPrice": 0, **fields})
        receipt = net.w3.eth.get_transaction_receipt(tx_hash)
        assert receipt["status"] == 1
        return receipt


def _genesis(path: Path, accounts: dict[bytes, GenesisAccount]) -> Path:
    """A genesis file with these accounts."""
    alloc = {
        hex0x(address): {
            "balance": hex(account.balance),
            "nonce": hex(account.nonce),
            "code": hex0x(account.code),
            "storage": {f"0x{slot:064x}": f"0x{value:064x}" for slot, value in account.storage.items()},
        }
        for address, account in accounts.items()
    }
    path.write_text(json.dumps({"alloc": alloc}))
    return path


def contract(net: Devnet, artifact: Artifact, address: str | bytes) -> Contract:
    return net.w3.eth.contract(to_checksum_address(address), abi=artifact.abi)


def deploy(net: Devnet, artifact: Artifact, *arguments: Any, sender: str | None = None) -> Contract:
    factory = net.w3.eth.contract(abi=artifact.abi, bytecode=artifact.creation)
    tx_hash = factory.constructor(*arguments).transact({"from": sender or net.w3.eth.accounts[0]})
    return contract(net, artifact, net.w3.eth.get_transaction_receipt(tx_hash)["contractAddress"])


def refusal(function: Any, sender: str, **fields: Any) -> str:
    """Why a call is refused: the name of the custom error, or the string."""
    try:
        function.call({"from": sender, **fields})
    except ContractCustomError as problem:
        data = str(problem.data)
        return _errors().get(data[:10], data)
    except ContractPanicError:
        return "panic"
    except ContractLogicError as problem:
        return str(problem.message).removeprefix("execution reverted: ")
    raise AssertionError("it is not refused")


@cache
def _errors() -> dict[str, str]:
    """Selector → name, for the errors of every contract of the bridge: one reverts with what another said."""
    names = (path.stem for path in Path(megadev.rollup.contracts.__file__).parent.glob("*.json"))
    found = {}
    for item in (item for name in names for item in load(name).abi if item["type"] == "error"):
        signature = f"{item['name']}({','.join(one['type'] for one in item['inputs'])})"
        found["0x" + keccak(signature.encode())[:4].hex()] = item["name"]
    return found


def trie_with(key: bytes, others: list[bytes], value: bytes = b"\x01") -> tuple[bytes, list[bytes]]:
    """The root of a trie that holds ``value`` under ``key`` and under each of ``others``, and the proof for ``key``:
    each node that has a hash, as eth_getProof gives them."""
    trie = HexaryTrie({})
    for one in [key, *others]:
        trie[one] = value
    return bytes(trie.root_hash), [rlp.encode(node) for node in trie.get_proof(key) if len(rlp.encode(node)) >= 32]


def hex0x(value: bytes) -> str:
    return "0x" + value.hex()


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
