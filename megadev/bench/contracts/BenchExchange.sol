// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// An ERC-20 whose creator says who holds it and who may spend it.
contract ExchangeToken {
    uint256 public totalSupply = 1e30;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);

    error InsufficientBalance(address holder, uint256 balance, uint256 value);
    error InsufficientAllowance(address spender, uint256 allowed, uint256 value);

    constructor(address holder) {
        balanceOf[holder] = totalSupply / 2;
        balanceOf[msg.sender] = totalSupply / 2;
        allowance[holder][msg.sender] = totalSupply;
        emit Transfer(address(0), holder, totalSupply / 2);
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        if (allowed < value) {
            revert InsufficientAllowance(msg.sender, allowed, value);
        }
        allowance[from][msg.sender] = allowed - value;
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        uint256 balance = balanceOf[from];
        if (balance < value) {
            revert InsufficientBalance(from, balance, value);
        }
        unchecked {
            balanceOf[from] = balance - value;
        }
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}

/// Two tokens against each other at a constant product, with a fee of 0.3 %.
contract ExchangePair {
    ExchangeToken public immutable first;
    ExchangeToken public immutable second;
    uint112 private firstReserve;
    uint112 private secondReserve;
    uint32 private changed;
    uint256 public firstPriceSum;
    uint256 public secondPriceSum;
    uint256 private locked = 1;

    event Sync(uint112 first, uint112 second);
    event Swap(address indexed sender, uint256 firstIn, uint256 secondIn, uint256 firstOut, uint256 secondOut, address indexed to);

    modifier alone() {
        require(locked == 1, "locked");
        locked = 2;
        _;
        locked = 1;
    }

    constructor(ExchangeToken first_, ExchangeToken second_) {
        first = first_;
        second = second_;
    }

    function reserves() public view returns (uint112, uint112) {
        return (firstReserve, secondReserve);
    }

    function sync() external alone {
        keep(first.balanceOf(address(this)), second.balanceOf(address(this)));
    }

    function swap(uint256 firstOut, uint256 secondOut, address to) external alone {
        require(firstOut > 0 || secondOut > 0, "nothing to give");
        (uint256 had, uint256 other) = reserves();
        require(firstOut < had && secondOut < other, "not that much here");
        if (firstOut > 0) {
            give(first, to, firstOut);
        }
        if (secondOut > 0) {
            give(second, to, secondOut);
        }
        uint256 have = first.balanceOf(address(this));
        uint256 haveOther = second.balanceOf(address(this));
        uint256 firstIn = have > had - firstOut ? have - (had - firstOut) : 0;
        uint256 secondIn = haveOther > other - secondOut ? haveOther - (other - secondOut) : 0;
        require(firstIn > 0 || secondIn > 0, "nothing was paid");
        require(
            (have * 1000 - firstIn * 3) * (haveOther * 1000 - secondIn * 3) >= had * other * 1000 ** 2, "too little was paid"
        );
        keep(have, haveOther);
        emit Swap(msg.sender, firstIn, secondIn, firstOut, secondOut, to);
    }

    function give(ExchangeToken token, address to, uint256 value) private {
        (bool done, bytes memory answer) = address(token).call(abi.encodeCall(ExchangeToken.transfer, (to, value)));
        require(done && (answer.length == 0 || abi.decode(answer, (bool))), "transfer failed");
    }

    function keep(uint256 have, uint256 haveOther) private {
        require(have <= type(uint112).max && haveOther <= type(uint112).max, "too much");
        unchecked {
            uint32 time = uint32(block.timestamp);
            uint32 passed = time - changed;
            if (passed > 0 && firstReserve != 0 && secondReserve != 0) {
                firstPriceSum += ((uint256(secondReserve) << 112) / firstReserve) * passed;
                secondPriceSum += ((uint256(firstReserve) << 112) / secondReserve) * passed;
            }
            (firstReserve, secondReserve, changed) = (uint112(have), uint112(haveOther), time);
        }
        emit Sync(firstReserve, secondReserve);
    }
}

/// A router with a pair of its own, whose tokens its creator holds and lets it spend.
contract BenchExchange {
    ExchangePair public immutable pair;
    ExchangeToken private immutable first;
    ExchangeToken private immutable second;

    constructor() {
        first = new ExchangeToken(msg.sender);
        second = new ExchangeToken(msg.sender);
        pair = new ExchangePair(first, second);
        first.transfer(address(pair), 1e24);
        second.transfer(address(pair), 1e24);
        pair.sync();
    }

    /// Give so much of one token for the other.
    function swap(bool isFirst, uint256 value, uint256 least) public returns (uint256 got) {
        (uint256 had, uint256 other) = pair.reserves();
        if (!isFirst) {
            (had, other) = (other, had);
        }
        got = (value * 997 * other) / (had * 1000 + value * 997);
        require(got >= least, "too little");
        require((isFirst ? first : second).transferFrom(msg.sender, address(pair), value), "not paid");
        pair.swap(isFirst ? 0 : got, isFirst ? got : 0, msg.sender);
    }

    /// So many swaps to and fro.
    function swaps(uint256 count, uint256 value) external returns (uint256 got) {
        for (uint256 i = 0; i < count; i++) {
            got += swap(i & 1 == 0, value, 0);
        }
    }
}
