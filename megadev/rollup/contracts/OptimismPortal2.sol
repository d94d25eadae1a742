// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {aliased, callerHasKey, callWithoutReturnData, hasMinGas} from "./Callers.sol";
import {
    ESTIMATION_ADDRESS,
    GameStatus,
    hashWithdrawal,
    IAnchorStateRegistry,
    IDisputeGame,
    IDisputeGameFactory,
    ISuperchainConfig,
    ISystemConfig,
    NO_SENDER,
    OutputRootProof,
    ResourceConfig,
    Withdrawal
} from "./Interfaces.sol";
import {provesInclusion} from "./MerkleProof.sol";
import {ResourceMarket} from "./ResourceMarket.sol";

/// The door between L1 and L2: deposits leave as events that L2 derives its transactions from; withdrawals come in with
/// a proof against an output root that a dispute game has claimed.
///
/// Its interface is the union of those that portals have had since version 3. Every error it raises is one that clients
/// of either kind can decode, and reasons why a withdrawal cannot be finalized yet are those of version 4, which tell
/// them apart. Where a variable of the OP Stack's portal has a known slot, ours stands there too; genesis fills the
/// slots, so there is no initializer.
contract OptimismPortal2 is ResourceMarket {
    struct ProvenWithdrawal {
        IDisputeGame disputeGameProxy;
        uint64 timestamp;
    }

    address public l2Sender; // slot 50; who on L2 asked for the call that is being made
    mapping(bytes32 => bool) public finalizedWithdrawals; // slot 51
    uint256[3] private _unused52;
    ISystemConfig public systemConfig; // slot 55
    uint256 private _unused56;
    mapping(bytes32 => mapping(address => ProvenWithdrawal)) public provenWithdrawals; // slot 57
    uint256[2] private _unused58;
    mapping(bytes32 => address[]) public proofSubmitters; // slot 60
    uint256 private _unused61;
    IAnchorStateRegistry public anchorStateRegistry; // slot 62
    uint256 public proofMaturityDelaySeconds; // slot 63
    bool public burnsDepositGas; // slot 64

    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);
    event WithdrawalProven(bytes32 indexed withdrawalHash, address indexed from, address indexed to);
    event WithdrawalProvenExtension1(bytes32 indexed withdrawalHash, address indexed proofSubmitter);
    event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success);
    event DisputeGameBlacklisted(IDisputeGame indexed disputeGame);
    event RespectedGameTypeSet(uint32 indexed newGameType, uint64 indexed updatedAt);

    error BadTarget();
    error SmallGasLimit();
    error LargeCalldata();
    error CallPaused();
    error NonReentrant();
    error GasEstimation();
    error Unauthorized();
    error Blacklisted();
    error LegacyGame();
    error InvalidGameType();
    error InvalidDisputeGame();
    error InvalidProof();
    error InvalidMerkleProof();
    error OptimismPortal_AlreadyFinalized();
    error OptimismPortal_Unproven();
    error OptimismPortal_InvalidProofTimestamp();
    error OptimismPortal_ProofNotOldEnough();
    error OptimismPortal_InvalidRootClaim();

    function version() external pure returns (string memory) {
        return "4.6.0";
    }

    // ---- deposits

    receive() external payable {
        depositTransaction(msg.sender, msg.value, 100_000, false, "");
    }

    /// Ether for the portal that nobody gets on L2.
    function donateETH() external payable {}

    /// The least L2 gas a deposit with this much data must buy: its intrinsic cost with EIP-7623's floor.
    function minimumGasLimit(uint64 byteCount) public pure returns (uint64) {
        return byteCount * 40 + 21_000;
    }

    /// What is sent along is minted to the caller on L2, whatever becomes of the call; `value` is what that call moves.
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes memory data)
        public
        payable
    {
        uint256 gasBefore = gasleft();
        if (isCreation && to != address(0)) revert BadTarget();
        if (gasLimit < minimumGasLimit(uint64(data.length))) revert SmallGasLimit();
        if (data.length > 120_000) revert LargeCalldata();
        address from = callerHasKey(msg.sender) ? msg.sender : aliased(msg.sender);
        emit TransactionDeposited(from, to, 0, abi.encodePacked(msg.value, value, gasLimit, isCreation, data));
        _buy(gasLimit, gasBefore, burnsDepositGas);
    }

    function _resourceConfig() internal view override returns (ResourceConfig memory) {
        return systemConfig.resourceConfig();
    }

    // ---- withdrawals

    /// Show that L2 recorded `withdrawal`, in the state that the game at `disputeGameIndex` claims. Proving again
    /// replaces the caller's earlier proof and starts its waiting time anew.
    function proveWithdrawalTransaction(
        Withdrawal memory withdrawal,
        uint256 disputeGameIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] memory withdrawalProof
    ) external {
        if (paused()) revert CallPaused();
        if (withdrawal.target == address(this)) revert BadTarget();
        (,, IDisputeGame game) = disputeGameFactory().gameAtIndex(disputeGameIndex);
        _checkGame(game);
        if (keccak256(abi.encode(outputRootProof)) != game.rootClaim()) revert InvalidProof();

        bytes32 withdrawalHash = hashWithdrawal(withdrawal);
        // sentMessages is the first variable of the message passer
        bytes32 slot = keccak256(abi.encode(withdrawalHash, uint256(0)));
        bytes32 key = keccak256(abi.encode(slot));
        if (!provesInclusion(key, hex"01", withdrawalProof, outputRootProof.messagePasserStorageRoot)) {
            revert InvalidMerkleProof();
        }

        provenWithdrawals[withdrawalHash][msg.sender] = ProvenWithdrawal(game, uint64(block.timestamp));
        proofSubmitters[withdrawalHash].push(msg.sender);
        emit WithdrawalProven(withdrawalHash, withdrawal.sender, withdrawal.target);
        emit WithdrawalProvenExtension1(withdrawalHash, msg.sender);
    }

    /// Whether the game may serve a proof now. What it claims need not be settled yet, only not lost.
    function _checkGame(IDisputeGame game) private view {
        if (anchorStateRegistry.isGameBlacklisted(game)) revert Blacklisted();
        try game.wasRespectedGameTypeWhenCreated() returns (bool wasRespected) {
            if (!wasRespected) revert InvalidGameType();
        } catch {
            revert LegacyGame();
        }
        if (!anchorStateRegistry.isGameProper(game)) revert InvalidDisputeGame();
        if (game.status() == GameStatus.CHALLENGER_WINS) revert InvalidDisputeGame();
    }

    function finalizeWithdrawalTransaction(Withdrawal memory withdrawal) external {
        _finalize(withdrawal, msg.sender);
    }

    /// Finalize on the strength of the proof that `proofSubmitter` gave.
    function finalizeWithdrawalTransactionExternalProof(Withdrawal memory withdrawal, address proofSubmitter) external {
        _finalize(withdrawal, proofSubmitter);
    }

    function _finalize(Withdrawal memory withdrawal, address proofSubmitter) private {
        if (paused()) revert CallPaused();
        if (l2Sender != NO_SENDER) revert NonReentrant();
        bytes32 withdrawalHash = hashWithdrawal(withdrawal);
        checkWithdrawal(withdrawalHash, proofSubmitter);

        finalizedWithdrawals[withdrawalHash] = true; // before the call: it may come back here
        l2Sender = withdrawal.sender;
        require(hasMinGas(withdrawal.gasLimit, 0), "SafeCall: Not enough gas");
        bool success = callWithoutReturnData(withdrawal.target, gasleft(), withdrawal.value, withdrawal.data);
        l2Sender = NO_SENDER;
        emit WithdrawalFinalized(withdrawalHash, success);
        if (!success && tx.origin == ESTIMATION_ADDRESS) revert GasEstimation();
    }

    /// Returns if the withdrawal can be finalized with that proof now, and reverts with the reason if it cannot.
    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) public view {
        ProvenWithdrawal memory proven = provenWithdrawals[withdrawalHash][proofSubmitter];
        if (finalizedWithdrawals[withdrawalHash]) revert OptimismPortal_AlreadyFinalized();
        if (proven.timestamp == 0) revert OptimismPortal_Unproven();
        if (proven.timestamp <= proven.disputeGameProxy.createdAt()) revert OptimismPortal_InvalidProofTimestamp();
        if (block.timestamp - proven.timestamp <= proofMaturityDelaySeconds) revert OptimismPortal_ProofNotOldEnough();
        if (!anchorStateRegistry.isGameClaimValid(proven.disputeGameProxy)) revert OptimismPortal_InvalidRootClaim();
    }

    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return proofSubmitters[withdrawalHash].length;
    }

    // ---- what others decide

    function guardian() public view returns (address) {
        return systemConfig.guardian();
    }

    function paused() public view returns (bool) {
        return systemConfig.paused();
    }

    function superchainConfig() external view returns (ISuperchainConfig) {
        return systemConfig.superchainConfig();
    }

    function disputeGameFactory() public view returns (IDisputeGameFactory) {
        return anchorStateRegistry.disputeGameFactory();
    }

    function disputeGameFinalityDelaySeconds() external view returns (uint256) {
        return anchorStateRegistry.disputeGameFinalityDelaySeconds();
    }

    function respectedGameType() external view returns (uint32) {
        return anchorStateRegistry.respectedGameType();
    }

    /// Games created until then no longer count.
    function respectedGameTypeUpdatedAt() external view returns (uint64) {
        return anchorStateRegistry.retirementTimestamp();
    }

    function disputeGameBlacklist(IDisputeGame disputeGame) external view returns (bool) {
        return anchorStateRegistry.disputeGameBlacklist(disputeGame);
    }

    // ---- the guardian, through the portal as before version 4

    modifier onlyGuardian() {
        if (msg.sender != guardian()) revert Unauthorized();
        _;
    }

    function blacklistDisputeGame(IDisputeGame disputeGame) external onlyGuardian {
        anchorStateRegistry.blacklistDisputeGame(disputeGame);
        emit DisputeGameBlacklisted(disputeGame);
    }

    /// The largest number is no type: it retires all games there are.
    function setRespectedGameType(uint32 gameType) external onlyGuardian {
        if (gameType == type(uint32).max) anchorStateRegistry.updateRetirementTimestamp();
        else anchorStateRegistry.setRespectedGameType(gameType);
        emit RespectedGameTypeSet(gameType, anchorStateRegistry.retirementTimestamp());
    }
}
