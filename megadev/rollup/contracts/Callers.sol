// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// Who called, across chains.

uint160 constant ALIAS_OFFSET = uint160(0x1111000000000000000000000000000000001111);

/// What a contract on L1 is called on L2: no L1 contract may act as the L2 contract that has its address.
function aliased(address l1Contract) pure returns (address) {
    unchecked {
        return address(uint160(l1Contract) + ALIAS_OFFSET);
    }
}

function unaliased(address l2Sender) pure returns (address) {
    unchecked {
        return address(uint160(l2Sender) - ALIAS_OFFSET);
    }
}

/// Whether a key answers for the caller: the transaction's origin, or an account that has only delegated (EIP-7702).
function callerHasKey(address caller) view returns (bool) {
    if (caller == tx.origin) return true;
    bytes memory code = caller.code;
    return code.length == 23 && bytes3(code) == 0xef0100;
}

/// Whether enough gas is left for a call to get `minGas` of it after EIP-150 keeps a 64th, `reserved` stays with the
/// caller, and 40,000 pays for what the call itself may cost (value, a new account, a cold address).
function hasMinGas(uint256 minGas, uint256 reserved) view returns (bool) {
    unchecked {
        return minGas <= type(uint64).max && gasleft() * 63 >= minGas * 64 + (40_000 + reserved) * 63;
    }
}

/// A call that hands on all of `gasLimit` and `value` and drops what it returns, so that no callee can make the caller
/// pay for copying it.
function callWithoutReturnData(address target, uint256 gasLimit, uint256 value, bytes memory data)
    returns (bool success)
{
    assembly ("memory-safe") {
        success := call(gasLimit, target, value, add(data, 0x20), mload(data), 0, 0)
    }
}
