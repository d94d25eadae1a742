// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

contract Logger {
    event One(uint256 value);
    event Two(uint256 indexed a, uint256 value);
    event Three(uint256 indexed a, uint256 indexed b, uint256 value);
    event Four(uint256 indexed a, uint256 indexed b, uint256 indexed c, bytes data);
    event Nameless(uint256 indexed a) anonymous;

    /// "count" logs of two topics: the second is the index, the data its square.
    function many(uint256 count) external {
        for (uint256 i = 0; i < count; ++i) {
            emit Two(i, i * i);
        }
    }

    /// One log of each number of topics, 0 to 4.
    function each(uint256 a, uint256 b, uint256 c, bytes calldata data) external {
        assembly {
            mstore(0, a)
            log0(0, 32)
        }
        emit One(a);
        emit Nameless(a);
        emit Two(a, b);
        emit Three(a, b, c);
        emit Four(a, b, c, data);
    }
}
