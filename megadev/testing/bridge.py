"""The bridge between the two chains of a devnet, as Python calls: ``Bridge``, which the fixture ``bridge`` gives.

It sends what a user would send, to the portal on L1 and to the message passer on L2, and asks the node how far that has
got; the windows of a withdrawal pass at once. Where blocks are sealed when asked, it asks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from megadev.chain.mini_blocks import UNSEALED_HASH
from megadev.chain.receipts import Log
from megadev.errors import MegadevError
from megadev.primitives.abi import encode_call
from megadev.primitives.hexcodec import parse_data, parse_fixed, to_data
from megadev.rollup.deposits import deposit_of_log
from megadev.rollup.predeploys import MESSAGE_PASSER
from megadev.rollup.withdrawals import PASSED_TOPIC

DEPOSIT_SIGNATURE = "depositTransaction(address,uint256,uint64,bool,bytes)"
WITHDRAW_SIGNATURE = "initiateWithdrawal(address,uint256,bytes)"
_OPEN = to_data(UNSEALED_HASH)


class NotCrossed(MegadevError):
    """A sent message failed, or a withdrawal is not ready for the next step; the message names its status."""


class Chain(Protocol):
    """One chain of a devnet, such as ``devnet.l1``."""

    @property
    def rpc(self) -> Callable[..., Any]: ...


class Deposit(NamedTuple):
    """The transactions of a deposit. The one on L2 has a receipt by now."""

    l1_hash: str
    l2_hash: str


class Bridge:
    """Deposits and withdrawals between ``l1`` and ``l2``. Amounts are in wei, addresses hex or accounts (whatever has
    an ``.address``); the first account sends unless another is said.

    ::

        bridge.deposit(10**18)
        withdrawal = bridge.withdraw(10**17)
        bridge.prove(withdrawal)
        bridge.finalize(withdrawal)
    """

    def __init__(self, l1: Chain, l2: Chain) -> None:
        self._l1 = l1
        self._l2 = l2

    def deposit(
        self, value: int, *, to: Any = None, data: str | bytes = b"", gas: int = 200_000, sender: Any = None
    ) -> Deposit:
        """Send ether from L1 to ``to`` on L2 (the sender unless said), which is called with ``data`` there. A call that
        fails on L2 is no error, as its receipt tells: what was deposited is the sender's then.

        Raises ``RpcError``; ``NotCrossed`` where L1's transaction fails.
        """
        who = self._address(sender)
        call = encode_call(DEPOSIT_SIGNATURE, _raw(who if to is None else to), value, gas, False, _bytes(data))
        portal = self._l1.rpc("megadev_chainConfig")["l1"]["contracts"]["portal"]["address"]
        receipt = self._send(self._l1, who, portal, to_data(call), value)
        arrived = deposit_hash(receipt, portal)
        if self._l2.rpc("eth_getTransactionReceipt", arrived) is None:
            self._l2.rpc("evm_mine")
        return Deposit(receipt["transactionHash"], arrived)

    def withdraw(
        self, value: int, *, to: Any = None, data: str | bytes = b"", gas: int = 100_000, sender: Any = None
    ) -> str:
        """Send ether from L2 to ``to`` on L1 (the sender unless said), which is to be called with ``data`` there; the
        withdrawal's hash.

        Raises ``RpcError``; ``NotCrossed`` where the transaction fails.
        """
        who = self._address(sender)
        call = encode_call(WITHDRAW_SIGNATURE, _raw(who if to is None else to), gas, _bytes(data))
        receipt = self._send(self._l2, who, to_data(MESSAGE_PASSER), to_data(call), value)
        return withdrawal_hash(receipt)

    def prove(self, withdrawal: str, *, sender: Any = None) -> str:
        """Prove a withdrawal on L1, after a claim that covers it was made if there is none yet; the transaction's hash.

        Raises ``NotCrossed`` where it was proven already.
        """
        found = self.withdrawal(withdrawal)
        if found["status"] == "waiting-to-prove":
            self._l2.rpc("megadev_proposeOutput")
            found = self.withdrawal(withdrawal)
        if found["status"] == "waiting-to-prove":
            self._l1.rpc("evm_mine")  # the claim waits for a block
            found = self.withdrawal(withdrawal)
        return self._step(found, "ready-to-prove", sender)

    def finalize(self, withdrawal: str, *, sender: Any = None) -> str:
        """Finalize a proven withdrawal on L1, letting its windows pass on both chains; the transaction's hash. Whether
        the call on L1 succeeded is in its receipt's logs (WithdrawalFinalized).

        Raises ``NotCrossed`` where it was not proven, or was finalized already.
        """
        found = self.withdrawal(withdrawal)
        if found["status"] == "waiting-to-finalize":
            self._l2.rpc("megadev_skipWithdrawalWindows", withdrawal)
            found = self.withdrawal(withdrawal)
        return self._step(found, "ready-to-finalize", sender)

    def bring(
        self, value: int, *, to: Any = None, data: str | bytes = b"", gas: int = 100_000, sender: Any = None
    ) -> str:
        """All the steps of a withdrawal; its hash."""
        withdrawal = self.withdraw(value, to=to, data=data, gas=gas, sender=sender)
        self.prove(withdrawal, sender=sender)
        self.finalize(withdrawal, sender=sender)
        return withdrawal

    def propose(
        self, *, sender: Any = None, block: int | None = None, root: str | None = None, parent: int | None = None
    ) -> int:
        """Claim an output root on L1, as the node's proposer unless said; the index of the game. ``root``: L2's own
        after ``block`` (its newest one) unless said; ``parent``: the game it builds on, or the anchor.

        Raises ``RpcError`` where L1 refuses it; ``NotCrossed`` where there is nothing to claim yet.
        """
        said = {
            "from": None if sender is None else _hex(sender),
            "blockNumber": None if block is None else hex(block),
            "outputRoot": root,
            "parentIndex": None if parent is None else hex(parent),
        }
        claimed = self._l2.rpc("megadev_proposeOutput", {name: each for name, each in said.items() if each is not None})
        if claimed is None:
            raise NotCrossed("L1 takes no claim about L2's newest block: it has one, or L2 has no block to claim yet")
        if claimed["index"] is None:
            self._l1.rpc("evm_mine")
            return len(self.games) - 1
        return int(claimed["index"], 16)

    def challenge(self, game: int, *, sender: Any = None) -> dict[str, Any]:
        """Challenge the claim of game number ``game``; the game then. Raises ``RpcError`` where that is refused."""
        return self._act("megadev_challengeGame", game, sender)

    def resolve(self, game: int, *, sender: Any = None) -> dict[str, Any]:
        """Settle a game that is over; the game then. Raises ``RpcError`` where it is not, or was settled."""
        return self._act("megadev_resolveGame", game, sender)

    def prove_range(self, first: int, last: int, *, sender: Any = None) -> dict[str, Any]:
        """Have a claim about L2's blocks after ``first`` up to ``last`` proven on L1, the one that is there or a new
        one: by a signed re-execution, not a zero-knowledge proof. The attestation, with the game (megadev_proveRange).
        """
        options = [] if sender is None else [{"from": _hex(sender)}]
        found: dict[str, Any] = self._l2.rpc("megadev_proveRange", hex(first), hex(last), *options)
        self._mine_if_waiting()
        return found

    def submit_evidence(self, *, sender: Any = None) -> dict[str, Any]:
        """Have the sequencer's bond on L1 taken for the promises that it broke; windows pass at once. What became of
        each piece of evidence, and of the bonds (megadev_sequencer_submitEvidence).
        """
        options: dict[str, Any] = {"skipWindow": True} | ({} if sender is None else {"from": _hex(sender)})
        found: dict[str, Any] = self._l2.rpc("megadev_sequencer_submitEvidence", options)
        return found

    def claim_bond(self, game: int, *, sender: Any = None) -> dict[str, Any]:
        """Have a final game pay the sender what its bonds came to; the game then. Raises ``RpcError``."""
        return self._act("megadev_claimBond", game, sender)

    def blacklist(self, game: int) -> dict[str, Any]:
        """As the guardian, have a game count no more; the game then."""
        return self._act("megadev_blacklistGame", game, None)

    def retire_games(self) -> None:
        """As the guardian, have no game that there is count any more."""
        self._l2.rpc("megadev_retireGames")
        self._mine_if_waiting()

    def respect(self, game_type: int) -> None:
        """As the guardian, have games of that type alone count, of those made from now on."""
        self._l2.rpc("megadev_setRespectedGameType", hex(game_type))
        self._mine_if_waiting()

    @property
    def games(self) -> list[dict[str, Any]]:
        """Every claim about L2 on L1, oldest first (megadev_getGames)."""
        return list(self._l2.rpc("megadev_getGames")["games"])

    def _act(self, name: str, game: int, sender: Any) -> dict[str, Any]:
        options = [] if sender is None else [{"from": _hex(sender)}]
        self._l2.rpc(name, hex(game), *options)
        self._mine_if_waiting()
        return self.games[game]

    def _mine_if_waiting(self) -> None:
        if int(self._l1.rpc("txpool_status")["pending"], 16):
            self._l1.rpc("evm_mine")

    def withdrawal(self, withdrawal: str) -> dict[str, Any]:
        """Returns a withdrawal's status, its next step, and its fields (megadev_getWithdrawal)."""
        found: dict[str, Any] = self._l2.rpc("megadev_getWithdrawal", withdrawal)
        return found

    @property
    def deposits(self) -> list[dict[str, Any]]:
        """All deposits so far, oldest first (megadev_getBridgeStatus)."""
        return list(self._l2.rpc("megadev_getBridgeStatus")["deposits"])

    @property
    def withdrawals(self) -> list[dict[str, Any]]:
        """All withdrawals so far, oldest first."""
        return list(self._l2.rpc("megadev_getBridgeStatus")["withdrawals"])

    def _step(self, found: dict[str, Any], status: str, sender: Any) -> str:
        if found["status"] != status:
            raise NotCrossed(f"withdrawal {found['withdrawalHash']} is {found['status']}; next step: {found['next']}")
        receipt = self._send(self._l1, self._address(sender), found["call"]["to"], found["call"]["data"], 0)
        return str(receipt["transactionHash"])

    def _address(self, sender: Any) -> str:
        if sender is not None:
            return _hex(sender)
        accounts = self._l2.rpc("eth_accounts")
        if not accounts:
            raise NotCrossed("no account to send from: pass sender=")
        return str(accounts[0])

    @staticmethod
    def _send(chain: Chain, sender: str, to: str, data: str, value: int) -> dict[str, Any]:
        """The receipt, in a sealed block."""
        tx_hash = chain.rpc("eth_sendTransaction", {"from": sender, "to": to, "data": data, "value": hex(value)})
        receipt = chain.rpc("eth_getTransactionReceipt", tx_hash)
        if receipt is None or receipt["blockHash"] == _OPEN:
            chain.rpc("evm_mine")
            receipt = chain.rpc("eth_getTransactionReceipt", tx_hash)
        if receipt is None or receipt["status"] != "0x1":
            raise NotCrossed(f"{tx_hash} {'was not included' if receipt is None else 'failed'}")
        return dict(receipt)


def deposit_hash(receipt: dict[str, Any], portal: str) -> str:
    """The hash that a deposit has on L2, from its L1 receipt (JSON)."""
    log = next(log for log in receipt["logs"] if log["address"].lower() == portal.lower())
    topics = tuple(parse_data(topic) for topic in log["topics"])
    told = Log(parse_fixed(log["address"], 20), topics, parse_data(log["data"]))
    return to_data(deposit_of_log(told, parse_fixed(log["blockHash"], 32), int(log["logIndex"], 16)).hash)


def withdrawal_hash(receipt: dict[str, Any]) -> str:
    """The hash of the withdrawal that an L2 receipt (JSON) tells of."""
    log = next(log for log in receipt["logs"] if log["topics"][0] == to_data(PASSED_TOPIC))
    return "0x" + str(log["data"])[2:][3 * 64 : 4 * 64]  # value, gas limit, where the data is, the hash


def _hex(who: Any) -> str:
    return str(getattr(who, "address", who))


def _raw(who: Any) -> bytes:
    return parse_fixed(_hex(who), 20)


def _bytes(data: str | bytes) -> bytes:
    return parse_data(data) if isinstance(data, str) else bytes(data)
