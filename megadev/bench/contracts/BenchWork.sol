// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Work to order.
contract BenchWork {
    event Noted(uint256 indexed index, uint256 value);

    /// "rounds" of KECCAK256 over one word.
    function hash(uint256 rounds) external pure returns (bytes32 word) {
        assembly {
            for { let i := 0 } lt(i, rounds) { i := add(i, 1) } {
                mstore(0, word)
                word := keccak256(0, 32)
            }
        }
    }

    /// "count" logs of two topics and one word of data.
    function note(uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            emit Noted(i, i * i);
        }
    }
}
