// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// What zero-knowledge verifiers look like from outside: selectors and encodings are those of the published interfaces.

/// The OP Stack's. Reverts when it is not a proof.
interface IZKVerifier {
    function verify(bytes32 programId, bytes calldata publicValues, bytes calldata proof) external view;
    function verifierType() external view returns (string memory);
}

/// SP1's. A gateway tells verifiers apart by the first four bytes of a proof, which are those of VERIFIER_HASH.
interface ISP1Verifier {
    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proof) external view;
    function VERIFIER_HASH() external view returns (bytes32);
}

/// RISC Zero's: a seal, and the digest of what it proves.
struct RiscZeroReceipt {
    bytes seal;
    bytes32 claimDigest;
}

interface IRiscZeroVerifier {
    function verify(bytes calldata seal, bytes32 imageId, bytes32 journalDigest) external view;
    function verifyIntegrity(RiscZeroReceipt calldata receipt) external view;
}
