// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ISuperchainConfig, ResourceConfig} from "./Interfaces.sol";
import {Owned} from "./Owned.sol";

/// The settings of L2 that are made on L1. Derivation follows them by their ConfigUpdate events. Genesis fills the
/// slots; the addresses stand in slots named by a hash, as in the OP Stack.
contract SystemConfig is Owned {
    enum UpdateType {
        BATCHER,
        FEE_SCALARS,
        GAS_LIMIT,
        UNSAFE_BLOCK_SIGNER,
        EIP_1559_PARAMS,
        OPERATOR_FEE_PARAMS
    }

    uint256 public constant VERSION = 0;

    bytes32 public constant UNSAFE_BLOCK_SIGNER_SLOT = keccak256("systemconfig.unsafeblocksigner");
    bytes32 public constant BATCH_INBOX_SLOT = bytes32(uint256(keccak256("systemconfig.batchinbox")) - 1);
    bytes32 public constant START_BLOCK_SLOT = bytes32(uint256(keccak256("systemconfig.startBlock")) - 1);
    bytes32 public constant OPTIMISM_PORTAL_SLOT = bytes32(uint256(keccak256("systemconfig.optimismportal")) - 1);
    bytes32 public constant L1_CROSS_DOMAIN_MESSENGER_SLOT =
        bytes32(uint256(keccak256("systemconfig.l1crossdomainmessenger")) - 1);
    bytes32 public constant L1_STANDARD_BRIDGE_SLOT = bytes32(uint256(keccak256("systemconfig.l1standardbridge")) - 1);
    bytes32 public constant OPTIMISM_MINTABLE_ERC20_FACTORY_SLOT =
        bytes32(uint256(keccak256("systemconfig.optimismmintableerc20factory")) - 1);
    bytes32 public constant DISPUTE_GAME_FACTORY_SLOT =
        bytes32(uint256(keccak256("systemconfig.disputegamefactory")) - 1);

    uint256 public overhead; // slot 101
    uint256 public scalar; // slot 102
    bytes32 public batcherHash; // slot 103
    uint64 public gasLimit; // slot 104, from the lowest bytes on
    uint32 public basefeeScalar;
    uint32 public blobbasefeeScalar;
    uint32 public eip1559Denominator;
    uint32 public eip1559Elasticity;
    ResourceConfig private _resourceConfig; // slot 105
    uint64 public operatorFeeConstant; // slot 106, from the lowest bytes on
    uint32 public operatorFeeScalar;
    uint64 public maximumGasLimit;
    ISuperchainConfig public superchainConfig; // slot 107
    uint256 public l2ChainId; // slot 108

    event ConfigUpdate(uint256 indexed version, UpdateType indexed updateType, bytes data);

    function version() external pure returns (string memory) {
        return "3.4.0";
    }

    function resourceConfig() external view returns (ResourceConfig memory) {
        return _resourceConfig;
    }

    /// The least block gas limit that leaves room for all deposits and the L1 attributes.
    function minimumGasLimit() public view returns (uint64) {
        return uint64(_resourceConfig.maxResourceLimit) + _resourceConfig.systemTxMaxGas;
    }

    function guardian() external view returns (address) {
        return superchainConfig.guardian();
    }

    function paused() external view returns (bool) {
        return superchainConfig.paused();
    }

    function unsafeBlockSigner() external view returns (address) {
        return _addressIn(UNSAFE_BLOCK_SIGNER_SLOT);
    }

    function batchInbox() external view returns (address) {
        return _addressIn(BATCH_INBOX_SLOT);
    }

    function startBlock() external view returns (uint256) {
        return uint256(_wordIn(START_BLOCK_SLOT));
    }

    function optimismPortal() external view returns (address) {
        return _addressIn(OPTIMISM_PORTAL_SLOT);
    }

    function l1CrossDomainMessenger() external view returns (address) {
        return _addressIn(L1_CROSS_DOMAIN_MESSENGER_SLOT);
    }

    function l1StandardBridge() external view returns (address) {
        return _addressIn(L1_STANDARD_BRIDGE_SLOT);
    }

    function optimismMintableERC20Factory() external view returns (address) {
        return _addressIn(OPTIMISM_MINTABLE_ERC20_FACTORY_SLOT);
    }

    function disputeGameFactory() external view returns (address) {
        return _addressIn(DISPUTE_GAME_FACTORY_SLOT);
    }

    // ---- the owner

    function setBatcherHash(bytes32 batcherHash_) external onlyOwner {
        batcherHash = batcherHash_;
        emit ConfigUpdate(VERSION, UpdateType.BATCHER, abi.encode(batcherHash_));
    }

    function setGasConfigEcotone(uint32 basefeeScalar_, uint32 blobbasefeeScalar_) external onlyOwner {
        basefeeScalar = basefeeScalar_;
        blobbasefeeScalar = blobbasefeeScalar_;
        scalar = (uint256(1) << 248) | (uint256(blobbasefeeScalar_) << 32) | basefeeScalar_;
        emit ConfigUpdate(VERSION, UpdateType.FEE_SCALARS, abi.encode(overhead, scalar));
    }

    function setGasLimit(uint64 gasLimit_) external onlyOwner {
        require(gasLimit_ >= minimumGasLimit(), "SystemConfig: gas limit too low");
        require(gasLimit_ <= maximumGasLimit, "SystemConfig: gas limit too high");
        gasLimit = gasLimit_;
        emit ConfigUpdate(VERSION, UpdateType.GAS_LIMIT, abi.encode(gasLimit_));
    }

    function setUnsafeBlockSigner(address signer) external onlyOwner {
        bytes32 slot = UNSAFE_BLOCK_SIGNER_SLOT;
        assembly ("memory-safe") {
            sstore(slot, signer)
        }
        emit ConfigUpdate(VERSION, UpdateType.UNSAFE_BLOCK_SIGNER, abi.encode(signer));
    }

    function setEIP1559Params(uint32 denominator, uint32 elasticity) external onlyOwner {
        require(denominator >= 1, "SystemConfig: denominator must be >= 1");
        require(elasticity >= 1, "SystemConfig: elasticity must be >= 1");
        eip1559Denominator = denominator;
        eip1559Elasticity = elasticity;
        emit ConfigUpdate(VERSION, UpdateType.EIP_1559_PARAMS, abi.encode((uint256(denominator) << 32) | elasticity));
    }

    function setOperatorFeeScalars(uint32 operatorFeeScalar_, uint64 operatorFeeConstant_) external onlyOwner {
        operatorFeeScalar = operatorFeeScalar_;
        operatorFeeConstant = operatorFeeConstant_;
        emit ConfigUpdate(
            VERSION,
            UpdateType.OPERATOR_FEE_PARAMS,
            abi.encode((uint256(operatorFeeScalar_) << 64) | operatorFeeConstant_)
        );
    }

    function _addressIn(bytes32 slot) private view returns (address) {
        return address(uint160(uint256(_wordIn(slot))));
    }

    function _wordIn(bytes32 slot) private view returns (bytes32 word) {
        assembly ("memory-safe") {
            word := sload(slot)
        }
    }
}
