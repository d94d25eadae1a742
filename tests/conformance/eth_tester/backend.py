"""megadev as a backend of eth-tester: everything through JSON-RPC, in-process.

eth-tester mines by itself, after each transaction or when told, so the node's automatic mining is off. It also asks for
receipts of transactions that wait for their block, which a node has not; such a receipt is found by mining and taking
it back.
"""

from __future__ import annotations

from typing import Any, NoReturn

import rlp
from eth.exceptions import UnrecognizedTransactionType
from eth_tester.backends.base import ZERO_ADDRESS, BaseChainBackend
from eth_tester.exceptions import BlockNotFound, TransactionFailed, TransactionNotFound, ValidationError

from megadev import Devnet
from megadev.clock import ManualClock
from megadev.rpc.client import RpcError

CHAIN_ID = 131277322940537
"""eth-tester's; its suite signs for it."""
GENESIS_TIME = 1_700_000_000
DEFAULT_FEE = 10**9
"""Wei per gas that eth-tester offers, as tip and in all, for a transaction that says nothing."""
TAGS = ("latest", "safe", "finalized", "earliest", "pending")
REQUEST_FIELDS = {
    "gas_price": "gasPrice",
    "max_fee_per_gas": "maxFeePerGas",
    "max_priority_fee_per_gas": "maxPriorityFeePerGas",
    "chain_id": "chainId",
    "gas": "gas",
    "value": "value",
    "nonce": "nonce",
}
"""eth-tester's names of a transaction's quantities, and ours."""


