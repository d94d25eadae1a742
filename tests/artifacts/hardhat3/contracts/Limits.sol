// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// What a withdrawal asked for and what there was.
struct Shortage {
    uint256 available;
    uint256 required;
}

error OverLimit(address who, Shortage[] shortages);

library Limits {
    function check(uint256 amount, uint256 limit) public view {
        if (amount > limit) {
            Shortage[] memory shortages = new Shortage[](1);
            shortages[0] = Shortage(limit, amount);
            revert OverLimit(msg.sender, shortages);
        }
    }
}
