// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ILegacyMintableERC20, LEGACY_ETH} from "./Interfaces.sol";
import {StandardBridge} from "./StandardBridge.sol";

/// The bridge on L2, with the names it had before both sides were alike. Genesis fills the slots.
contract L2StandardBridge is StandardBridge {
    event WithdrawalInitiated(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );
    event DepositFinalized(
        address indexed l1Token,
        address indexed l2Token,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    function version() external pure returns (string memory) {
        return "1.13.0";
    }

    function l1TokenBridge() external view returns (StandardBridge) {
        return otherBridge;
    }

    function withdraw(address l2Token, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        external
        payable
        onlyEOA
    {
        _withdraw(l2Token, msg.sender, amount, minGasLimit, extraData);
    }

    function withdrawTo(address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes calldata extraData)
        external
        payable
    {
        _withdraw(l2Token, to, amount, minGasLimit, extraData);
    }

    function _withdraw(address l2Token, address to, uint256 amount, uint32 minGasLimit, bytes memory extraData)
        private
    {
        if (l2Token == LEGACY_ETH) {
            _initiateETH(msg.sender, to, amount, minGasLimit, extraData);
        } else {
            address l1Token = ILegacyMintableERC20(l2Token).l1Token();
            _initiateERC20(l2Token, l1Token, msg.sender, to, amount, minGasLimit, extraData);
        }
    }

    function _emitETHInitiated(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit WithdrawalInitiated(address(0), LEGACY_ETH, from, to, amount, extraData);
        super._emitETHInitiated(from, to, amount, extraData);
    }

    function _emitETHFinalized(address from, address to, uint256 amount, bytes memory extraData) internal override {
        emit DepositFinalized(address(0), LEGACY_ETH, from, to, amount, extraData);
        super._emitETHFinalized(from, to, amount, extraData);
    }

    function _emitERC20Initiated(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal override {
        emit WithdrawalInitiated(remoteToken, localToken, from, to, amount, extraData);
        super._emitERC20Initiated(localToken, remoteToken, from, to, amount, extraData);
    }

    function _emitERC20Finalized(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal override {
        emit DepositFinalized(remoteToken, localToken, from, to, amount, extraData);
        super._emitERC20Finalized(localToken, remoteToken, from, to, amount, extraData);
    }
}
