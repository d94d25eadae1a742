// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// secp256k1 signatures over a digest, without a prefix.

// Half of the curve's order: of the two values of s that sign the same, the lower one counts (EIP-2).
uint256 constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

/// Who signed `digest` with r, s and v (65 bytes, v being 27 or 28); zero if nobody did.
function recoverSigner(bytes32 digest, bytes memory signature) pure returns (address) {
    if (signature.length != 65) return address(0);
    bytes32 r;
    bytes32 s;
    assembly ("memory-safe") {
        r := mload(add(signature, 0x20))
        s := mload(add(signature, 0x40))
    }
    uint8 v = uint8(signature[64]);
    if (uint256(s) > HALF_ORDER || (v != 27 && v != 28)) return address(0);
    return ecrecover(digest, v, r, s);
}
