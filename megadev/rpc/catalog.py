"""Every JSON-RPC method megadev knows of: its names, what it takes and gives, and whether it is offered.

One row, one line; the rows are in groups, as README shows them. ``status`` is one of

    full                 offered, as clients expect it
    partial: why         offered, with that difference
    planned              known, not offered yet: answers -32601
    refused: why         known, will not be offered: answers -32601 with the reason

A row that is full or partial has exactly one function registered under its name (``dispatch.method``), and a test sees
to it. ``aliases`` are further names for the same function, or for one of their own that answers as the name's owner has
it (``methods/hardhat``). Methods that ``writes`` change the chain or the node, and wait for each other; the rest reads,
of an immutable snapshot, while a change is under way. ``heavy`` methods may take milliseconds or more; a server runs
them in a thread, a worker's or the writer's. ``reaches`` says what a method can get at outside of the process and its
chains; a page of a foreign origin is refused it (``server/access``). Where only some of a method's arguments do, the
function says which (``dispatch.method``).
In ``params`` a question mark means optional. Where a client sends parameters by name, these are among the names that
it may use (``by_name``).
"""

from __future__ import annotations

import enum

import msgspec

FULL = "full"
PLANNED = "planned"


class Asks(enum.Enum):
    """The subject of a method's upstream request on a fork, for blocks older than it (``rpc/history``)."""

    BLOCK = enum.auto()
    """A block that a parameter names: upstream is asked."""
    TRANSACTION = enum.auto()
    """A transaction, likewise."""
    BLOCK_TRACE = enum.auto()
    """What was executed in a block: it is run again, or upstream is asked where its rules are not here."""
    TRANSACTION_TRACE = enum.auto()
    """What a transaction executed, likewise."""


class Entry(msgspec.Struct, frozen=True):
    """One row."""

    name: str
    params: str
    result: str
    status: str = PLANNED
    aliases: tuple[str, ...] = ()
    heavy: bool = False
    writes: bool = False
    asks: Asks | None = None
    reaches: str = ""
    group: str = ""

    @property
    def parameters(self) -> tuple[str, ...]:
        """``params``, one by one."""
        parts, depth = [""], 0
        for character in self.params:
            depth += (character in "[{") - (character in "]}")
            if character == "," and depth == 0:
                parts.append("")
            else:
                parts[-1] += character
        return tuple(part.strip() for part in parts) if self.params else ()

    @property
    def is_available(self) -> bool:
        """Offered, fully or partly."""
        return self.status == FULL or self.status.startswith("partial: ")


def _row(
    name: str,
    params: str,
    result: str,
    status: str = PLANNED,
    *aliases: str,
    heavy: bool = False,
    writes: bool = False,
    asks: Asks | None = None,
    reaches: str = "",
) -> Entry:
    return Entry(name, params, result, status, aliases, heavy, writes, asks, reaches)


_WITHDRAWAL = ("eth_getWithdrawalProof",)
_SET_BALANCE = ("hardhat_setBalance", "tenderly_setBalance", "evm_setAccountBalance")
_SET_STORAGE = ("hardhat_setStorageAt", "evm_setAccountStorageAt")
_SET_RANDAO = ("hardhat_setPrevRandao", "anvil_setPrevRandao")
_TEMPO = ("anvil_setValidatorFeeToken", "anvil_setFeeAmmLiquidity", "anvil_dealTIP20")
_NO_MINING = "refused: there is no proof of work"
_NO_TEMPO = "refused: Tempo networks only"
_NO_SALT = "refused: its witness is for MegaETH's SALT, and the state here is a trie; use debug_executionWitness"
_INTERNAL = "refused: between MegaETH's gateway and its nodes, its answer is not public; ask eth_getAccountInfo"
_SEQUENCER = "the sequencer's condition and faults"
_FAULTS = "the faults that are on, and what each was given"
_ORACLE = "what MegaETH's oracle answers, and what is stored"
_SALT = "how large MegaETH's state buckets are: what multiplies storage gas"
_BATCHER = "how batches are posted, and what is not posted yet"
_HOW_TO_POST = "{da?, format?, compression?, bytes?, seconds?, blocks?}"
_STORE = "the store beside L1, and what is wrong with it"
_CONDITIONAL = "partial: the state is looked at before a block, not between transactions that share one"

