// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// One account that may change settings, in the slot where the OP Stack's contracts have theirs.
abstract contract Owned {
    uint256[51] private _unused0;
    address public owner; // slot 51
    uint256[49] private _unused52;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    modifier onlyOwner() {
        require(msg.sender == owner, "Ownable: caller is not the owner");
        _;
    }

    function transferOwnership(address newOwner) external onlyOwner {
        require(newOwner != address(0), "Ownable: new owner is the zero address");
        _setOwner(newOwner);
    }

    function renounceOwnership() external onlyOwner {
        _setOwner(address(0));
    }

    function _setOwner(address newOwner) private {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}
