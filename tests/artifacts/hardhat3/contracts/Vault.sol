// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Limits} from "./Limits.sol";

error InsufficientBalance(uint256 available, uint256 required);

/* Fails in every way: "{" in a comment must not confuse whoever counts braces. é */
contract Vault {
    event Withdrawn(address indexed who, uint256 amount, string indexed note);

    uint256 public immutable limit;
    mapping(address => uint256) public balances;

    modifier positive(uint256 amount) {
        require(amount > 0, "nothing to do");
        _;
    }

    constructor(uint256 limit_) {
        require(limit_ != 13, "unlucky");
        limit = limit_;
    }

    function deposit() external payable {
        balances[msg.sender] += msg.value;
    }

    function withdraw(uint256 amount) external positive(amount) {
        Limits.check(amount, limit);
        _take(amount);
        emit Withdrawn(msg.sender, amount, "bye");
    }

    function share(uint256 parts) external view returns (uint256) {
        return limit / parts;
    }

    function item(uint256 index) external pure returns (uint8) {
        uint8[3] memory items = [1, 2, 3];
        return items[index];
    }

    function _take(uint256 amount) internal {
        uint256 have = balances[msg.sender];
        if (have < amount) {
            revert InsufficientBalance(have, amount);
        }
        balances[msg.sender] = have - amount;
    }
}
