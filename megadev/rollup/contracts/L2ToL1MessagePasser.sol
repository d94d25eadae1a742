// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {hashWithdrawal, Withdrawal} from "./Interfaces.sol";

/// Takes the ether of its creator out of existence.
contract Burner {
    constructor() payable {
        selfdestruct(payable(address(this)));
    }
}

/// Records what is to be called on L1: the portal there checks its storage.
contract L2ToL1MessagePasser {
    uint16 public constant MESSAGE_VERSION = 1;
    uint256 private constant _RECEIVE_DEFAULT_GAS_LIMIT = 100_000;

    mapping(bytes32 => bool) public sentMessages; // slot 0
    uint240 private _nonce; // slot 1

    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );
    event WithdrawerBalanceBurnt(uint256 indexed amount);

    function version() external pure returns (string memory) {
        return "1.2.0";
    }

    receive() external payable {
        initiateWithdrawal(msg.sender, _RECEIVE_DEFAULT_GAS_LIMIT, "");
    }

    /// The next withdrawal's: its encoding's version in the top 16 bits, then a count.
    function messageNonce() public view returns (uint256) {
        return (uint256(MESSAGE_VERSION) << 240) | _nonce;
    }

    function initiateWithdrawal(address target, uint256 gasLimit, bytes memory data) public payable {
        uint256 nonce = messageNonce();
        bytes32 withdrawalHash = hashWithdrawal(Withdrawal(nonce, msg.sender, target, msg.value, gasLimit, data));
        sentMessages[withdrawalHash] = true;
        _nonce += 1;
        emit MessagePassed(nonce, msg.sender, target, msg.value, gasLimit, data, withdrawalHash);
    }

    /// Ether on its way to L1 stays here until somebody calls this.
    function burn() external {
        uint256 amount = address(this).balance;
        new Burner{value: amount}();
        emit WithdrawerBalanceBurnt(amount);
    }
}
