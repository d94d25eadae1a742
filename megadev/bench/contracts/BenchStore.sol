// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Calls that use storage.
contract BenchStore {
    mapping(uint256 => uint256) private words;
    uint256 public last;

    /// So many fresh slots: all written, all read, all written again.
    function slots(uint256 count) external returns (uint256 sum) {
        for (uint256 i = 0; i < count; i++) {
            words[i] = i + 1;
        }
        for (uint256 i = 0; i < count; i++) {
            sum += words[i];
        }
        for (uint256 i = 0; i < count; i++) {
            words[i] = sum + i;
        }
        last = sum;
    }

    /// One slot, read and written so many times.
    function counter(uint256 rounds) external returns (uint256) {
        for (uint256 i = 0; i < rounds; i++) {
            last = last + i;
        }
        return last;
    }
}
