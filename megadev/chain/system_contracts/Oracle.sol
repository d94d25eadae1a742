// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ISystemAddress} from "./SequencerRegistry.sol";

/// Words and logs that the protocol writes for contracts to read. Slots are those of this account's storage as they are,
/// so that a value's place is its key. While the node executes a read, it may answer it from outside the chain.
///
/// Writers are checked last: whoever else calls pays for what was tried, and leaves nothing behind.
abstract contract OracleStore {
    event Log(bytes32 indexed topic, bytes data);

    error NotSystemAddress();
    error InvalidLength(uint256 slotsLength, uint256 valuesLength);

    function multiCall(bytes[] calldata data) external returns (bytes[] memory results) {
        results = new bytes[](data.length);
        for (uint256 i = 0; i < data.length; i++) {
            (bool succeeded, bytes memory output) = address(this).delegatecall(data[i]);
            if (!succeeded) {
                if (output.length == 0) revert("Multicall: call failed");
                assembly ("memory-safe") {
                    revert(add(output, 32), mload(output))
                }
            }
            results[i] = output;
        }
    }

    function getSlot(uint256 slot) external view returns (bytes32 value) {
        value = _read(slot);
    }

    function getSlots(uint256[] calldata slots) external view returns (bytes32[] memory values) {
        values = new bytes32[](slots.length);
        for (uint256 i = 0; i < slots.length; i++) {
            values[i] = _read(slots[i]);
        }
    }

    function setSlot(uint256 slot, bytes32 value) external {
        _write(slot, value);
        _checkWriter();
    }

    function setSlots(uint256[] calldata slots, bytes32[] calldata values) external {
        if (slots.length != values.length) revert InvalidLength(slots.length, values.length);
        for (uint256 i = 0; i < slots.length; i++) {
            _write(slots[i], values[i]);
        }
        _checkWriter();
    }

    function emitLog(bytes32 topic, bytes calldata data) external {
        emit Log(topic, data);
        _checkWriter();
    }

    function emitLogs(bytes32 topic, bytes[] calldata dataVector) external {
        for (uint256 i = 0; i < dataVector.length; i++) {
            emit Log(topic, dataVector[i]);
        }
        _checkWriter();
    }

    /// Whoever the oracle asks is told of the call itself; there is nothing to do here.
    function sendHint(bytes32 topic, bytes calldata data) external view {}

    function _read(uint256 slot) private view returns (bytes32 value) {
        assembly {
            value := sload(slot)
        }
    }

    function _write(uint256 slot, bytes32 value) private {
        assembly {
            sstore(slot, value)
        }
    }

    function _writer() internal view virtual returns (address);

    function _checkWriter() private view {
        if (msg.sender != _writer()) revert NotSystemAddress();
    }
}

/// Since Rex5: the sequencer registry says who may write.
contract Oracle is OracleStore {
    address public constant SEQUENCER_REGISTRY = 0x6342000000000000000000000000000000000006;

    function version() external pure returns (string memory) {
        return "2.0.0";
    }

    function _writer() internal view override returns (address) {
        return ISystemAddress(SEQUENCER_REGISTRY).currentSystemAddress();
    }
}

/// Rex2 to Rex4: always the same writer.
contract OracleV1 is OracleStore {
    address public constant MEGA_SYSTEM_ADDRESS = 0xA887dCB9D5f39Ef79272801d05Abdf707CFBbD1d;

    function version() external pure returns (string memory) {
        return "1.1.0";
    }

    function _writer() internal pure override returns (address) {
        return MEGA_SYSTEM_ADDRESS;
    }
}
