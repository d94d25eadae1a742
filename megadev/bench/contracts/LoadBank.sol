// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// An ERC-20 that its creator hands out.
contract LoadToken {
    address private immutable creator = msg.sender;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);

    /// Give `to` so much that it never runs out, and let `spender` take of it.
    function hand(address to, address spender) external {
        require(msg.sender == creator, "not the creator");
        if (balanceOf[to] == 0) {
            totalSupply += 1e27;
            balanceOf[to] = 1e27;
            emit Transfer(address(0), to, 1e27);
        }
        allowance[to][spender] = type(uint256).max;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        uint256 allowed = allowance[from][msg.sender];
        require(allowed >= value, "insufficient allowance");
        if (allowed != type(uint256).max) {
            allowance[from][msg.sender] = allowed - value;
        }
        move(from, to, value);
        return true;
    }

    function move(address from, address to, uint256 value) private {
        require(balanceOf[from] >= value, "insufficient balance");
        unchecked {
            balanceOf[from] -= value;
            balanceOf[to] += value;
        }
        emit Transfer(from, to, value);
    }
}

/// Two tokens against each other at a constant product, with a fee of 0.3 %.
contract LoadPool {
    LoadToken public immutable first;
    LoadToken public immutable second;
    uint256 public firstReserve;
    uint256 public secondReserve;

    event Swap(address indexed trader, bool isFirst, uint256 paid, uint256 got);

    constructor(LoadToken first_, LoadToken second_) {
        first = first_;
        second = second_;
    }

    /// Take what it was given as its reserves.
    function open() external {
        firstReserve = first.balanceOf(address(this));
        secondReserve = second.balanceOf(address(this));
    }

    /// Pay so much of one token and get the other.
    function swap(bool isFirst, uint256 value) external returns (uint256 got) {
        (uint256 had, uint256 other) = isFirst ? (firstReserve, secondReserve) : (secondReserve, firstReserve);
        got = (value * 997 * other) / (had * 1000 + value * 997);
        require((isFirst ? first : second).transferFrom(msg.sender, address(this), value), "not paid");
        require((isFirst ? second : first).transfer(msg.sender, got), "not given");
        if (isFirst) {
            (firstReserve, secondReserve) = (had + value, other - got);
        } else {
            (firstReserve, secondReserve) = (other - got, had + value);
        }
        emit Swap(msg.sender, isFirst, value, got);
    }
}

/// Has two tokens and a pool of them, and gives accounts what they need to send transactions.
contract LoadBank {
    LoadToken public immutable token;
    LoadToken public immutable other;
    LoadPool public immutable pool;

    constructor() {
        token = new LoadToken();
        other = new LoadToken();
        pool = new LoadPool(token, other);
        token.hand(address(pool), address(this));
        other.hand(address(pool), address(this));
        pool.open();
    }

    /// Ether for each of `accounts`; with `tokens`, both tokens and leave for the pool to take them.
    function fund(address[] calldata accounts, uint256[] calldata values, bool tokens) external payable {
        for (uint256 i = 0; i < accounts.length; i++) {
            if (values[i] > 0) {
                (bool done,) = accounts[i].call{value: values[i]}("");
                require(done, "not taken");
            }
            if (tokens) {
                token.hand(accounts[i], address(pool));
                other.hand(accounts[i], address(pool));
            }
        }
    }
}
