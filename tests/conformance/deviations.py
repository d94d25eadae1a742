"""Where megadev answers otherwise than Anvil 1.7.1, and why: one table, which README shows and the replay checks.

A row without ``explains`` is about something that the conversations cannot show.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """One place where an answer of Anvil's is not the one written in a conversation.

    ``conversation``: ``method/case#id``. ``path``: where in the answer, ``[]`` for any place in a list. ``kind``:
    ``value``, ``type``, ``length`` (of a list), ``only here``, ``only there`` (members of objects), ``words`` (of an
    error's message), ``code … for …``, ``refused here``, ``refused there``, ``not offered`` (by Anvil), ``unanswered``.
    """

    conversation: str
    method: str
    path: str
    kind: str
    ours: Any
    theirs: Any


@dataclass(frozen=True)
class Deviation:
    """One row of README's table, in Markdown.

    ``explains``: patterns ``who | path | kind``, each part a choice of texts separated by commas, ``*`` for anything;
    ``who`` is a method, or a conversation where it has a slash. The first row that fits a difference explains it.
    """

    what: str
    here: str
    there: str
    why: str
    explains: tuple[str, ...] = ()


_RECEIPTS = "eth_getTransactionReceipt,eth_getBlockReceipts,eth_sendTransactionSync,eth_sendRawTransactionSync"
_GETH = "as geth"

DEVIATIONS: tuple[Deviation, ...] = (
    # -- blocks and time
    Deviation(
        "sealing",
        "a block is sealed right after the answer to its transaction is written, before the next request is read: a "
        "receipt asked for next always exists",
        "mines on a task of its own: a receipt asked for at once may be missing",
        "the sender need not wait for a root",
    ),
    Deviation(
        "timestamps",
        "blocks never share one unless `--allow-same-timestamp` is given: a burst of blocks within a second is dated "
        "ahead of the clock; none is dated before its parent, though the clock was set back",
        "blocks may share one; after `evm_setTime` into the past block timestamps decrease too",
        "Ethereum's rule; contracts divide by the time between blocks",
        ("anvil_setTime/moves#9 | result.timestamp | value",),
    ),
    Deviation(
        "genesis block",
        "its state root contains the funded accounts; the base fee falls from it by EIP-1559",
        "the state root of an empty state; block 1 has the same base fee again",
        "proofs against block 0 hold; the rule has no exception (but for `megadev anvil`, which has Anvil's)",
    ),
    Deviation(
        "`size` of a block",
        "counts its empty list of withdrawals",
        "one byte less",
        f"{_GETH}: it is the length of the block's RLP",
        ("* | *.size | value",),
    ),
    Deviation(
        "pending blocks",
        "`hash`, `nonce` and `miner` are null, and so is the place of their transactions, which "
        "`eth_getTransactionByBlockNumberAndIndex` finds",
        "look like sealed ones; their transactions are not found",
        f"{_GETH}: clients recognise pending blocks by it",
        (
            "eth_getBlockByNumber/pending* | *.hash,*.nonce,*.miner | type",
            "eth_getBlockByNumber/pending* | *.transactions[].block*,*.transactions[].transactionIndex | type,only there",
            "eth_getTransactionByBlockNumberAndIndex/pending* | result | type",
        ),
    ),
    Deviation(
        "order of transactions in a block",
        "by what each pays the block's builder per gas, then by arrival",
        "by fee cap, then by arrival",
        _GETH,
        (
            "eth_getBlockByNumber/pending* | *.transactions[].*,*.transactionsRoot,*.receiptsRoot | *",
            "anvil_mine_detailed/blocks#1 | *.transactions[].*,*.transactionsRoot,*.receiptsRoot | *",
            "evm_mine/pool#2 | result.transactions[],result.transactionsRoot,result.receiptsRoot | value",
            "eth_feeHistory/pending* | *.oldestBlock,*.gasUsedRatio[],*.reward[][] | value",
        ),
    ),
    Deviation(
        "timestamps in milliseconds",
        "recognised by every method that takes a time",
        "not by `evm_mine`",
        "they come from JavaScript's `Date.now()`",
        ("evm_mine/blocks#* | result.timestamp | value",),
    ),
    Deviation(
        "`anvil_mine_detailed`",
        "`revertReason` also of what failed without return data: `execution reverted`, `out of gas`…",
        "`revertReason` only where there is return data; no `output` after a halt",
        "why a transaction failed is what people want to know",
        ("anvil_mine_detailed/outputs#* | *.transactions[].revertReason,*.transactions[].output | only here",),
    ),
    # -- transactions and receipts
    Deviation(
        "receipts: `blockTimestamp`, `blobGasPrice`",
        "no `blockTimestamp`, except with `megadev anvil` (in hex); `blobGasPrice` for blob transactions only",
        "`blockTimestamp` as a number; `blobGasPrice` always",
        f"{_GETH}: clients and suites that check the execution API's schema refuse other members",
        (f"{_RECEIPTS} | *.blockTimestamp,*.blobGasPrice | only there",),
    ),
    Deviation(
        "`gasPrice` of a waiting transaction",
        "its fee cap",
        "what it would pay in the next block",
        _GETH,
        ("eth_getTransactionByHash,eth_getTransactionBySenderAndNonce,eth_fillTransaction | *.gasPrice | value",),
    ),
    Deviation(
        "fee caps that are filled in",
        "twice the base fee, and the tip",
        "the base fee, and the tip",
        f"{_GETH}: it survives five full blocks",
        (
            "eth_fillTransaction | result.raw,*.maxFeePerGas | value",
            "eth_sendTransaction/mined,eth_sendTransaction/mined#* | *.maxFeePerGas,*.r,*.s,*.v,*.yParity,result | value",
            "eth_sendTransaction/creates#*,eth_sendTransaction/reverts#* | result,*.transactionHash | value",
        ),
    ),
    Deviation(
        "`eth_signTransaction`",
        "an object with the bytes and the transaction, `{raw, tx}`; the bytes alone for Foundry's programs, with "
        "`megadev anvil` and with `?dialect=anvil`",
        "the bytes alone",
        f"{_GETH}: web3.py and web3.js read the object; cast can read only the bytes",
        ("eth_signTransaction/signs#* | result | type",),
    ),
    Deviation(
        "`eth_fillTransaction` of a legacy transaction",
        "`v` is zero until it is signed",
        "`v` says the chain id",
        _GETH,
        ("eth_fillTransaction | *.tx.v | value",),
    ),
    Deviation(
        "replacing a waiting transaction",
        "takes fees higher by a tenth",
        "takes any higher fee",
        _GETH,
        ("eth_sendTransaction/replaces#3 |  | refused here",),
    ),
    Deviation(
        "`anvil_dropTransaction`",
        "drops queued transactions too",
        "drops pending ones only",
        "they wait in the same txpool",
        ("anvil_dropTransaction/* | result,*.queued | type,value",),
    ),
    # -- calls
    Deviation(
        "calls and estimates that cannot be paid for",
        "refused: a price below the base fee, a value that the sender does not have",
        "run",
        _GETH,
        ("eth_call/pays#2 |  | refused here", "eth_estimateGas/fails#5 |  | refused here"),
    ),
    Deviation(
        "`BASEFEE` in calls without a price",
        "0, overridden or not",
        "the block's, or the overriding one",
        _GETH,
        ("eth_call/overrides#7 | result | value",),
    ),
    Deviation(
        "call objects that contradict themselves or know unknown overrides",
        "-32602",
        "one of the two is taken, the rest ignored",
        "a typing error should not look like a result",
        (
            "eth_call/refused#5,eth_call/refused#6,eth_call/refused#7,eth_call/refused#12 | error.code,error.data | *",
            "eth_sendTransaction/refused#9 | error.code | *",
            "eth_signTransaction/refused#3 |  | refused here",
            "eth_fillTransaction/refused#* |  | refused here",
        ),
    ),
    Deviation(
        "`eth_createAccessList`",
        "of a call that fails: the list too, with `error`",
        "of a call that fails: the error alone",
        _GETH,
        ("eth_createAccessList/lists#3 |  | refused there",),
    ),
    Deviation(
        "`eth_simulateV1`",
        "as the execution API has it: whole headers, roots, gaps filled with empty blocks, validation, error codes",
        "blocks without parents and roots, beginning with the number of the head; no validation of block order",
        _GETH,
        ("eth_simulateV1 | * | *",),
    ),
    # -- tracing
    Deviation(
        "struct logs",
        "always filled; `limit` is kept; no step where there is no code; `error` in geth's words; `refund` only "
        "where there is one; no `memory` while it is empty; a creation costs what it charges itself",
        "empty unless started with `--steps-tracing`; `limit` is ignored; a `STOP` in every empty creation; `error` as "
        "`Some(InvalidFEOpcode)`; an empty list for empty memory; a creation costs also the gas it hands on",
        _GETH,
        (
            "debug_traceTransaction/contract#*,debug_traceCall/calls#* | result.structLogs | length",
            "debug_traceCall | result.structLogs[].refund,result.structLogs[].memory | only there",
            "debug_traceCall/failures#3 | result.structLogs[].storage.* | only here",
            "debug_traceCall/failures#* | result.structLogs[].error | value",
        ),
    ),
    Deviation(
        "`callTracer`'s `gasUsed` and `error`",
        "what the transaction itself used, also in a block; geth's words",
        "in a block, what all until then had used; `StackUnderflow`",
        _GETH,
        (
            "debug_trace* | result.gas,result[].result.gas,result[].result.gasUsed | value",
            "debug_traceCall/failures#* | result.error | value",
        ),
    ),
    Deviation(
        "`prestateTracer`",
        "accounts that were empty before only with `includeEmpty`; `codeHash`; `txIndex` is kept",
        "always; never; ignored",
        f"{_GETH}, since 1.16",
        (
            "debug_traceTransaction,debug_traceCall | *.codeHash | only here",
            "debug_traceTransaction | result.0x*,result.pre.0x* | only there",
            "debug_traceCall/where#1 | *.balance | value",
        ),
    ),
    Deviation(
        "`flatCallTracer`, `muxTracer`; tracers in JavaScript",
        "the first two work; JavaScript is refused",
        "the first two answer `{}`; JavaScript runs",
        "there is no JavaScript in Python",
        (
            "debug_traceTransaction,debug_traceBlockByNumber | result,result[].result | type",
            "debug_traceTransaction/several_tracers#1 | result.* | only here",
        ),
    ),
    Deviation(
        "what cannot be traced",
        "refused: transactions that are unknown or wait (-32000 `transaction not found`), unknown blocks (-32000), the "
        "genesis block, `txIndex` beyond the block, options that cannot be used (-32602)",
        "an empty trace as if all were well; -32001, -32602; -32603 for unknown tracers",
        f"{_GETH}: a mistake should not look like a result",
        (
            "debug_traceTransaction/refused#*,debug_traceTransaction/waiting#* |  | refused here",
            "debug_traceBlockBy*/refused#*,debug_traceCall/refused#* |  | refused here",
            "debug_trace* | error.code | code -32000 for -32001,code -32000 for -32602,code -32602 for -32603",
        ),
    ),
    Deviation(
        "`debug_traceBlockByNumber` of `pending`",
        "what waits, as it would run",
        "the latest block",
        "its number is asked for",
        ("debug_traceBlockByNumber/pending#1 | result | length",),
    ),
    # -- fees
    Deviation(
        "`eth_feeHistory`",
        "the last base fee is that of the block after the range; no `reward` where none was asked for; nothing for "
        "0 blocks; unsorted or impossible percentiles and ranges beyond the head are refused",
        "the last base fee is always the next block's; `reward` is always there; 0 means 1; nothing is refused",
        _GETH,
        (
            "eth_feeHistory | *.baseFeePerGas[] | value",
            "eth_feeHistory | *.reward | only there",
            "eth_feeHistory/none#* | * | length,value",
            "eth_feeHistory/refused#* |  | refused here",
        ),
    ),
    # -- signatures, signed bytes
    Deviation(
        "EIP-712 data in which a member that is a struct is missing",
        "32 zero bytes in its place in `eth_signTypedData_v4`",
        "refused",
        "as MetaMask, whose method it is",
        ("eth_signTypedData_v4/refused#6 |  | refused there",),
    ),
    Deviation(
        "`eth_sendRawTransaction`",
        "refuses bytes behind the transaction; an unknown type: -32003 `transaction type not supported`; another "
        "chain's id: -32602, as `eth_sendTransaction`",
        "ignores them; -32602 `Failed to decode transaction`; -32003",
        "clients tell these mistakes by their words",
        (
            "eth_sendRawTransaction/refused#* |  | refused here",
            "eth_sendRawTransaction | error.code | code -32003 for -32602,code -32602 for -32003",
        ),
    ),
    # -- errors
    Deviation(
        "words of errors",
        "geth's where clients look for them, then what is wrong with which argument, and what to do",
        "its own",
        "people read them",
        ("* | error.message | words",),
    ),
    Deviation(
        "unknown blocks",
        "state asked for: -32000 `header not found`; counts and logs: null and nothing",
        "-32602 `BlockOutOfRangeError`, or -32001 `Resource not found`",
        _GETH,
        (
            "eth_call,eth_estimateGas,eth_createAccessList,eth_get* | error.code | "
            "code -32000 for -32602,code -32000 for -32001",
            "eth_getBlockTransactionCountByNumber,eth_getLogs |  | refused there",
            "eth_getUncleCountByBlockHash,eth_getUncleCountByBlockNumber |  | refused there",
        ),
    ),
    Deviation(
        "accounts without a key",
        "-32000 `unknown account`",
        "-32602 `No Signer available`",
        _GETH,
        ("eth_send*,eth_sign*,personal_sign | error.code | code -32000 for -32602",),
    ),
    Deviation(
        "calls that end exceptionally",
        "-32000 with geth's words: `out of gas`, `invalid opcode: …`, `gas required exceeds allowance`",
        "-32603 `EVM error …`, -32003 `Out of gas`",
        f"{_GETH}: clients tell them by their words",
        (
            "eth_call/fails#* | error.code | code -32000 for -32603",
            "eth_estimateGas/fails#* | error.code | code -32000 for -32003",
        ),
    ),
    Deviation(
        "a tip above the fee cap",
        "-32003, in calls as in transactions",
        "-32602 in calls",
        "one mistake, one code",
        ("eth_call/pays#3 | error.code | code -32003 for -32602",),
    ),
    Deviation(
        "`eth_getWork`, `eth_submitWork`, `eth_submitHashrate`",
        "-32601, with the reason",
        "-32603 `Not implemented`",
        "the code for methods that are not there",
        ("eth_getWork,eth_submitWork,eth_submitHashrate | error.code | code -32601 for -32603",),
    ),
    Deviation(
        "`eth_sendRawTransactionSync`, `eth_sendTransactionSync`",
        "take a timeout; after it, error 4 with the hash",
        "wait 30 seconds; take no timeout",
        "EIP-7966",
        ("eth_sendRawTransactionSync/times-out#*,eth_sendTransactionSync/times-out#* | error.code,error.data | *",),
    ),
    # -- leniency
    Deviation(
        "arguments that may be left out, or come in another form",
        "the block of a query, `newFilter`'s criteria, `rollback`'s depth; storage keys without leading zeros; the "
        "password of `personal_sign`; `blocks` alone for `evm_mine_detailed`; `anvil_reorg`'s arguments as one object; any method's parameters by name; "
        "an empty object for `anvil_reset`; `true` for whole transactions in a pending filter",
        "refused with -32602",
        "clients send all of these",
        (
            "eth_getBalance/tags#2,eth_getBlockByNumber/hashes#2,eth_newFilter/watches#7,anvil_rollback/* | * | *",
            "eth_getProof/*,eth_getStorageValues/* |  | refused there",
            "personal_sign/signs#2,anvil_mine_detailed/blocks#2 |  | refused there",
            "anvil_reorg/object#* | * | *",
            "anvil_reset/fresh#* | * | *",
            "eth_newPendingTransactionFilter/watches#4 |  | refused there",
        ),
    ),
    Deviation(
        "arguments that can only be mistakes",
        "refused with -32602: bytes and addresses without 0x; a filter's range upside down, or of an unknown block; a "
        "gas limit or chain id of 0; nonces, limits and times out of all range; an invalid URL; numbers in decimal text, "
        "but in methods of development nodes",
        "taken",
        "nothing that follows would work",
        (
            "eth_getBalance/refused#5,web3_sha3/not-hex#2,eth_newFilter/refused#* |  | refused here",
            "eth_getLogs/ranges#3 |  | refused here",
            "anvil_setBlockGasLimit,anvil_setNonce,anvil_setChainId,anvil_setRpcUrl |  | refused here",
            "anvil_setChainId/refused#* | result | value",
            "anvil_setBlockTimestampInterval,anvil_setIntervalMining |  | refused here",
        ),
    ),
    # -- traces of calls
    Deviation(
        "`trace_*` of what is not there",
        "null for an unknown transaction or block; a range beyond the head finds nothing",
        "an empty list, as if nothing had been called; refused",
        "as Erigon and reth",
        (
            "trace_transaction/none#*,trace_block/traces#4,trace_replayBlockTransactions/replays#5 | result | type",
            "trace_filter/finds#8 |  | refused there",
        ),
    ),
    Deviation(
        "`trace_block`, `trace_replayBlockTransactions`, `trace_filter`",
        "take blocks by number, tag or hash",
        "take numbers; `trace_filter` takes no tags",
        "clients send all of these",
        ("trace_block,trace_replayBlockTransactions |  | refused there", "trace_filter/finds#3 |  | refused there"),
    ),
    Deviation(
        "calls of precompiles in `trace_*`",
        "left out within transactions, unless they transfer value",
        "all of them in `trace_transaction`, none in `trace_replayBlockTransactions`",
        "as OpenEthereum",
    ),
    Deviation(
        "writing in a static call, in `trace_*` and `callTracer`",
        "`Mutable Call In Static Context`, `write protection`",
        "`StateChangeDuringStaticCall`",
        "as OpenEthereum and geth",
    ),
    Deviation(
        "`callTracer`'s top frame",
        "`gas` is the transaction's gas limit",
        "`gas` is what is left of it after the intrinsic gas",
        _GETH,
    ),
    Deviation(
        "`stateDiff` of accounts that did not exist",
        '`{"+": …}` for everything about them',
        '`{"*": …}` for the balance, from zero, unless they are contracts',
        "as OpenEthereum: who applies it knows that they begin to exist",
    ),
    Deviation(
        "`vmTrace`",
        "`used` is the gas left after an instruction, `mem` what it wrote, `store` what it stored, `push` what calls "
        "pushed, too; `ex` is null where it failed",
        "`used` is the gas before it, `mem` all of memory, `store` null, nothing pushed by calls; `ex` always there",
        "as OpenEthereum and Erigon",
        ("trace_replayBlockTransactions/replays#3 | *.vmTrace.* | type,value",),
    ),
    # -- Otterscan
    Deviation(
        "`ots_traceTransaction`, `ots_getInternalOperations`",
        "creations and self-destructs are among the calls; operations are those within the transaction that lasted",
        "only calls; the transaction's own transfer is an operation, and so are refused and reverted ones",
        "Otterscan's documentation and Erigon; only moved ether is a transfer",
        ("ots_traceTransaction/calls#4,ots_getInternalOperations/operations#1 | result | length",),
    ),
    Deviation(
        "`ots_*` of what is not there",
        "null for a block, -32000 for a transaction; `ots_hasCode` as `eth_getCode`",
        "-32001 for a block; -32603, an empty list or `0x` for a transaction; -32602",
        "as Erigon: no answer says that nothing happened",
        (
            "ots_getBlock* |  | refused there",
            "ots_getInternalOperations,ots_hasCode | error.code | *",
            "ots_getTransactionError/errors#3,ots_traceTransaction/calls#5 |  | refused here",
        ),
    ),
    Deviation(
        "`ots_getBlockDetails`, `ots_getBlockTransactions`",
        "`logsBloom` and the receipts' `logs` are null; page 0 has a block's last transactions; `transactionCount` is the "
        "block's",
        "both are filled in; page 0 has the first ones; `transactionCount` is the page's",
        "Otterscan's documentation and Erigon",
        (
            "ots_getBlock* | *.logsBloom,*.logs | type",
            "ots_getBlockTransactions/pages#* | *.transactionCount | value",
            "ots_getBlockTransactions/pages#2 | *.receipts[].*,*.transactions[].* | value",
            "ots_* | *.receipts[].blobGasPrice | only there",
        ),
    ),
    Deviation(
        "pages of no transactions",
        "refused",
        "taken",
        "a page size of 0 is a mistake",
        ("ots_getBlockTransactions,ots_searchTransactions* |  | refused here",),
    ),
    Deviation(
        "`erigon_getHeaderByNumber`",
        "a header",
        "a block without its transactions",
        "as Erigon",
        ("erigon_getHeaderByNumber | * | only there",),
    ),
    # -- Hardhat's names
    Deviation(
        "`hardhat_*`, and Ganache's `evm_setAccount*`",
        "as Hardhat and Ganache document them: `true`, also from `hardhat_mine`; from `hardhat_stopImpersonatingAccount` "
        "and `hardhat_dropTransaction` whether there was one; no members of Anvil's in `hardhat_metadata`",
        "as the `anvil_*` methods: null, a hash, all members",
        "hardhat-network-helpers and Hardhat's plugins read these answers; clients of Anvil's ask `anvil_*` and the other "
        "`evm_*`, which answer as Anvil does",
        (
            "hardhat_*,evm_setAccount* | result | type",
            "hardhat_metadata | result.* | only there",
        ),
    ),
    # -- methods
    Deviation(
        "methods that Anvil 1.7.1 does not have",
        "geth's, Hardhat's, Ganache's, and later ones of Anvil's own: see the tables below",
        "-32601, or `Not implemented`",
        "clients of those nodes call them",
        (
            "* |  | not offered",
            "eth_signTypedData_v3 | error.code | *",
            "eth_signTypedData_v3,eth_signTypedData |  | refused there",
            "anvil_setBalance/sets#*,anvil_setCode/sets#*,anvil_setStorageAt/sets#* | result | value",
            "evm_addAccount/*,evm_removeAccount/*,personal_importRawKey/* | * | *",
            "anvil_setNextBlockPrevRandao/* | * | *",
            "debug_clearTxpool/clears#3 | result.pending,result.queued | value",
            "debug_setHead/back#*,testing_commitBlockV1/commits#4 | result | value",
            "testing_commitBlockV1/commits#2 | result.* | value,length",
        ),
    ),
    Deviation(
        "`debug_codeByHash`, `debug_dbGet`",
        "the block must exist; a key is looked up",
        "the block is not looked at; `debug_dbGet` refuses every request, as it wants its parameters not to be a list",
        _GETH,
        ("debug_codeByHash/refused#3 |  | refused here", "debug_dbGet/* | error.code, | *"),
    ),
    Deviation(
        "`anvil_setChainId`",
        "the node signs for the new id",
        "it can no longer sign",
        "dev accounts stay usable",
        ("anvil_setChainId/sets#5 |  | refused there",),
    ),
    Deviation(
        "`anvil_impersonateSignature`",
        "signature and address are two arguments, or one array",
        "they are one, an array",
        "both are in use: Anvil's documentation has the two",
        ("anvil_impersonateSignature/* | * | *",),
    ),
    Deviation(
        "`anvil_loadState`",
        "takes dumps that consist of accounts alone",
        "every part must be there",
        "older dumps of Anvil's, and genesis-like ones written manually",
        ("anvil_loadState/* | * | *",),
    ),
    Deviation(
        "`anvil_dealERC20`, `anvil_setERC20Allowance` where there is no token; `anvil_reset` with an invalid URL",
        "-32602",
        "-32603",
        "the argument is wrong, not the node",
        ("anvil_dealERC20,anvil_setERC20Allowance,anvil_reset | error.code | code -32602 for -32603",),
    ),
    Deviation(
        "`eth_config`",
        "no system contracts that deal with validators; the fork id follows from the genesis block (EIP-6122)",
        "lists them, though there is no code at their addresses; the fork id is zero",
        "they are not there",
        ("eth_config | *.systemContracts.* | only there", "eth_config | *.forkId | value"),
    ),
    Deviation(
        "`eth_protocolVersion`",
        '`"0x44"`',
        "the number 1",
        "a quantity, eth/68, as geth had it",
        ("eth_protocolVersion | result | type",),
    ),
    Deviation(
        "who answers: `web3_clientVersion`, `anvil_metadata`",
        "`anvil/v1.7.1/megadev/…`",
        "`anvil/v1.7.1`",
        "tools look for the beginning, people for the end",
        (
            "web3_clientVersion | result | value",
            "anvil_metadata,hardhat_metadata | *.clientVersion,*.clientSemver | value",
            "anvil_metadata | *.clientCommitSha | type",
        ),
    ),
    Deviation(
        "`--mnemonic-seed-unsafe`",
        "draws phrases of its own",
        "draws others for the same seed",
        "the phrase would depend on a library's generator",
    ),
)
"""In the order in which README shows them."""
