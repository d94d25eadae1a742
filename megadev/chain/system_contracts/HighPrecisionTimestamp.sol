// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IOracleSlots {
    function getSlot(uint256 slot) external view returns (bytes32 value);
    function setSlot(uint256 slot, bytes32 value) external;
}

/// The time in microseconds, as the sequencer tells it to each transaction that asks: a word of the oracle's.
contract HighPrecisionTimestamp {
    address public constant ORACLE_CONTRACT_ADDRESS = 0x6342000000000000000000000000000000000001;
    /// The oracle's slots that belong to this service.
    uint256 public constant ALLOCATION_START = 0;
    uint32 public constant ALLOCATION_SIZE = 8;

    function timestamp() external view returns (uint256) {
        return uint256(IOracleSlots(ORACLE_CONTRACT_ADDRESS).getSlot(ALLOCATION_START));
    }

    /// For the protocol, which writes to the oracle itself; the oracle refuses it from here.
    function update(uint256 microseconds) external {
        IOracleSlots(ORACLE_CONTRACT_ADDRESS).setSlot(ALLOCATION_START, bytes32(microseconds));
    }
}
