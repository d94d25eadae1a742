// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IToken {
    function balanceOf(address owner) external view returns (uint256);
    function transfer(address to, uint256 value) external returns (bool);
}

/// Two tokens and the shares in them: whoever sends both gets shares, whoever sends one may take of the other, as long as
/// the product of what is left does not fall, after 0.3 % of what came in.
contract SwapPair {
    address public immutable factory = msg.sender;
    address public token0;
    address public token1;
    uint112 public reserve0;
    uint112 public reserve1;
    uint32 public updated;
    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;

    event Mint(address indexed sender, uint256 amount0, uint256 amount1);
    event Burn(address indexed sender, uint256 amount0, uint256 amount1, address indexed to);
    event Swap(address indexed sender, uint256 in0, uint256 in1, uint256 out0, uint256 out1, address indexed to);
    event Sync(uint112 reserve0, uint112 reserve1);
    event Transfer(address indexed from, address indexed to, uint256 value);

    error NotFactory();
    error NothingGiven();
    error NotEnoughLeft();
    error ProductFell();

    function initialize(address first, address second) external {
        if (msg.sender != factory) revert NotFactory();
        (token0, token1) = (first, second);
    }

    function mint(address to) external returns (uint256 shares) {
        (uint256 held0, uint256 held1) = _held();
        uint256 given0 = held0 - reserve0;
        uint256 given1 = held1 - reserve1;
        if (totalSupply == 0) {
            shares = _root(given0 * given1);
        } else {
            uint256 of0 = given0 * totalSupply / reserve0;
            uint256 of1 = given1 * totalSupply / reserve1;
            shares = of0 < of1 ? of0 : of1;
        }
        if (shares == 0) revert NothingGiven();
        totalSupply += shares;
        balanceOf[to] += shares;
        emit Transfer(address(0), to, shares);
        _sync(held0, held1);
        emit Mint(msg.sender, given0, given1);
    }

    function burn(uint256 shares, address to) external returns (uint256 out0, uint256 out1) {
        (uint256 held0, uint256 held1) = _held();
        out0 = shares * held0 / totalSupply;
        out1 = shares * held1 / totalSupply;
        balanceOf[msg.sender] -= shares;
        totalSupply -= shares;
        emit Transfer(msg.sender, address(0), shares);
        IToken(token0).transfer(to, out0);
        IToken(token1).transfer(to, out1);
        (held0, held1) = _held();
        _sync(held0, held1);
        emit Burn(msg.sender, out0, out1, to);
    }

    function swap(uint256 out0, uint256 out1, address to) external {
        if (out0 >= reserve0 || out1 >= reserve1) revert NotEnoughLeft();
        if (out0 > 0) IToken(token0).transfer(to, out0);
        if (out1 > 0) IToken(token1).transfer(to, out1);
        (uint256 held0, uint256 held1) = _held();
        uint256 in0 = held0 + out0 - reserve0;
        uint256 in1 = held1 + out1 - reserve1;
        uint256 after0 = held0 * 1000 - in0 * 3;
        uint256 after1 = held1 * 1000 - in1 * 3;
        if (after0 * after1 < uint256(reserve0) * reserve1 * 1_000_000) revert ProductFell();
        _sync(held0, held1);
        emit Swap(msg.sender, in0, in1, out0, out1, to);
    }

    function _held() private view returns (uint256, uint256) {
        return (IToken(token0).balanceOf(address(this)), IToken(token1).balanceOf(address(this)));
    }

    function _sync(uint256 held0, uint256 held1) private {
        (reserve0, reserve1, updated) = (uint112(held0), uint112(held1), uint32(block.timestamp));
        emit Sync(reserve0, reserve1);
    }

    function _root(uint256 value) private pure returns (uint256 root) {
        root = value;
        uint256 next = value / 2 + 1;
        while (next < root) {
            root = next;
            next = (value / next + next) / 2;
        }
    }
}

/// One pair for each two tokens, at an address that they tell.
contract SwapFactory {
    mapping(address => mapping(address => address)) public getPair;
    address[] public allPairs;

    event PairCreated(address indexed token0, address indexed token1, address pair, uint256 number);

    error SameToken();
    error PairExists();

    function createPair(address one, address other) external returns (address pair) {
        if (one == other) revert SameToken();
        (address first, address second) = one < other ? (one, other) : (other, one);
        if (getPair[first][second] != address(0)) revert PairExists();
        pair = address(new SwapPair{salt: keccak256(abi.encodePacked(first, second))}());
        SwapPair(pair).initialize(first, second);
        getPair[first][second] = getPair[second][first] = pair;
        allPairs.push(pair);
        emit PairCreated(first, second, pair, allPairs.length);
    }
}
