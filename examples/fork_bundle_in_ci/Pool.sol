// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Sells credit for ether, dearer with every sale: the product of the ether and the credit it holds stays the same.
contract Pool {
    uint256 public credit;
    mapping(address => uint256) public credits;

    event Bought(address indexed buyer, uint256 paid, uint256 got);

    error TooDear(uint256 offered);

    constructor(uint256 credit_) payable {
        credit = credit_;
    }

    function quote(uint256 paid) external view returns (uint256) {
        return _quote(address(this).balance, paid);
    }

    /// Reverts when that would give less than "least".
    function buy(uint256 least) external payable {
        uint256 got = _quote(address(this).balance - msg.value, msg.value);
        if (got < least) revert TooDear(got);
        credit -= got;
        credits[msg.sender] += got;
        emit Bought(msg.sender, msg.value, got);
    }

    function _quote(uint256 held, uint256 paid) private view returns (uint256) {
        return credit * paid / (held + paid);
    }
}
