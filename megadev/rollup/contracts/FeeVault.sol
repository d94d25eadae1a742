// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IMessagePasser, MESSAGE_PASSER} from "./Interfaces.sol";

/// Where one kind of fee collects until anybody sends it on. Genesis fills the slots.
contract FeeVault {
    enum WithdrawalNetwork {
        L1,
        L2
    }

    uint256 private constant _WITHDRAWAL_MIN_GAS = 400_000;

    uint256 public totalProcessed; // slot 0
    uint256 public minWithdrawalAmount; // slot 1
    address public recipient; // slot 2, lowest bytes
    WithdrawalNetwork public withdrawalNetwork; // slot 2, after it

    event Withdrawal(uint256 value, address to, address from);
    event Withdrawal(uint256 value, address to, address from, WithdrawalNetwork withdrawalNetwork);

    function version() external pure returns (string memory) {
        return "1.6.0";
    }

    function MIN_WITHDRAWAL_AMOUNT() external view returns (uint256) {
        return minWithdrawalAmount;
    }

    function RECIPIENT() external view returns (address) {
        return recipient;
    }

    function WITHDRAWAL_NETWORK() external view returns (WithdrawalNetwork) {
        return withdrawalNetwork;
    }

    function l1FeeWallet() external view returns (address) {
        return recipient;
    }

    receive() external payable {}

    function withdraw() external returns (uint256 value) {
        value = address(this).balance;
        require(
            value >= minWithdrawalAmount,
            "FeeVault: withdrawal amount must be greater than minimum withdrawal amount"
        );
        totalProcessed += value;
        emit Withdrawal(value, recipient, msg.sender);
        emit Withdrawal(value, recipient, msg.sender, withdrawalNetwork);
        if (withdrawalNetwork == WithdrawalNetwork.L2) {
            (bool success,) = recipient.call{value: value}("");
            require(success, "FeeVault: failed to send ETH to L2 fee recipient");
        } else {
            IMessagePasser(MESSAGE_PASSER).initiateWithdrawal{value: value}(recipient, _WITHDRAWAL_MIN_GAS, "");
        }
    }
}