GROUPS: dict[str, tuple[Entry, ...]] = {
    "Identity, network and fees": (
        _row("web3_clientVersion", "", "name and version", FULL),
        _row("web3_sha3", "data", "keccak256", FULL),
        _row("rpc_modules", "", "namespaces with versions", FULL),
        _row("net_version", "", "chain id in decimal", FULL, "eth_networkId"),
        _row("net_listening", "", "true", FULL),
        _row("net_peerCount", "", "0x0", FULL),
        _row("eth_protocolVersion", "", "protocol version", FULL),
        _row("eth_chainId", "", "quantity", FULL),
        _row("eth_syncing", "", "false", FULL),
        _row("eth_hashrate", "", "0x0", FULL),
        _row("eth_mining", "", "bool", FULL),
        _row("eth_coinbase", "", "address", FULL),
        _row("eth_accounts", "", "addresses", FULL, "eth_requestAccounts"),
        _row("eth_gasPrice", "", "wei", FULL),
        _row("eth_maxPriorityFeePerGas", "", "wei", FULL),
        _row("eth_baseFee", "", "wei, of the next block", FULL),
        _row("eth_blobBaseFee", "", "wei", FULL),
        _row("eth_feeHistory", "count, newest block, percentiles?", "fees by block", FULL, asks=Asks.BLOCK),
        _row("eth_capabilities", "", "from which block on there is what", FULL),
        _row("eth_config", "", "fork configuration (EIP-7910)", FULL),
    ),
    "State": (
        _row("eth_blockNumber", "", "quantity", FULL),
        _row("eth_getBalance", "address, block?", "wei", FULL),
        _row("eth_getAccount", "address, block?", "balance, nonce, code hash, storage root", FULL),
        _row("eth_getAccountInfo", "address, block?", "balance, nonce, code", FULL),
        _row("eth_getStorageAt", "address, slot, block?", "32-byte word", FULL),
        _row("eth_getStorageValues", "{address: [slot]}, block?", "{address: [word]}", FULL),
        _row("eth_getTransactionCount", "address, block?", "nonce", FULL),
        _row("eth_getCode", "address, block?", "code", FULL),
        _row("eth_getCodeByHash", "code hash", "code", FULL),
        _row("eth_getProof", "address, [slot], block?", "Merkle proofs (EIP-1186)", FULL),
        _row("eth_call", "call, block?, state overrides?, block overrides?", "return data", FULL, heavy=True),
        _row("eth_estimateGas", "call, block?, state overrides?, block overrides?", "gas", FULL, heavy=True),
        _row("eth_createAccessList", "call, block?, state overrides?", "access list and gas", FULL, heavy=True),
        _row("eth_simulateV1", "blocks of calls, block?", "simulated blocks", FULL, heavy=True),
        _row("eth_callMany", "bundles, where?, state overrides?, timeout ms?", "results by bundle", FULL, heavy=True),
        _row("eth_callBundle", "bundle", "results", FULL, heavy=True),
        _row("eth_callAfter", "call, {account, nonce}, state overrides?, block overrides?", "return data", FULL),
        _row("eth_fillTransaction", "transaction", "transaction with its gaps filled, and its bytes", FULL, heavy=True),
    ),
    "Blocks, transactions and receipts": (
        _row("eth_getBlockByHash", "hash, full?", "block or null", FULL, asks=Asks.BLOCK),
        _row("eth_getBlockByNumber", "block, full?", "block or null", FULL, asks=Asks.BLOCK),
        _row("eth_getHeaderByHash", "hash", "header or null", FULL),
        _row("eth_getHeaderByNumber", "block", "header or null", FULL),
        _row("eth_getBlockTransactionCountByHash", "hash", "quantity or null", FULL, asks=Asks.BLOCK),
        _row("eth_getBlockTransactionCountByNumber", "block", "quantity or null", FULL, asks=Asks.BLOCK),
        _row("eth_getUncleCountByBlockHash", "hash", "0x0", FULL, asks=Asks.BLOCK),
        _row("eth_getUncleCountByBlockNumber", "block", "0x0", FULL, asks=Asks.BLOCK),
        _row("eth_getUncleByBlockHashAndIndex", "hash, index", "null", FULL, asks=Asks.BLOCK),
        _row("eth_getUncleByBlockNumberAndIndex", "block, index", "null", FULL, asks=Asks.BLOCK),
        _row("eth_getTransactionByHash", "hash", "transaction or null", FULL, asks=Asks.TRANSACTION),
        _row("eth_getTransactionByBlockHashAndIndex", "hash, index", "transaction or null", FULL, asks=Asks.BLOCK),
        _row(
            "eth_getTransactionByBlockNumberAndIndex",
            "block, index",
            "transaction or null",
            FULL,
            asks=Asks.BLOCK,
        ),
        _row("eth_getTransactionBySenderAndNonce", "address, nonce", "transaction or null", FULL),
        _row("eth_getTransactionReceipt", "hash", "receipt or null", FULL, asks=Asks.TRANSACTION),
        _row("eth_getBlockReceipts", "block", "receipts or null", FULL, asks=Asks.BLOCK),
        _row("eth_getRawTransactionByHash", "hash", "bytes or null", FULL, "debug_getRawTransaction"),
        _row("eth_getRawTransactionByBlockHashAndIndex", "hash, index", "bytes or null", FULL, asks=Asks.BLOCK),
        _row("eth_getRawTransactionByBlockNumberAndIndex", "block, index", "bytes or null", FULL, asks=Asks.BLOCK),
        _row("eth_getBlockAccessList", "block", "access list or null (EIP-7928)", FULL, heavy=True),
        _row("eth_getBlockAccessListByBlockHash", "hash", "access list or null (EIP-7928)", FULL, heavy=True),
        _row("eth_getBlockAccessListByBlockNumber", "block", "access list or null (EIP-7928)", FULL, heavy=True),
        _row("eth_getBlockAccessListRaw", "block", "bytes or null (EIP-7928)", FULL, heavy=True),
    ),
    "Logs, filters and subscriptions": (
        _row("eth_getLogs", "filter", "logs", FULL, heavy=True),
        _row("eth_getLogsWithCursor", "filter with cursor", "logs and the next cursor", FULL, heavy=True),
        _row("eth_newFilter", "filter?", "filter id", FULL),
        _row("eth_newBlockFilter", "", "filter id", FULL),
        _row("eth_newPendingTransactionFilter", "full?", "filter id", FULL),
        _row("eth_getFilterChanges", "filter id", "what is new", FULL),
        _row("eth_getFilterLogs", "filter id", "logs", FULL, heavy=True),
        _row("eth_uninstallFilter", "filter id", "bool", FULL),
        _row("eth_subscribe", "kind, options?", "subscription id (WebSocket and IPC)", FULL, "megadev_subscribe"),
        _row("eth_unsubscribe", "subscription id", "bool (WebSocket and IPC)", FULL, "megadev_unsubscribe"),
    ),
    "Signing and sending": (
        _row("eth_sign", "address, data", "signature (EIP-191)", FULL),
        _row("personal_sign", "data, address, password?", "signature (EIP-191)", FULL),
        _row(
            "eth_signTypedData_v4", "address, typed data", "signature (EIP-712)", FULL, "eth_signTypedData", heavy=True
        ),
        _row("eth_signTypedData_v3", "address, typed data", "signature (EIP-712 without arrays)", FULL, heavy=True),
        _row("eth_signTransaction", "transaction", "{raw, tx}", FULL),
        _row("eth_sendTransaction", "transaction", "hash", FULL, writes=True),
        _row("eth_sendTransactionSync", "transaction, timeout ms?", "receipt", FULL, writes=True),
        _row("eth_sendRawTransaction", "signed bytes", "hash", FULL, writes=True),
        _row("eth_sendRawTransactionSync", "signed bytes, timeout ms?", "receipt (EIP-7966)", FULL, writes=True),
        _row("eth_sendRawTransactionConditional", "signed bytes, condition", "hash", _CONDITIONAL, writes=True),
        _row("eth_sendUnsignedTransaction", "transaction with from", "hash", FULL, writes=True),
        _row("eth_resend", "transaction, gas price?, gas?", "hash", FULL, writes=True, heavy=True),
        _row("eth_getWork", "", "", _NO_MINING),
        _row("eth_submitWork", "nonce, hash, digest", "", _NO_MINING),
        _row("eth_submitHashrate", "rate, id", "", _NO_MINING),
        _row("eth_signRawTransaction", "", "", _NO_TEMPO),
    ),
    "Txpool": (
        _row("txpool_status", "", "pending and queued counts", FULL),
        _row("txpool_content", "", "transactions by sender and nonce", FULL, heavy=True),
        _row("txpool_contentFrom", "address", "transactions by nonce", FULL),
        _row("txpool_inspect", "", "summaries by sender and nonce", FULL, heavy=True),
        _row("eth_pendingTransactions", "", "transactions", FULL, heavy=True),
        _row("debug_clearTxpool", "", "null", FULL, writes=True, heavy=True),
        _row("debug_getBadBlocks", "", "none", FULL),
        _row("debug_setHead", "block number", "null", FULL, writes=True),
    ),
    "Tracing and debugging": (
        _row("debug_traceTransaction", "hash, options?", "trace", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("debug_traceCall", "call, block?, options?", "trace", FULL, heavy=True),
        _row("debug_traceBlock", "block bytes, options?", "traces", FULL, heavy=True),
        _row("debug_traceBlockByHash", "hash, options?", "traces", FULL, heavy=True, asks=Asks.BLOCK_TRACE),
        _row("debug_traceBlockByNumber", "block, options?", "traces", FULL, heavy=True, asks=Asks.BLOCK_TRACE),
        _row("debug_codeByHash", "code hash, block?", "code", FULL),
        _row("debug_dbGet", "key", "code", "partial: code only, there is no such database"),
        _row("debug_getRawBlock", "block", "bytes", FULL, heavy=True),
        _row("debug_getRawHeader", "block", "bytes", FULL),
        _row("debug_getRawReceipts", "block", "list of bytes", FULL, heavy=True),
        _row("debug_getRawTransactions", "block", "list of bytes", FULL, heavy=True),
        _row("debug_executionWitness", "block", "trie nodes, codes, keys, headers", FULL, heavy=True),
        _row("debug_accountInfoAt", "block, index, address", "account or null", FULL, heavy=True),
        _row("debug_getModifiedAccountsByNumber", "block, block?", "addresses", FULL, heavy=True),
        _row("debug_getModifiedAccountsByHash", "hash, hash?", "addresses", FULL, heavy=True),
        _row("debug_storageRangeAt", "block, index, address, start, limit", "slots", FULL, heavy=True),
        _row("debug_getHistoryTransactionCount", "block", "transactions up to it", FULL),
        _row("debug_freeOSMemory", "", "null", FULL, heavy=True),
        _row(
            "megadev_getStackTrace",
            "hash or call, block?",
            "stack and calls, names and sources",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row("megadev_getConsoleLogs", "hash or {after?, limit?}?", "console.log messages", FULL, heavy=True),
        _row(
            "megadev_getSteps",
            "hash, start?",
            "every instruction with its frame and source line",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row(
            "megadev_getStep", "hash, index", "stack, memory, storage before one instruction, or null", FULL, heavy=True
        ),
        _row(
            "megadev_getStateChanges",
            "hash",
            "accounts changed, storage by variable name",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row("trace_transaction", "hash", "flat traces", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("trace_get", "hash, [index]", "flat trace", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("trace_block", "block", "flat traces", FULL, heavy=True, asks=Asks.BLOCK_TRACE),
        _row("trace_filter", "filter", "flat traces", FULL, heavy=True),
        _row("trace_call", "call, kinds, block?, state overrides?, block overrides?", "trace", FULL, heavy=True),
        _row("trace_callMany", "[[call, kinds]], block?", "traces", FULL, heavy=True),
        _row("trace_rawTransaction", "signed bytes, kinds, block?", "trace", FULL, heavy=True),
        _row("trace_replayTransaction", "hash, kinds", "trace", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("trace_replayBlockTransactions", "block, kinds", "traces", FULL, heavy=True, asks=Asks.BLOCK_TRACE),
        _row("trace_transactionOpcodeGas", "hash", "gas by opcode", FULL, heavy=True),
        _row("trace_blockOpcodeGas", "block", "gas by opcode", FULL, heavy=True),
    ),
    "Otterscan and Erigon": (
        _row("erigon_getHeaderByNumber", "block", "header", FULL),
        _row("ots_getApiLevel", "", "8", FULL),
        _row("ots_getInternalOperations", "hash", "operations", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("ots_traceTransaction", "hash", "call tree", FULL, heavy=True, asks=Asks.TRANSACTION_TRACE),
        _row("ots_getTransactionError", "hash", "revert data", FULL, asks=Asks.TRANSACTION_TRACE),
        _row("ots_hasCode", "address, block?", "bool", FULL),
        _row("ots_getBlockDetails", "block", "block with fees, without transactions", FULL),
        _row("ots_getBlockDetailsByHash", "hash", "block with fees, without transactions", FULL),
        _row("ots_getBlockTransactions", "block, page, page size", "transactions and receipts", FULL, heavy=True),
        _row("ots_searchTransactionsBefore", "address, block, page size", "a page of transactions", FULL, heavy=True),
        _row("ots_searchTransactionsAfter", "address, block, page size", "a page of transactions", FULL, heavy=True),
        _row("ots_getTransactionBySenderAndNonce", "address, nonce", "hash or null", FULL),
        _row("ots_getContractCreator", "address", "hash and creator, or null", FULL, heavy=True),
    ),
    "Mining and time": (
        _row(
            "testing_buildBlockV1",
            "parent's hash, payload attributes, [bytes] or null, extra data?",
            "payload",
            FULL,
            heavy=True,
        ),
        _row(
            "testing_commitBlockV1",
            "payload attributes, [bytes] or null, extra data?",
            "block hash",
            "partial: on a chain that settles on L1, what the protocol puts first in a block comes first",
            writes=True,
        ),
        _row("anvil_mine", "count?, seconds between?", "null", FULL, "hardhat_mine", writes=True),
        _row("evm_mine", "timestamp or {timestamp, blocks}?", "0x0", FULL, writes=True),
        _row(
            "anvil_mine_detailed", "timestamp or {timestamp, blocks}?", "blocks", FULL, "evm_mine_detailed", writes=True
        ),
        _row("anvil_getAutomine", "", "bool", FULL, "hardhat_getAutomine"),
        _row("anvil_setAutomine", "bool", "null", FULL, "evm_setAutomine", writes=True),
        _row("anvil_getIntervalMining", "", "seconds or null", FULL),
        _row("anvil_setIntervalMining", "seconds", "null", FULL, "evm_setIntervalMining", writes=True),
        _row("anvil_increaseTime", "seconds, alone?", "total offset in seconds", FULL, "evm_increaseTime", writes=True),
        _row("anvil_setTime", "timestamp, alone?", "seconds jumped, 0 if back", FULL, "evm_setTime", writes=True),
        _row("anvil_setNextBlockTimestamp", "timestamp", "null", FULL, "evm_setNextBlockTimestamp", writes=True),
        _row("anvil_setBlockTimestampInterval", "seconds", "null", FULL, writes=True),
        _row("anvil_removeBlockTimestampInterval", "", "bool", FULL, writes=True),
        _row("anvil_getGenesisTime", "", "timestamp", FULL),
        _row("anvil_getLastBlockWallTime", "", "milliseconds", FULL),
    ),
    "Accounts and state, changed at will": (
        _row("anvil_impersonateAccount", "address", "null", FULL, "hardhat_impersonateAccount", writes=True),
        _row(
            "anvil_stopImpersonatingAccount", "address", "null", FULL, "hardhat_stopImpersonatingAccount", writes=True
        ),
        _row("anvil_autoImpersonateAccount", "bool", "null", FULL, "hardhat_autoImpersonateAccount", writes=True),
        _row("anvil_impersonateSignature", "signature or [signature, address], address?", "null", FULL, writes=True),
        _row("anvil_setBalance", "address, wei", "null", FULL, *_SET_BALANCE, writes=True),
        _row(
            "anvil_addBalance", "address, wei", "null", FULL, "hardhat_addBalance", "tenderly_addBalance", writes=True
        ),
        _row("anvil_setCode", "address, code", "null", FULL, "hardhat_setCode", "evm_setAccountCode", writes=True),
        _row("anvil_setNonce", "address, nonce", "null", FULL, "hardhat_setNonce", "evm_setAccountNonce", writes=True),
        _row("anvil_setStorageAt", "address, slot, word", "true", FULL, *_SET_STORAGE, writes=True),
        _row(
            "anvil_dealERC20",
            "holder, token, amount",
            "null",
            FULL,
            "hardhat_dealERC20",
            "anvil_setERC20Balance",
            writes=True,
            heavy=True,
        ),
        _row("anvil_setERC20Allowance", "owner, spender, token, amount", "null", FULL, writes=True, heavy=True),
        _row("evm_addAccount", "address or private key, password?", "true", FULL, writes=True),
        _row("evm_removeAccount", "address, password?", "bool", FULL, writes=True),
        _row("personal_importRawKey", "private key, password?", "address", FULL, writes=True),
    ),
    "Chain and node, changed at will": (
        _row("anvil_snapshot", "", "snapshot id", FULL, "evm_snapshot", writes=True),
        _row("anvil_revert", "snapshot id", "bool", FULL, "evm_revert", writes=True, heavy=True),
        _row("anvil_dumpState", "with history?", "compressed state", FULL, "hardhat_dumpState", writes=True),
        _row("anvil_loadState", "state", "true", FULL, "hardhat_loadState", writes=True, heavy=True),
        _row(
            "anvil_reset",
            "{forking}?",
            "null",
            FULL,
            "hardhat_reset",
            writes=True,
            reaches="other hosts, with jsonRpcUrl",
        ),
        _row("anvil_reorg", "depth, [[transaction or bytes, block index]]?", "null", FULL, writes=True, heavy=True),
        _row("anvil_rollback", "depth?", "null", FULL, writes=True, heavy=True),
        _row("anvil_dropTransaction", "hash", "hash or null", FULL, "hardhat_dropTransaction", writes=True),
        _row("anvil_dropAllTransactions", "", "null", FULL, "hardhat_dropAllTransactions", writes=True, heavy=True),
        _row("anvil_removePoolTransactions", "address", "null", FULL, writes=True, heavy=True),
        _row("anvil_setCoinbase", "address", "null", FULL, "hardhat_setCoinbase", writes=True),
        _row("anvil_setChainId", "chain id", "null", FULL, writes=True, heavy=True),
        _row("anvil_setLoggingEnabled", "bool", "null", FULL, "hardhat_setLoggingEnabled", writes=True),
        _row("anvil_setMinGasPrice", "wei", "-32602: there is a base fee", FULL, "hardhat_setMinGasPrice", writes=True),
        _row("anvil_setNextBlockBaseFeePerGas", "wei", "null", FULL, "hardhat_setNextBlockBaseFeePerGas", writes=True),
        _row("anvil_setNextBlockPrevRandao", "word", "null", FULL, *_SET_RANDAO, writes=True),
        _row("anvil_setBlockGasLimit", "gas", "true", FULL, "evm_setBlockGasLimit", writes=True),
        _row("anvil_setRpcUrl", "url", "null", FULL, writes=True, reaches="other hosts"),
        _row("anvil_nodeInfo", "", "head, environment and fork", FULL),
        _row("anvil_metadata", "", "client, chain and snapshots", FULL, "hardhat_metadata"),
        _row("anvil_getBlobByHash", "versioned hash", "blob or null", FULL, heavy=True),
        _row("anvil_getBlobsByTransactionHash", "hash", "blobs or null", FULL, heavy=True),
        _row("anvil_classifyTransaction", "signed bytes", "", _NO_TEMPO),
        _row("anvil_setFeeToken", "", "", _NO_TEMPO, *_TEMPO),
    ),
    "Contracts and their sources": (
        _row("megadev_addArtifact", "artifact, address?", "what was learned", FULL, writes=True, heavy=True),
        _row("megadev_listArtifacts", "", "names, sources and where they come from", FULL, heavy=True, reaches="files"),
        _row(
            "megadev_getArtifact",
            "address or name",
            "name, source, ABI and code, or null",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row("megadev_getSources", "address", "source files by path", FULL, heavy=True, reaches="files"),
        _row("megadev_getStorage", "address, start?", "slots with variable names", FULL, heavy=True, reaches="files"),
        _row("megadev_listContracts", "", "known contracts on this chain", FULL, heavy=True, reaches="files"),
        _row(
            "megadev_trackContract",
            "address, artifact or name",
            "contract, whether code and layout are known",
            FULL,
            writes=True,
            reaches="files",
        ),
        _row(
            "megadev_listDeployments",
            "",
            "the watched project's contracts on both chains",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row("megadev_reloadPlan", "", "what reloading would do now", FULL, writes=True, reaches="files and programs"),
        _row("megadev_reloadApply", "force?", "what was reloaded", FULL, writes=True, reaches="files and programs"),
        _row("megadev_reloadUndo", "", "what was undone", FULL, writes=True, reaches="files and programs"),
    ),
    "MegaETH and the rollup": (
        _row("realtime_sendRawTransaction", "signed bytes, timeout ms?", "receipt", FULL, writes=True),
        _row("megadev_getPreconfirmation", "hash", "a signed promise and what became of it, or null", FULL),
        _row("megadev_sequencerAt", "block?", "whose signatures count for it", FULL),
        _row("megadev_durable", "", "up to which block of each chain a crash takes nothing", FULL),
        _row("megadev_chainConfig", "", "L2 and L1 as viem's chain objects, with every address", FULL),
        _row(
            "megadev_getReplicaUpdates",
            "first?, limit?",
            "sealed blocks with what they changed, signed, for a replica",
            FULL,
            heavy=True,
        ),
        _row("megadev_genesis", "", "the chain's first block as a genesis.json, its rules included", FULL, heavy=True),
        _row("megadev_sequencer_status", "", _SEQUENCER, FULL),
        _row("megadev_sequencer_pause", "", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_resume", "", _SEQUENCER, FULL, writes=True, heavy=True),
        _row("megadev_sequencer_crash", "{survive?, blocks?, reads?}?", _SEQUENCER, FULL, writes=True, heavy=True),
        _row("megadev_sequencer_restart", "", _SEQUENCER, FULL, writes=True, heavy=True),
        _row("megadev_sequencer_rotateKey", "{key?, block?}?", "who signs from which block on", FULL, writes=True),
        _row("megadev_sequencer_setLatency", "{answer?, stream?, seed?}", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_reorder", "", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_withhold", "{transactions?, addresses?, delay?}", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_censor", "addresses", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_equivocate", "", _SEQUENCER, FULL, writes=True),
        _row("megadev_sequencer_behave", "", _SEQUENCER, FULL, writes=True, heavy=True),
        _row(
            "megadev_sequencer_evidence",
            "",
            "broken promises, equivocations and void mini-blocks, signed",
            FULL,
            heavy=True,
        ),
        _row("megadev_fault_list", "", "every fault, what clients see of it, and whether it is on", FULL),
        _row("megadev_fault_set", "name, [argument]?", _FAULTS, FULL, writes=True, heavy=True),
        _row("megadev_fault_clear", "name?", _FAULTS, FULL, writes=True, heavy=True),
        _row(
            "megadev_parallelism",
            "block or hash?, {blocks}?",
            "what could have run side by side, and the variables that conflict",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row(
            "megadev_gasReport",
            "hash or call, block?",
            "gas by frame, function and line",
            FULL,
            heavy=True,
            reaches="files",
        ),
        _row("megadev_oracle_status", "", _ORACLE, FULL),
        _row("megadev_oracle_setSlots", "{slot: value?, …}", _ORACLE, FULL, writes=True),
        _row("megadev_oracle_hints", "limit?", "what contracts told the oracle (sendHint), newest first", FULL),
        _row("megadev_salt_status", "", _SALT, FULL),
        _row("megadev_salt_setCapacities", "{bucket: capacity?, …}", _SALT, FULL, writes=True),
        _row("megadev_salt_bucketOf", "address, slot?, block?", "bucket, capacity and multiplier", FULL),
        _row("mega_getAccountInfo", "address, block?", "account", _INTERNAL),
        _row("mega_getWithdrawalProof", "address, [slot], block?", "proof", FULL, *_WITHDRAWAL, heavy=True),
        _row("mega_getBlockWitness", "{blockNumber, blockHash?}", "witness", _NO_SALT),
        _row("optimism_outputAtBlock", "block number", "output root", FULL, "mega_outputAtBlock", heavy=True),
        _row("optimism_syncStatus", "", "heads of both chains", FULL),
        _row("optimism_rollupConfig", "", "rollup configuration", FULL, heavy=True),
        _row("optimism_version", "", "version", FULL),
        _row("optimism_safeHeadAtL1Block", "L1 block number", "the L2 block that was safe then", FULL),
        _row("megadev_getBatches", "limit?", "channels on L1, their contents and cost, newest first", FULL, heavy=True),
        _row("megadev_batcher_status", "", _BATCHER, FULL),
        _row("megadev_batcher_start", "", _BATCHER, FULL, "admin_startBatcher", writes=True, heavy=True),
        _row("megadev_batcher_stop", "", _BATCHER, FULL, "admin_stopBatcher", writes=True),
        _row("megadev_batcher_set", _HOW_TO_POST, _BATCHER, FULL, writes=True),
        _row(
            "megadev_batcher_flush",
            "{da?, format?, compression?}?",
            _BATCHER,
            FULL,
            "admin_flushBatcher",
            writes=True,
            heavy=True,
        ),
        _row("megadev_da_status", "", _STORE, FULL),
        _row("megadev_da_misbehave", "{withhold?, delay?, corrupt?}?", _STORE, FULL, writes=True),
        _row("megadev_getBridgeStatus", "", "every message, its state and the next step", FULL, heavy=True),
        _row("megadev_getWithdrawal", "withdrawal hash", "its state and the L1 call that comes next", FULL, heavy=True),
        _row(
            "megadev_proposeOutput",
            "{from?, blockNumber?, outputRoot?, parentIndex?}?",
            "the claim, or null",
            FULL,
            writes=True,
            heavy=True,
        ),
        _row("megadev_getGames", "", "every claim about L2 on L1, and how it stands", FULL, heavy=True),
        _row("megadev_challengeGame", "index, {from?}?", "the game", FULL, writes=True, heavy=True),
        _row("megadev_resolveGame", "index, {from?}?", "the game", FULL, writes=True, heavy=True),
        _row("megadev_claimBond", "index, {from?, recipient?}?", "the game", FULL, writes=True, heavy=True),
        _row(
            "megadev_sequencer_submitEvidence",
            "{from?, skipWindow?}?",
            "what became of each piece, and of the bonds",
            FULL,
            writes=True,
            heavy=True,
        ),
        _row("megadev_attestRange", "from block, to block", "a signed re-execution", FULL, heavy=True),
        _row(
            "megadev_proveRange",
            "from block, to block, {from?}?",
            "the game and a signed re-execution",
            FULL,
            writes=True,
            heavy=True,
        ),
        _row(
            "megadev_submitAttestation",
            "index, {attester, signature, seal}",
            "how many attesters have signed",
            FULL,
            writes=True,
            heavy=True,
        ),
        _row("megadev_blacklistGame", "index", "the game", FULL, writes=True, heavy=True),
        _row("megadev_retireGames", "", "every game", FULL, writes=True, heavy=True),
        _row("megadev_setRespectedGameType", "game type", "every game", FULL, writes=True, heavy=True),
        _row("megadev_setL1Fees", "[{baseFee, blobBaseFee?}]", "null", FULL, writes=True),
        _row(
            "megadev_skipWithdrawalWindows",
            "withdrawal hash?",
            "seconds that passed on both chains",
            FULL,
            writes=True,
            heavy=True,
        ),
    ),
}

CATALOG: tuple[Entry, ...] = tuple(
    msgspec.structs.replace(entry, group=group) for group, entries in GROUPS.items() for entry in entries
)
"""All rows, in the order of the groups."""