class MegadevBackend(BaseChainBackend):  # type: ignore[misc]  # eth-tester is untyped
    """One node, started with the object. Accounts, hashes and data are bytes, quantities integers, as eth-tester has
    them inside.
    """

    def __init__(self) -> None:
        clock = ManualClock(GENESIS_TIME)
        self._rpc = Devnet(chain_id=CHAIN_ID, no_mining=True, slots_in_an_epoch=0, clock=clock).rpc
        self._snapshots: list[str] = []
        self._genesis = self.take_snapshot()

    # -- snapshots: ours are used up by reverting to them, eth-tester's are not -------------------------------------

    def take_snapshot(self) -> int:
        self._snapshots.append(self._rpc("evm_snapshot"))
        return len(self._snapshots) - 1

    def revert_to_snapshot(self, snapshot: int) -> None:
        assert self._rpc("evm_revert", self._snapshots[snapshot])
        self._snapshots[snapshot] = self._rpc("evm_snapshot")

    def reset_to_genesis(self) -> None:
        self.revert_to_snapshot(self._genesis)

    # -- time and mining --------------------------------------------------------------------------------------------

    def time_travel(self, to_timestamp: int) -> None:
        """The pending block gets ``to_timestamp``, the one before it a second less."""
        self._rpc("evm_setNextBlockTimestamp", to_timestamp - 1)
        self.mine_blocks()

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = ZERO_ADDRESS) -> tuple[bytes, ...]:
        self._rpc("anvil_setCoinbase", _hex(coinbase))
        before = _int(self._rpc("eth_blockNumber"))
        self._rpc("anvil_mine", hex(num_blocks))
        numbers = range(before + 1, before + 1 + num_blocks)
        return tuple(_bytes(self._rpc("eth_getBlockByNumber", hex(number), False)["hash"]) for number in numbers)

    # -- accounts ---------------------------------------------------------------------------------------------------

    def get_accounts(self) -> tuple[bytes, ...]:
        return tuple(map(_bytes, self._rpc("eth_accounts")))

    def add_account(self, private_key: bytes) -> None:
        self._rpc("evm_addAccount", _hex(private_key), "")

    def get_nonce(self, account: bytes, block_number: int | str | None = "latest") -> int:
        return _int(self._at("eth_getTransactionCount", _hex(account), block_number))

    def get_balance(self, account: bytes, block_number: int | str | None = "latest") -> int:
        return _int(self._at("eth_getBalance", _hex(account), block_number))

    def get_code(self, account: bytes, block_number: int | str | None = "latest") -> bytes:
        return _bytes(self._at("eth_getCode", _hex(account), block_number))

    def get_storage(self, account: bytes, slot: int, block_number: int | str | None = "latest") -> int:
        return _int(self._rpc("eth_getStorageAt", _hex(account), hex(slot), _block(block_number)))

    def _at(self, method: str, what: Any, block_number: int | str | None) -> Any:
        return self._rpc(method, what, _block(block_number))

    # -- blocks, transactions, receipts -----------------------------------------------------------------------------

    def get_block_by_number(self, block_number: int | str, full_transaction: bool = True) -> dict[str, Any]:
        return self._block("eth_getBlockByNumber", "number", block_number, full_transaction)

    def get_block_by_hash(self, block_hash: bytes, full_transaction: bool = True) -> dict[str, Any]:
        return self._block("eth_getBlockByHash", "hash", block_hash, full_transaction)

    def _block(self, method: str, key: str, value: int | str | bytes, full: bool) -> dict[str, Any]:
        if isinstance(value, bytes):
            found = self._rpc(method, _hex(value), full)
        elif isinstance(value, int) or value in TAGS:
            found = self._rpc(method, _block(value), full)
        else:
            found = None
        if found is None:
            raise BlockNotFound(f"No block found for block {key}: {value!r}")
        return self._decoded_block(found)

    def _decoded_block(self, block: dict[str, Any]) -> dict[str, Any]:
        is_pending = block["hash"] is None
        quantities = {
            "number": "number",
            "difficulty": "difficulty",
            "size": "size",
            "gas_limit": "gasLimit",
            "gas_used": "gasUsed",
            "timestamp": "timestamp",
            "base_fee_per_gas": "baseFeePerGas",
            "blob_gas_used": "blobGasUsed",
            "excess_blob_gas": "excessBlobGas",
        }
        data = {
            "parent_hash": "parentHash",
            "sha3_uncles": "sha3Uncles",
            "transactions_root": "transactionsRoot",
            "receipts_root": "receiptsRoot",
            "state_root": "stateRoot",
            "mix_hash": "mixHash",
            "withdrawals_root": "withdrawalsRoot",
            "parent_beacon_block_root": "parentBeaconBlockRoot",
            "requests_hash": "requestsHash",
        }
        # what the pending block has not got is zero in eth-tester
        return {
            **{name: _int(block[field] or "0x0") for name, field in quantities.items()},
            **{name: _bytes(block[field] or "0x" + "00" * 32) for name, field in data.items()},
            "hash": bytes(32) if is_pending else _bytes(block["hash"]),
            "nonce": _bytes(block["nonce"] or "0x" + "00" * 8),
            "logs_bloom": _int(block["logsBloom"] or "0x0"),
            "coinbase": _bytes(block["miner"] or _hex(ZERO_ADDRESS)),
            "total_difficulty": 0,
            "extra_data": _bytes(block["extraData"]).rjust(32, b"\0"),
            "transactions": [
                _bytes(tx) if isinstance(tx, str) else _decoded_transaction(tx) for tx in block["transactions"]
            ],
            "uncles": [],
            "withdrawals": [],
        }

    def get_transaction_by_hash(self, transaction_hash: bytes) -> dict[str, Any]:
        found = self._rpc("eth_getTransactionByHash", _hex(transaction_hash))
        if found is None:
            raise TransactionNotFound(f"No transaction found for transaction hash: {_hex(transaction_hash)}")
        return _decoded_transaction(found)

    def get_transaction_receipt(self, transaction_hash: bytes) -> dict[str, Any]:
        is_pending = self.get_transaction_by_hash(transaction_hash)["block_hash"] is None
        if not is_pending:
            return _decoded_receipt(self._rpc("eth_getTransactionReceipt", _hex(transaction_hash)), is_pending)
        before = self._rpc("evm_snapshot")
        self._rpc("evm_mine")
        receipt = self._rpc("eth_getTransactionReceipt", _hex(transaction_hash))
        assert self._rpc("evm_revert", before)
        return _decoded_receipt(receipt, is_pending)

    def get_fee_history(
        self, block_count: int = 1, newest_block: int | str = "latest", reward_percentiles: Any = ()
    ) -> dict[str, Any]:
        """As eth-tester's other backends have it: the blocks before ``newest_block``, latest first, no rewards, and an
        oldest block of 1 whatever it is.
        """
        if not 1 <= block_count <= 1024:
            raise ValidationError("block_count must be between 1 and 1024")
        last = self.get_block_by_number("latest" if newest_block == "pending" else newest_block)["number"] - 1
        count = min(block_count, last + 1)
        history: dict[str, Any] = {"baseFeePerGas": [], "gasUsedRatio": []}
        if count > 0:
            history = self._rpc("eth_feeHistory", hex(count), hex(last), [])
        return {
            "oldest_block": 1,
            "base_fee_per_gas": [_int(fee) for fee in reversed(history["baseFeePerGas"][:count])],
            "gas_used_ratio": history["gasUsedRatio"][::-1],
            "reward": [],
        }

    def get_base_fee(self, block_number: int | str = "latest") -> int:
        base_fee: int = self.get_block_by_number(block_number, False)["base_fee_per_gas"]
        return base_fee

    # -- transactions and calls -------------------------------------------------------------------------------------

    def send_transaction(self, transaction: dict[str, Any]) -> bytes:
        fees = {"gas_price", "max_fee_per_gas", "max_priority_fee_per_gas"} & transaction.keys()
        if not fees:
            transaction = {**transaction, "max_fee_per_gas": DEFAULT_FEE, "max_priority_fee_per_gas": DEFAULT_FEE}
        return self._send("eth_sendTransaction", _request(transaction))

    def send_raw_transaction(self, raw_transaction: bytes) -> bytes:
        try:
            return _bytes(self._rpc("eth_sendRawTransaction", _hex(raw_transaction)))
        except RpcError as error:
            # the suite looks for py-evm's exceptions where bytes are no transaction
            if "transaction type not supported" in error.message:
                raise UnrecognizedTransactionType(raw_transaction[0], error.message) from error
            if "failed to decode transaction" in error.message:
                raise rlp.exceptions.DecodingError(error.message, raw_transaction) from error
            raise ValidationError(error.message) from error

    def send_signed_transaction(self, transaction: dict[str, Any], block_number: int | str = "latest") -> bytes:
        return self.send_raw_transaction(_encoded(transaction))

    def _send(self, method: str, request: Any) -> bytes:
        try:
            return _bytes(self._rpc(method, request))
        except RpcError as error:
            raise ValidationError(error.message) from error

    def estimate_gas(self, transaction: dict[str, Any], block_number: int | str = "latest") -> int:
        return _int(self._execute("eth_estimateGas", transaction, block_number))

    def call(self, transaction: dict[str, Any], block_number: int | str = "latest") -> bytes:
        return _bytes(self._execute("eth_call", transaction, block_number))

    def _execute(self, method: str, transaction: dict[str, Any], block_number: int | str) -> str:
        try:
            result: str = self._rpc(method, _request(transaction), _block(block_number))
        except RpcError as error:
            _fail(error)
        return result


