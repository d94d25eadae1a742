// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Counter {
    address public immutable owner = msg.sender;
    uint256 public number;

    event Counted(address indexed who, uint256 number);

    error NotTheOwner(address who);

    constructor(uint256 start) {
        number = start;
    }

    function increment() external {
        number += 1;
        emit Counted(msg.sender, number);
    }

    function reset() external {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
        number = 0;
    }
}
