// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// A token with any number of decimals whose transfers answer nothing, or false where told to fail.
contract OddToken {
    string public constant name = "Odd";
    string public constant symbol = "ODD";
    uint8 public immutable decimals;
    bool public refuses;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor(uint8 decimals_, uint256 supply) {
        decimals = decimals_;
        balanceOf[msg.sender] = supply;
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function approve(address spender, uint256 value) external {
        allowance[msg.sender][spender] = value;
    }

    function transfer(address to, uint256 value) external {
        _move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
    }

    function _move(address from, address to, uint256 value) private {
        if (refuses) {
            assembly {
                mstore(0, 0)
                return(0, 0x20)
            }
        }
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }
}