def _fail(error: RpcError) -> NoReturn:
    """The exception of a call that did not succeed; a revert's is worded as the contract worded it."""
    raise TransactionFailed(error.message.removeprefix("execution reverted: ")) from error


# -- between bytes and integers, and JSON ---------------------------------------------------------------------------


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value[2:])


def _int(value: str) -> int:
    return int(value, 16)


def _block(number: int | str | None) -> str:
    return "latest" if number is None else hex(number) if isinstance(number, int) else number


def _request(transaction: dict[str, Any]) -> dict[str, Any]:
    """A transaction as a method takes it."""
    request: dict[str, Any] = {
        field: hex(transaction[name]) for name, field in REQUEST_FIELDS.items() if name in transaction
    }
    request["from"] = _hex(transaction["from"])
    if transaction.get("to"):
        request["to"] = _hex(transaction["to"])
    if transaction.get("data"):
        request["data"] = _hex(transaction["data"])
    if "access_list" in transaction:
        request["accessList"] = [
            {"address": _hex(address), "storageKeys": [f"0x{key:064x}" for key in keys]}
            for address, keys in transaction["access_list"]
        ]
    if "authorization_list" in transaction:
        request["authorizationList"] = [
            {
                "chainId": hex(authorization["chain_id"]),
                "address": _hex(authorization["address"]),
                "nonce": hex(authorization["nonce"]),
                "yParity": hex(authorization["y_parity"]),
                "r": hex(authorization["r"]),
                "s": hex(authorization["s"]),
            }
            for authorization in transaction["authorization_list"]
        ]
    return request


