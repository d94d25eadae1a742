// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Token} from "../src/Token.sol";

interface Vm {
    function startBroadcast() external;
    function stopBroadcast() external;
}

contract Deploy {
    bool public constant IS_SCRIPT = true;
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        vm.startBroadcast();
        Token gold = new Token("Gold", "AU", 1000);
        gold.transfer(address(0xBEEF), 300);
        new Token("Silver", "AG", 7);
        new Token{salt: bytes32(uint256(7))}("Copper", "CU", 29); // by the CREATE2 deployer, whose code forge checks
        vm.stopBroadcast();
    }
}
