// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Deploys what a presigned transaction without a chain id creates (Nick's method), at the address it was made for but
/// with more gas than it asked for. The node answers a transaction to `keylessDeploy`; code runs only where it does not.
contract KeylessDeploy {
    error NotIntercepted();

    // what the node reverts with where it refuses
    error MalformedEncoding();
    error NotContractCreation();
    error NotPreEIP155();
    error NonZeroTxNonce(uint64 txNonce);
    error NoEtherTransfer();
    error InitCodeTooLarge(uint64 size, uint64 limit);
    error GasLimitTooLow(uint64 txGasLimit, uint64 providedGasLimit);
    error InvalidSignature();
    error SignerNonceTooHigh(uint64 signerNonce);
    error SignerHasCode();
    error ContractAlreadyExists();
    error ParentBudgetExceeded(uint8 kind, uint64 limit, uint64 used);
    error InsufficientBalance();
    error InvalidTransaction();
    error InternalError();
    error NoContractCreated();
    error AddressMismatch();
    error InsufficientComputeGas(uint64 limit, uint64 used);

    // what it returns as `errorData` where the creation failed
    error ExecutionReverted(uint64 gasUsed, bytes output);
    error ExecutionHalted(uint64 gasUsed);
    error EmptyCodeDeployed(uint64 gasUsed);

    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function keylessDeploy(bytes calldata keylessDeploymentTransaction, uint256 gasLimitOverride)
        external
        returns (uint64 gasUsed, address deployedAddress, bytes memory errorData)
    {
        keylessDeploymentTransaction;
        gasLimitOverride;
        revert NotIntercepted();
    }
}