def _encoded(transaction: dict[str, Any]) -> bytes:
    """The signed bytes of a type 0, 1 or 2 transaction (EIP-2718)."""
    tail = [transaction["gas"], transaction.get("to", b""), transaction["value"], transaction["data"]]
    signature = [transaction["v"], transaction["r"], transaction["s"]]
    if "max_fee_per_gas" in transaction:
        fees = [transaction["max_priority_fee_per_gas"], transaction["max_fee_per_gas"]]
    else:
        fees = [transaction["gas_price"]]
    fields: list[Any] = [transaction["nonce"], *fees, *tail]
    if "access_list" not in transaction:
        return bytes(rlp.encode([*fields, *signature]))
    accesses = [[address, [key.to_bytes(32, "big") for key in keys]] for address, keys in transaction["access_list"]]
    return bytes([len(fees)]) + bytes(rlp.encode([transaction["chain_id"], *fields, accesses, *signature]))


def _decoded_transaction(tx: dict[str, Any]) -> dict[str, Any]:
    is_pending = tx["blockHash"] is None
    kind = _int(tx["type"])
    decoded: dict[str, Any] = {
        "type": kind,
        "hash": _bytes(tx["hash"]),
        "nonce": _int(tx["nonce"]),
        "block_hash": None if is_pending else _bytes(tx["blockHash"]),
        "block_number": None if is_pending else _int(tx["blockNumber"]),
        "transaction_index": None if is_pending else _int(tx["transactionIndex"]),
        "from": _bytes(tx["from"]),
        "to": _bytes(tx["to"] or "0x"),
        "value": _int(tx["value"]),
        "gas": _int(tx["gas"]),
        "gas_price": _int(tx["gasPrice"]),
        "data": _bytes(tx["input"]),
        "v": _int(tx["v"]),
        "r": _int(tx["r"]),
        "s": _int(tx["s"]),
    }
    if kind >= 1:
        decoded["chain_id"] = _int(tx["chainId"])
        decoded["y_parity"] = _int(tx["yParity"])
        decoded["access_list"] = tuple(
            (_bytes(entry["address"]), tuple(map(_int, entry["storageKeys"]))) for entry in tx["accessList"]
        )
    if kind >= 2:
        decoded["max_fee_per_gas"] = _int(tx["maxFeePerGas"])
        decoded["max_priority_fee_per_gas"] = _int(tx["maxPriorityFeePerGas"])
    return decoded


def _decoded_receipt(receipt: dict[str, Any], is_pending: bool) -> dict[str, Any]:
    place = {
        "transaction_index": None if is_pending else _int(receipt["transactionIndex"]),
        "block_hash": None if is_pending else _bytes(receipt["blockHash"]),
        "block_number": None if is_pending else _int(receipt["blockNumber"]),
        "transaction_hash": _bytes(receipt["transactionHash"]),
    }
    created = receipt["contractAddress"]
    return {
        **place,
        "contract_address": None if created is None else _bytes(created),
        "cumulative_gas_used": _int(receipt["cumulativeGasUsed"]),
        "effective_gas_price": _int(receipt["effectiveGasPrice"]),
        "from": _bytes(receipt["from"]),
        "gas_used": _int(receipt["gasUsed"]),
        "logs": [
            {
                **place,
                "type": "pending" if is_pending else "mined",
                "log_index": _int(log["logIndex"]),
                "address": _bytes(log["address"]),
                "data": _bytes(log["data"]),
                "topics": [_bytes(topic) for topic in log["topics"]],
            }
            for log in receipt["logs"]
        ],
        "state_root": b"\x01" if _int(receipt["status"]) else b"",
        "status": _int(receipt["status"]),
        "to": _bytes(receipt["to"] or "0x"),
        "type": _int(receipt["type"]),
    }
