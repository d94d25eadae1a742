// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;
import {Rates} from "./Rates.sol";

struct Deposit { uint128 amount; uint64 count; bool open; }

contract Vault {
    bytes32 constant IMPLEMENTATION = 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc;
    address private immutable self = address(this);
    uint256 public immutable rate;
    address public owner;
    bool public started;
    uint256 public total;
    mapping(address => Deposit) public deposits;
    uint256[] public history;
    string public note;
    constructor(uint256 rate_) { rate = rate_; }
    function start() external {
        require(address(this) != self && !started, "only once, and in a proxy");
        (owner, started, note) = (msg.sender, true, "a text that is longer than a single word of storage");
    }
    function put(uint256 amount) external {
        total = Rates.grow(total + amount, rate);
        history.push(total);
        Deposit storage mine = deposits[msg.sender];
        (mine.amount, mine.count, mine.open) = (mine.amount + uint128(amount), mine.count + 1, true);
    }
    function upgradeTo(address next) external {
        require(address(this) != self && msg.sender == owner, "only its owner, and in a proxy");
        assembly { sstore(IMPLEMENTATION, next) }
    }
}
