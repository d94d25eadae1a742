// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Lets a contract forbid itself and what it calls to look at volatile data (block environment, beneficiary, oracle).
/// The node answers calls to it; code runs only where it does not.
contract MegaAccessControl {
    /// What a frame reverts with that looks all the same; `accessType` says at what.
    error VolatileDataAccessDisabled(uint8 accessType);
    error DisabledByParent();
    error NonZeroTransfer();
    error NotIntercepted();

    fallback() external payable {
        revert NotIntercepted();
    }

    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function disableVolatileDataAccess() external pure {
        revert NotIntercepted();
    }

    function enableVolatileDataAccess() external pure {
        revert NotIntercepted();
    }

    function isVolatileDataAccessDisabled() external pure returns (bool) {
        revert NotIntercepted();
    }
}
