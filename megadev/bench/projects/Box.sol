// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;
contract Box {
    uint256 public content;
    mapping(address => uint256) public owners;
    function put(uint256 amount) external { content += amount + STEP; owners[msg.sender] += amount; }
}
