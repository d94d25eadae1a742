// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Tells a contract how much compute gas it has left. The node answers calls to it; code runs only where it does not.
contract MegaLimitControl {
    error NonZeroTransfer();
    error NotIntercepted();

    fallback() external payable {
        revert NotIntercepted();
    }

    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function remainingComputeGas() external pure returns (uint64) {
        revert NotIntercepted();
    }
}
