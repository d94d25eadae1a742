// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// Has a variable of every form that storage knows.
contract Shelf {
    enum Mood {
        Calm,
        Angry
    }

    struct Point {
        uint64 x;
        int64 y;
        address owner;
        mapping(uint256 => bool) marks;
    }

    uint128 public count;
    bool public isOpen;
    Mood public mood;
    address public keeper;
    mapping(address => uint256) public balances;
    mapping(address => mapping(address => uint256)) public allowances;
    Point[] public points;
    uint8[40] public small;
    string public title;
    string public story;
    mapping(string => bytes4) public tags;
    mapping(uint256 => int256) public depths;

    event Filled(address indexed who, string title);

    function fill(string calldata title_, string calldata story_) external {
        count = 7;
        isOpen = true;
        mood = Mood.Angry;
        keeper = msg.sender;
        balances[msg.sender] += 5;
        allowances[msg.sender][address(this)] = 9;
        Point storage point = points.push();
        point.x = 3;
        point.y = -4;
        point.owner = msg.sender;
        point.marks[8] = true;
        small[33] = 200;
        title = title_;
        story = story_;
        tags["red"] = 0xdeadbeef;
        depths[12] = -1;
        emit Filled(msg.sender, title_);
    }
}

/// Runs the shelf's code on storage of its own (ERC-1967).
contract ShelfProxy {
    bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    constructor(address shelf) {
        bytes32 slot = IMPLEMENTATION;
        assembly {
            sstore(slot, shelf)
        }
    }

    fallback() external {
        bytes32 slot = IMPLEMENTATION;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), sload(slot), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if done { return(0, returndatasize()) }
            revert(0, returndatasize())
        }
    }
}

/// Works hard: a transaction with millions of steps.
contract Mill {
    uint256 public sum;

    function grind(uint256 turns) external {
        uint256 found;
        for (uint256 i = 0; i < turns; i++) {
            found = uint256(keccak256(abi.encode(found, i)));
        }
        sum = found;
    }
}
