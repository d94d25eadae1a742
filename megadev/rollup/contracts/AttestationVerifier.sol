// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IRiscZeroVerifier, ISP1Verifier, IZKVerifier, RiscZeroReceipt} from "./Verifiers.sol";
import {recoverSigner} from "./Signatures.sol";

/// What stands on a devnet where a zero-knowledge verifier stands in production, with the faces of three of them.
///
/// A "proof" that it takes is signatures: of at least `threshold` attesters, each of whom says that they executed the
/// L2 blocks again and got to the claimed output root. That is not a zero-knowledge proof: it is as good as the
/// attesters are honest. Games only know the interface, so that a real verifier can take its place by address alone.
///
/// What an attester signs (EIP-712, domain "megadev attestation", "1", this chain, this contract) is a program's id and
/// the hash of what it made public: the values that the game asks for, and after them the hash of the rollup's
/// configuration, the hash of the batch data on L1, and the attester's own address. A program's id names the rules that
/// L2 runs under, so that attesters who run others are refused as a prover with an old verification key would be.
contract AttestationVerifier is IZKVerifier, ISP1Verifier, IRiscZeroVerifier {
    address public owner; // slot 0
    uint256 public threshold; // slot 1
    address[] private _attesters; // slot 2
    mapping(address => bool) public isAttester; // slot 3
    bytes32 public rollupConfigHash; // slot 4; zero takes any

    /// Names the scheme; a proof begins with its first four bytes.
    bytes32 public constant VERIFIER_HASH = keccak256("megadev: a signed re-execution, not a zero-knowledge proof");

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ATTESTATION = keccak256("Attestation(bytes32 programId,bytes32 publicValuesHash)");
    bytes32 private constant CLAIM = keccak256("Claim(bytes32 claimDigest)");

    // RISC Zero's digests ("Receipt claim"): of the tags, and of the state in which a program that ended well is
    bytes32 private constant RECEIPT_CLAIM = 0xcb1fefcd1f2d9a64975cbbbf6e161e2914434b0cbb9960b84df5d717e86b48af;
    bytes32 private constant OUTPUT = 0x77eafeb366a78b47747de0d7bb176284085ff5564887009a5be63da32d3559d4;
    bytes32 private constant HALTED = 0xa3acc27117418996340b84e5a90f3ef4c49d22c79e44aad822ec9c313e1eb8e2;

    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    event AttestersSet(address[] attesters, uint256 threshold);
    event RollupConfigHashSet(bytes32 rollupConfigHash);

    error WrongVerifierSelector(bytes4 received, bytes4 expected);
    error WrongRollupConfig(bytes32 received, bytes32 expected);
    error NotAnAttester(address signer);
    error AttestersNotInOrder();
    error NotEnoughAttesters(uint256 signed, uint256 needed);
    error InvalidThreshold();
    error Unauthorized();

    modifier onlyOwner() {
        if (msg.sender != owner) revert Unauthorized();
        _;
    }

    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    // ---- the three faces

    function verifierType() external pure returns (string memory) {
        return "attestation: a signed re-execution, not a zero-knowledge proof";
    }

    /// The OP Stack's: the proof is of `programId` having made `publicValues` public.
    function verify(bytes32 programId, bytes calldata publicValues, bytes calldata proof) external view {
        _verifyAttestation(programId, publicValues, proof);
    }

    /// SP1's: the same, where a program goes by its verification key.
    function verifyProof(bytes32 programVKey, bytes calldata publicValues, bytes calldata proof) external view {
        _verifyAttestation(programVKey, publicValues, proof);
    }

    /// RISC Zero's: of what was made public only the digest (SHA-256) is known.
    function verify(bytes calldata seal, bytes32 imageId, bytes32 journalDigest) external view {
        _verifySeal(seal, claimDigest(imageId, journalDigest));
    }

    function verifyIntegrity(RiscZeroReceipt calldata receipt) external view {
        _verifySeal(receipt.seal, receipt.claimDigest);
    }

    /// RISC Zero's digest of the claim that a program ended well and made public what has `journalDigest`.
    function claimDigest(bytes32 imageId, bytes32 journalDigest) public pure returns (bytes32) {
        bytes32 output = sha256(abi.encodePacked(OUTPUT, journalDigest, bytes32(0), uint16(2) << 8));
        return sha256(
            abi.encodePacked(RECEIPT_CLAIM, bytes32(0), imageId, HALTED, output, uint32(0), uint32(0), uint16(4) << 8)
        );
    }

    // ---- what is signed

    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("megadev attestation"), keccak256("1"), block.chainid, address(this))
        );
    }

    function _verifyAttestation(bytes32 programId, bytes calldata publicValues, bytes calldata proof) private view {
        _checkSelector(proof);
        (bytes32 configHash, bytes32 batchDataHash, address[] memory signers, bytes[] memory signatures) =
            abi.decode(proof[4:], (bytes32, bytes32, address[], bytes[]));
        if (rollupConfigHash != 0 && configHash != rollupConfigHash) {
            revert WrongRollupConfig(configHash, rollupConfigHash);
        }
        bytes32[] memory hashes = new bytes32[](signers.length);
        for (uint256 index = 0; index < signers.length; ++index) {
            bytes32 values = keccak256(abi.encodePacked(publicValues, abi.encode(configHash, batchDataHash, signers[index])));
            hashes[index] = keccak256(abi.encode(ATTESTATION, programId, values));
        }
        _checkSignatures(signers, signatures, hashes);
    }

    function _verifySeal(bytes calldata seal, bytes32 digest) private view {
        _checkSelector(seal);
        (address[] memory signers, bytes[] memory signatures) = abi.decode(seal[4:], (address[], bytes[]));
        bytes32[] memory hashes = new bytes32[](signers.length);
        for (uint256 index = 0; index < signers.length; ++index) {
            hashes[index] = keccak256(abi.encode(CLAIM, digest));
        }
        _checkSignatures(signers, signatures, hashes);
    }

    function _checkSelector(bytes calldata proof) private pure {
        bytes4 received = proof.length < 4 ? bytes4(0) : bytes4(proof[:4]);
        if (received != bytes4(VERIFIER_HASH)) revert WrongVerifierSelector(received, bytes4(VERIFIER_HASH));
    }

    /// Whether enough attesters signed, each what stands at its place in `structHashes`. They come in ascending order,
    /// so that nobody counts twice.
    function _checkSignatures(address[] memory signers, bytes[] memory signatures, bytes32[] memory structHashes)
        private
        view
    {
        if (signers.length < threshold || signers.length != signatures.length) {
            revert NotEnoughAttesters(signers.length, threshold);
        }
        bytes32 domain = domainSeparator();
        address last = address(0);
        for (uint256 index = 0; index < signers.length; ++index) {
            address signer = signers[index];
            if (signer <= last) revert AttestersNotInOrder();
            last = signer;
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, structHashes[index]));
            if (!isAttester[signer] || recoverSigner(digest, signatures[index]) != signer) revert NotAnAttester(signer);
        }
    }

    // ---- the owner

    function attesters() external view returns (address[] memory) {
        return _attesters;
    }

    function setAttesters(address[] calldata attesters_, uint256 threshold_) external onlyOwner {
        if (threshold_ == 0 || threshold_ > attesters_.length) revert InvalidThreshold();
        for (uint256 index = 0; index < _attesters.length; ++index) {
            isAttester[_attesters[index]] = false;
        }
        for (uint256 index = 0; index < attesters_.length; ++index) {
            if (attesters_[index] == address(0) || isAttester[attesters_[index]]) revert InvalidThreshold();
            isAttester[attesters_[index]] = true;
        }
        _attesters = attesters_;
        threshold = threshold_;
        emit AttestersSet(attesters_, threshold_);
    }

    function setRollupConfigHash(bytes32 rollupConfigHash_) external onlyOwner {
        rollupConfigHash = rollupConfigHash_;
        emit RollupConfigHashSet(rollupConfigHash_);
    }

    function transferOwnership(address newOwner) external onlyOwner {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }
}
