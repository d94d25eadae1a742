"""Ether from L1 to L2 and back, by the calls that any OP Stack rollup's contracts take:

    python bridge.py [AMOUNT]     deposit AMOUNT ETH (1 unless said), then withdraw half of it, to the end
    python bridge.py HASH         go on with the withdrawal of that L2 transaction, wherever it stands
"""

import json
import os
import sys
import time
from pathlib import Path

import rlp
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TransactionNotFound
from web3.middleware import SignAndSendRawMiddlewareBuilder

ABI = json.loads(Path(__file__).with_name("abi.json").read_text())
MESSAGE_PASSER = "0x4200000000000000000000000000000000000016"
GAS = 100_000  # of the call on the other chain, which is a plain transfer here
DEV_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


class Bridge:
    """The bridge as ``account`` uses it. It says what it has done, and calls ``pause`` while it waits."""

    def __init__(self, l1, l2, portal, account, say=print, pause=lambda: time.sleep(0.5)):
        self.l1, self.l2, self.account, self.say, self.pause = l1, l2, account, say, pause
        self.portal = l1.eth.contract(portal, abi=ABI["portal"])
        self.factory = l1.eth.contract(self.portal.functions.disputeGameFactory().call(), abi=ABI["disputeGameFactory"])
        self.passer = l2.eth.contract(MESSAGE_PASSER, abi=ABI["messagePasser"])

    def deposit(self, wei):
        """Send ether to the same account on L2; the receipt of its arrival there."""
        call = self.portal.functions.depositTransaction(self.account, wei, GAS, False, b"")
        receipt = self._send("deposited on L1", self.l1, call, wei)
        (log,) = self.portal.events.TransactionDeposited().process_receipt(receipt)
        arrived = self._until(lambda: _receipt(self.l2, deposit_hash(log)))
        self.say("arrived on L2  ", Web3.to_hex(arrived["transactionHash"]))
        return arrived

    def withdraw(self, wei):
        """Start a withdrawal to the same account on L1; the receipt on L2, which the steps below go by."""
        call = self.passer.functions.initiateWithdrawal(self.account, GAS, b"")
        return self._send("withdrawn on L2", self.l2, call, wei)

    def prove(self, receipt):
        """Show L1 that L2 holds the withdrawal, as soon as somebody has claimed there what L2 looks like."""
        withdrawal, name = self._withdrawal(receipt)
        if self.portal.functions.provenWithdrawals(name, self.account).call()[1]:
            return
        index, number = self._until(lambda: self._claim_since(receipt["blockNumber"]))
        self.say("claimed on L1  ", f"L2 block {number}, in game {index}")
        block = self.l2.eth.get_block(number)
        slot = Web3.to_hex(Web3.keccak(name + bytes(32)))  # of sentMessages, the contract's first variable
        proof = self.l2.manager.request_blocking("mega_getWithdrawalProof", [MESSAGE_PASSER, [slot], hex(number)])
        output = (bytes(32), block["stateRoot"], proof["storageHash"], block["hash"])
        nodes = proof["storageProof"][0]["proof"]
        call = self.portal.functions.proveWithdrawalTransaction(withdrawal, index, output, nodes)
        self._send("proven on L1   ", self.l1, call)

    def finalize(self, receipt):
        """Have the ether paid out on L1, once the proof and the claim are old enough for that."""
        withdrawal, name = self._withdrawal(receipt)
        if self.portal.functions.finalizedWithdrawals(name).call():
            return
        self._until(lambda: self._is_ready(name) or None)
        self._send("finalized on L1", self.l1, self.portal.functions.finalizeWithdrawalTransaction(withdrawal))

    def _send(self, done, w3, call, wei=0):
        receipt = w3.eth.wait_for_transaction_receipt(call.transact({"from": self.account, "value": wei}))
        if not receipt["status"]:
            raise SystemExit(f"{call.fn_name} failed: {Web3.to_hex(receipt['transactionHash'])}")
        self.say(done, Web3.to_hex(receipt["transactionHash"]))
        return receipt

    def _until(self, ask):
        while (answer := ask()) is None:
            self.pause()
        return answer

    def _withdrawal(self, receipt):
        (log,) = self.passer.events.MessagePassed().process_receipt(receipt)
        fields = ("nonce", "sender", "target", "value", "gasLimit", "data")
        return tuple(log["args"][field] for field in fields), log["args"]["withdrawalHash"]

    def _claim_since(self, number):
        """The newest claim and the L2 block that it is about; None if that is before block ``number``."""
        count = self.factory.functions.gameCount().call()
        if not count:
            return None
        _, _, game = self.factory.functions.gameAtIndex(count - 1).call()
        claimed = self.l1.eth.contract(game, abi=ABI["disputeGame"]).functions.l2BlockNumber().call()
        return (count - 1, claimed) if claimed >= number else None

    def _is_ready(self, name):
        try:
            self.portal.functions.checkWithdrawal(name, self.account).call()
        except ContractLogicError:
            return False
        return True


def deposit_hash(log):
    """The L2 transaction that a TransactionDeposited log asks for (OP Stack specification, "Deposits")."""
    place = log["blockHash"] + log["logIndex"].to_bytes(32, "big")
    source = Web3.keccak(bytes(32) + Web3.keccak(place))
    sender, to, opaque = log["args"]["from"], log["args"]["to"], log["args"]["opaqueData"]
    mint, value, gas = (int.from_bytes(part, "big") for part in (opaque[:32], opaque[32:64], opaque[64:72]))
    target = b"" if opaque[72] else bytes.fromhex(to[2:])
    fields = [source, bytes.fromhex(sender[2:]), target, mint, value, gas, 0, opaque[73:]]
    return Web3.keccak(b"\x7e" + rlp.encode(fields))


def _receipt(w3, tx_hash):
    try:
        return w3.eth.get_transaction_receipt(tx_hash)
    except TransactionNotFound:
        return None


def _connect(url, account):
    w3 = Web3(HTTPProvider(url))
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(account), layer=0)
    return w3


def main(word="1"):
    account = Account.from_key(os.environ.get("MEGADEV_PRIVATE_KEY", DEV_KEY))
    l2 = _connect(os.environ.get("MEGADEV_RPC_URL", "http://127.0.0.1:8545"), account)
    # only a devnet says where its L1 is: give the URL and the portal's address of any other here
    described = l2.manager.request_blocking("megadev_chainConfig", [])["l1"]
    l1 = _connect(described["rpcUrls"]["default"]["http"][0], account)
    bridge = Bridge(l1, l2, described["contracts"]["portal"]["address"], account.address)
    if word.startswith("0x"):
        receipt = l2.eth.get_transaction_receipt(word)
    else:
        wei = Web3.to_wei(word, "ether")
        bridge.deposit(wei)
        receipt = bridge.withdraw(wei // 2)
    bridge.prove(receipt)
    bridge.finalize(receipt)


if __name__ == "__main__":
    main(*sys.argv[1:])
