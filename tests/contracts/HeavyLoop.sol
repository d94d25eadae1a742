// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract HeavyLoop {
    bytes32 public last;

    /// "n" rounds of KECCAK256 over one word.
    function hash(uint256 n) external pure returns (bytes32 word) {
        assembly {
            for { let i := 0 } lt(i, n) { i := add(i, 1) } {
                mstore(0, word)
                word := keccak256(0, 32)
            }
        }
    }

    /// "n" rounds of MUL, ADD, XOR and SHR.
    function arithmetic(uint256 n) external pure returns (uint256 word) {
        unchecked {
            word = 1;
            for (uint256 i = 0; i < n; ++i) {
                word = word * 6364136223846793005 + 1442695040888963407;
                word ^= word >> 33;
            }
        }
    }

    /// The same as a transaction: keeps the result of "n" rounds of KECCAK256.
    function store(uint256 n) external {
        last = this.hash(n);
    }
}
