// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Takes ether and says so; gives it back on request.
contract Payable {
    event Received(address indexed from, uint256 value, bytes data);

    constructor() payable {}

    receive() external payable {
        emit Received(msg.sender, msg.value, "");
    }

    fallback() external payable {
        emit Received(msg.sender, msg.value, msg.data);
    }

    function send(address payable to, uint256 value) external {
        (bool sent,) = to.call{value: value}("");
        require(sent, "not sent");
    }
}

/// Takes no ether.
contract Rejecter {
    receive() external payable {
        revert("no ether, thanks");
    }
}
