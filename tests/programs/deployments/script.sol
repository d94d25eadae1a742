// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {Token} from "../src/Token.sol";
import {SwapFactory, SwapPair} from "../src/Swap.sol";
import {Sized} from "../src/Sized.sol";
interface Vm { function startBroadcast() external; }
contract Deploy {
    Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    function run() external {
        vm.startBroadcast();
        Token one = new Token("One", "ONE", 1e24);
        Token other = new Token("Other", "OTH", 1e24);
        SwapPair pair = SwapPair(new SwapFactory().createPair(address(one), address(other)));
        one.transfer(address(pair), 1e21);
        other.transfer(address(pair), 1e21);
        pair.mint(msg.sender);
        new Sized();
    }
}
