// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Prints to the console of Hardhat and forge-std, as their libraries do: by a static call that nobody answers.
contract Printer {
    address private constant CONSOLE = 0x000000000000000000636F6e736F6c652e6c6f67;

    uint256 public printed;

    constructor() {
        print(abi.encodeWithSignature("log(string,address)", "made by", msg.sender));
    }

    /// One of each type, and some formats.
    function kinds() external {
        print(abi.encodeWithSignature("log()"));
        print(abi.encodeWithSignature("log(uint256)", type(uint256).max));
        print(abi.encodeWithSignature("log(int256)", -42));
        print(abi.encodeWithSignature("log(string)", unicode"a text: 5 €"));
        print(abi.encodeWithSignature("log(bool)", true));
        print(abi.encodeWithSignature("log(address)", CONSOLE));
        print(abi.encodeWithSignature("log(bytes)", hex"c0ffee"));
        print(abi.encodeWithSignature("log(bytes4)", bytes4(hex"deadbeef")));
        print(abi.encodeWithSignature("log(bytes32)", bytes32(uint256(1))));
        print(abi.encodeWithSignature("log(uint)", 7));
        print(abi.encodeWithSignature("log(string,uint256)", "%d wei", 5));
        print(abi.encodeWithSignature("log(string,uint256,bool)", "left over:", 1, false));
        print(abi.encodeWithSignature("log(uint256,string,bool,address)", 1, "two", true, address(4)));
        printed += 13;
    }

    /// Says hello without changing anything: for calls.
    function greet(string calldata name) external view returns (uint256) {
        print(abi.encodeWithSignature("log(string,string)", "hello %s", name));
        return printed;
    }

    /// Prints what it is given, as it is given.
    function relay(bytes[] calldata payloads) external {
        for (uint256 i = 0; i < payloads.length; i++) print(payloads[i]);
        printed += payloads.length;
    }

    /// Prints, and then undoes all it did.
    function fail() external {
        printed += 1;
        print(abi.encodeWithSignature("log(string)", "before the end"));
        revert("the end");
    }

    /// Prints as often as it is told.
    function chatter(uint256 times) external {
        bytes memory payload = abi.encodeWithSignature("log(string)", "and again");
        for (uint256 i = 0; i < times; i++) print(payload);
        printed += times;
    }

    function print(bytes memory payload) private view {
        address console = CONSOLE;
        assembly ("memory-safe") {
            pop(staticcall(gas(), console, add(payload, 32), mload(payload), 0, 0))
        }
    }
}
