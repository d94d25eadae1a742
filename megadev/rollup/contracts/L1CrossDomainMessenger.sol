// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {CrossDomainMessenger} from "./CrossDomainMessenger.sol";
import {IPortal, ISystemConfig} from "./Interfaces.sol";

/// The messenger on L1: sends by deposits, is called by withdrawals. Genesis fills the slots.
contract L1CrossDomainMessenger is CrossDomainMessenger {
    uint256 private _unused251;
    IPortal public portal; // slot 252
    ISystemConfig public systemConfig; // slot 253

    function version() external pure returns (string memory) {
        return "2.6.0";
    }

    function PORTAL() external view returns (IPortal) {
        return portal;
    }

    function paused() public view override returns (bool) {
        return systemConfig.paused();
    }

    function _send(address to, uint64 gasLimit, uint256 value, bytes memory data) internal override {
        portal.depositTransaction{value: value}(to, value, gasLimit, false, data);
    }

    function _isOtherMessenger() internal view override returns (bool) {
        return msg.sender == address(portal) && portal.l2Sender() == otherMessenger;
    }

    function _isUnsafeTarget(address target) internal view override returns (bool) {
        return target == address(this) || target == address(portal);
    }
}
