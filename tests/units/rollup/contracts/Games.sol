// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A game from before games said whether their type was respected.
contract OldGame {
    function initialize() external payable {}

    function gameData() external pure returns (uint32, bytes32, bytes memory) {
        return (99, bytes32(0), "");
    }
}

/// Takes the hash of the program and the public values for a proof.
contract HashVerifier {
    function verify(bytes32 programId, bytes calldata publicValues, bytes calldata proof) external pure {
        require(keccak256(proof) == keccak256(abi.encode(keccak256(abi.encode(programId, publicValues)))), "no proof");
    }
}
