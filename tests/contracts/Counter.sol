// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Counter {
    uint256 public number;

    event Changed(address indexed by, uint256 number);

    function setNumber(uint256 newNumber) external {
        number = newNumber;
        emit Changed(msg.sender, newNumber);
    }

    function increment() external {
        number += 1;
        emit Changed(msg.sender, number);
    }
}
