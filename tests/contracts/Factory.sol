// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Child {
    address public immutable creator = msg.sender;
    uint256 public tag;

    constructor(uint256 tag_) payable {
        require(tag_ != 13, "unlucky");
        tag = tag_;
    }

    /// EIP-6780: after Cancun this deletes the account only in the transaction that created it.
    function destroy(address payable heir) external {
        selfdestruct(heir);
    }
}

contract Factory {
    event Created(address indexed child, uint256 tag);

    function create(uint256 tag) external payable returns (address child) {
        child = address(new Child{value: msg.value}(tag));
        emit Created(child, tag);
    }

    function create2(uint256 tag, bytes32 salt) external payable returns (address child) {
        child = address(new Child{value: msg.value, salt: salt}(tag));
        emit Created(child, tag);
    }

    /// Creates and destroys in one transaction: the account is gone afterwards, its ether with "heir".
    function createAndDestroy(uint256 tag, bytes32 salt, address payable heir) external payable {
        Child child = new Child{value: msg.value, salt: salt}(tag);
        emit Created(address(child), tag);
        child.destroy(heir);
    }

    function predict(uint256 tag, bytes32 salt) external view returns (address) {
        bytes32 codeHash = keccak256(abi.encodePacked(type(Child).creationCode, abi.encode(tag)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), salt, codeHash)))));
    }
}
