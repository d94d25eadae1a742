// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Counter} from "../src/Counter.sol";

/// What of Foundry's cheatcodes is used here.
interface Vm {
    function prank(address sender) external;
    function expectRevert(bytes calldata reason) external;
}

contract CounterTest {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    Counter private counter;

    function setUp() public {
        counter = new Counter(5);
    }

    function test_it_counts() public {
        counter.increment();
        assert(counter.number() == 6);
    }

    function test_only_the_owner_resets_it() public {
        vm.prank(address(7));
        vm.expectRevert(abi.encodeWithSelector(Counter.NotTheOwner.selector, address(7)));
        counter.reset();
        counter.reset();
        assert(counter.number() == 0);
    }
}
