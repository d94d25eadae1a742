// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Slots of each kind of layout: 0 a word; 1 a mapping; 2 an array; 3 packed fields; 4 a string; any slot by number.
contract Storage {
    uint256 public value;
    mapping(uint256 => uint256) public table;
    uint256[] public list;
    uint128 public low;
    uint64 public middle;
    bool public flag;
    string public text;

    function setValue(uint256 value_) external {
        value = value_;
    }

    function setTable(uint256 key, uint256 value_) external {
        table[key] = value_;
    }

    function push(uint256 value_) external {
        list.push(value_);
    }

    function pop() external {
        list.pop();
    }

    function setPacked(uint128 low_, uint64 middle_, bool flag_) external {
        (low, middle, flag) = (low_, middle_, flag_);
    }

    function setText(string calldata text_) external {
        text = text_;
    }

    function write(uint256 slot, uint256 value_) external {
        assembly {
            sstore(slot, value_)
        }
    }

    function read(uint256 slot) external view returns (uint256 value_) {
        assembly {
            value_ := sload(slot)
        }
    }

    /// Writes "count" slots and clears them again: refunds (EIP-3529).
    function churn(uint256 start, uint256 count) external {
        for (uint256 i = start; i < start + count; ++i) {
            assembly {
                sstore(i, 1)
                sstore(i, 0)
            }
        }
    }

    function writeTransient(uint256 slot, uint256 value_) external returns (uint256 read_) {
        assembly {
            tstore(slot, value_)
            read_ := tload(slot)
        }
    }

    function readTransient(uint256 slot) external view returns (uint256 value_) {
        assembly {
            value_ := tload(slot)
        }
    }
}
