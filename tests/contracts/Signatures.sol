// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Asks the ecrecover precompile and remembers what it said; knows its chain and its caller.
contract Signatures {
    address public lastSigner;
    address public lastCaller;

    function recover(bytes32 hash, uint8 v, bytes32 r, bytes32 s) public pure returns (address) {
        return ecrecover(hash, v, r, s);
    }

    function remember(bytes32 hash, uint8 v, bytes32 r, bytes32 s) external {
        address signer = recover(hash, v, r, s);
        require(signer != address(0), "nobody signed");
        lastSigner = signer;
        lastCaller = msg.sender;
    }

    function chainId() external view returns (uint256) {
        return block.chainid;
    }
}
