// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Many calls in one: the interface client libraries expect at 0xcA11bde05977b3631167028862bE2a173976CA11.
///
/// Each entry point runs its calls in order from this contract. "requireSuccess" and the absence of "allowFailure"
/// mean that one failing call reverts all of them with "Multicall3: call failed".
contract Multicall3 {
    struct Call {
        address target;
        bytes callData;
    }

    struct Call3 {
        address target;
        bool allowFailure;
        bytes callData;
    }

    struct Call3Value {
        address target;
        bool allowFailure;
        uint256 value;
        bytes callData;
    }

    struct Result {
        bool success;
        bytes returnData;
    }

    // ---- calls that must all succeed

    function aggregate(Call[] calldata calls)
        external
        payable
        returns (uint256 blockNumber, bytes[] memory returnData)
    {
        blockNumber = block.number;
        uint256 count = calls.length;
        returnData = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            (, returnData[i]) = _run(calls[i].target, 0, calls[i].callData, true);
        }
    }

    function blockAndAggregate(Call[] calldata calls)
        external
        payable
        returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData)
    {
        return (block.number, blockhash(block.number), _runAll(true, calls));
    }

    // ---- calls that may fail, all or none

    function tryAggregate(bool requireSuccess, Call[] calldata calls)
        external
        payable
        returns (Result[] memory returnData)
    {
        return _runAll(requireSuccess, calls);
    }

    /// The hash returned is that of the current block, which the EVM does not know yet: always zero.
    function tryBlockAndAggregate(bool requireSuccess, Call[] calldata calls)
        external
        payable
        returns (uint256 blockNumber, bytes32 blockHash, Result[] memory returnData)
    {
        return (block.number, blockhash(block.number), _runAll(requireSuccess, calls));
    }

    // ---- calls that may fail, one by one

    function aggregate3(Call3[] calldata calls) external payable returns (Result[] memory returnData) {
        uint256 count = calls.length;
        returnData = new Result[](count);
        for (uint256 i = 0; i < count; ++i) {
            Call3 calldata item = calls[i];
            Result memory result = returnData[i];
            (result.success, result.returnData) = _run(item.target, 0, item.callData, !item.allowFailure);
        }
    }

    /// The values of the calls must add up to the value sent.
    function aggregate3Value(Call3Value[] calldata calls) external payable returns (Result[] memory returnData) {
        uint256 count = calls.length;
        uint256 spent = 0;
        returnData = new Result[](count);
        for (uint256 i = 0; i < count; ++i) {
            Call3Value calldata item = calls[i];
            Result memory result = returnData[i];
            // Wrapping is harmless: a value that large cannot be paid, so its call fails and moves nothing.
            unchecked {
                spent += item.value;
            }
            (result.success, result.returnData) = _run(item.target, item.value, item.callData, !item.allowFailure);
        }
        require(msg.value == spent, "Multicall3: value mismatch");
    }

    // ---- what the block and the chain say

    function getBlockHash(uint256 blockNumber) external view returns (bytes32 blockHash) {
        return blockhash(blockNumber);
    }

    function getBlockNumber() external view returns (uint256 blockNumber) {
        return block.number;
    }

    function getLastBlockHash() external view returns (bytes32 blockHash) {
        unchecked {
            return blockhash(block.number - 1);
        }
    }

    function getCurrentBlockCoinbase() external view returns (address coinbase) {
        return block.coinbase;
    }

    function getCurrentBlockDifficulty() external view returns (uint256 difficulty) {
        return block.prevrandao;
    }

    function getCurrentBlockGasLimit() external view returns (uint256 gaslimit) {
        return block.gaslimit;
    }

    function getCurrentBlockTimestamp() external view returns (uint256 timestamp) {
        return block.timestamp;
    }

    function getBasefee() external view returns (uint256 basefee) {
        return block.basefee;
    }

    function getChainId() external view returns (uint256 chainid) {
        return block.chainid;
    }

    function getEthBalance(address addr) external view returns (uint256 balance) {
        return addr.balance;
    }

    // ---- how a call is made

    function _runAll(bool requireSuccess, Call[] calldata calls) private returns (Result[] memory results) {
        uint256 count = calls.length;
        results = new Result[](count);
        for (uint256 i = 0; i < count; ++i) {
            Result memory result = results[i];
            (result.success, result.returnData) = _run(calls[i].target, 0, calls[i].callData, requireSuccess);
        }
    }

    function _run(address target, uint256 value, bytes calldata data, bool mustSucceed)
        private
        returns (bool success, bytes memory returnData)
    {
        (success, returnData) = target.call{value: value}(data);
        require(success || !mustSucceed, "Multicall3: call failed");
    }
}
