// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {unaliased} from "./Callers.sol";
import {CrossDomainMessenger} from "./CrossDomainMessenger.sol";
import {IMessagePasser, MESSAGE_PASSER} from "./Interfaces.sol";

/// The messenger on L2: sends by withdrawals, is called by deposits. Genesis fills the slots.
contract L2CrossDomainMessenger is CrossDomainMessenger {
    function version() external pure returns (string memory) {
        return "2.1.0";
    }

    function l1CrossDomainMessenger() external view returns (address) {
        return otherMessenger;
    }

    function paused() public pure override returns (bool) {
        return false;
    }

    function _send(address to, uint64 gasLimit, uint256 value, bytes memory data) internal override {
        IMessagePasser(MESSAGE_PASSER).initiateWithdrawal{value: value}(to, gasLimit, data);
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return unaliased(msg.sender) == otherMessenger;
    }

    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == MESSAGE_PASSER;
    }
}
