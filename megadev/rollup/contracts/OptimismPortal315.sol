// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {aliased, callerHasKey, callWithoutReturnData, hasMinGas} from "./Callers.sol";
import {
    ESTIMATION_ADDRESS,
    GameStatus,
    hashWithdrawal,
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

/// The portal as it is on MegaETH's mainnet, version 3.15: what it refuses, it refuses with the errors and strings of
/// that line, in its order; which games count it decides itself. For who wants to know what a client does there; the
/// portal that a devnet has otherwise is OptimismPortal2. Known slots are those of that line, too.
contract OptimismPortal315 is ResourceMarket {
    struct ProvenWithdrawal {
        IDisputeGame disputeGameProxy;
        uint64 timestamp;
    }

    address public l2Sender; // slot 50; who on L2 asked for the call that is being made
    mapping(bytes32 => bool) public finalizedWithdrawals; // slot 51
    uint256[3] private _unused52;
    ISystemConfig public systemConfig; // slot 55
    IDisputeGameFactory public disputeGameFactory; // slot 56
    mapping(bytes32 => mapping(address => ProvenWithdrawal)) public provenWithdrawals; // slot 57
    mapping(IDisputeGame => bool) public disputeGameBlacklist; // slot 58
    uint32 public respectedGameType; // slot 59, lowest bytes
    uint64 public respectedGameTypeUpdatedAt; // slot 59, after it; games created until then do not count
    mapping(bytes32 => address[]) public proofSubmitters; // slot 60
    uint256[2] private _unused61;
    uint256 public proofMaturityDelaySeconds; // slot 63
    bool private _burnsDepositGas; // slot 64
    uint256 public disputeGameFinalityDelaySeconds; // slot 65

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
    error AlreadyFinalized();
    error Unproven();
    error ProposalNotValidated();

    function version() external pure returns (string memory) {
        return "3.15.2";
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
        _buy(gasLimit, gasBefore, _burnsDepositGas);
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
        (uint32 gameType,, IDisputeGame game) = disputeGameFactory.gameAtIndex(disputeGameIndex);
        if (disputeGameBlacklist[game]) revert Blacklisted();
        if (gameType != respectedGameType) revert InvalidGameType();
        try game.wasRespectedGameTypeWhenCreated() returns (bool wasRespected) {
            if (!wasRespected) revert InvalidGameType();
        } catch {
            revert LegacyGame();
        }
        if (keccak256(abi.encode(outputRootProof)) != game.rootClaim()) revert InvalidProof();
        if (game.createdAt() <= respectedGameTypeUpdatedAt) revert InvalidDisputeGame();
        if (game.status() == GameStatus.CHALLENGER_WINS) revert InvalidDisputeGame();

        bytes32 withdrawalHash = hashWithdrawal(withdrawal);
        // sentMessages is the first variable of the message passer
        bytes32 key = keccak256(abi.encode(keccak256(abi.encode(withdrawalHash, uint256(0)))));
        if (!provesInclusion(key, hex"01", withdrawalProof, outputRootProof.messagePasserStorageRoot)) {
            revert InvalidMerkleProof();
        }
        provenWithdrawals[withdrawalHash][msg.sender] = ProvenWithdrawal(game, uint64(block.timestamp));
        proofSubmitters[withdrawalHash].push(msg.sender);
        emit WithdrawalProven(withdrawalHash, withdrawal.sender, withdrawal.target);
        emit WithdrawalProvenExtension1(withdrawalHash, msg.sender);
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
        IDisputeGame game = proven.disputeGameProxy;
        if (disputeGameBlacklist[game]) revert Blacklisted();
        if (proven.timestamp == 0) revert Unproven();
        uint64 createdAt = game.createdAt();
        require(
            proven.timestamp > createdAt,
            "OptimismPortal: withdrawal timestamp less than dispute game creation timestamp"
        );
        require(
            block.timestamp - proven.timestamp > proofMaturityDelaySeconds,
            "OptimismPortal: proven withdrawal has not matured yet"
        );
        if (game.status() != GameStatus.DEFENDER_WINS) revert ProposalNotValidated();
        if (!game.wasRespectedGameTypeWhenCreated()) revert InvalidGameType();
        require(
            createdAt > respectedGameTypeUpdatedAt,
            "OptimismPortal: dispute game created before respected game type was updated"
        );
        require(
            block.timestamp - game.resolvedAt() > disputeGameFinalityDelaySeconds,
            "OptimismPortal: output proposal in air-gap"
        );
        if (finalizedWithdrawals[withdrawalHash]) revert AlreadyFinalized();
    }

    function numProofSubmitters(bytes32 withdrawalHash) external view returns (uint256) {
        return proofSubmitters[withdrawalHash].length;
    }

    // ---- what others decide

    function superchainConfig() public view returns (ISuperchainConfig) {
        return systemConfig.superchainConfig();
    }

    function guardian() public view returns (address) {
        return superchainConfig().guardian();
    }

    function paused() public view returns (bool) {
        return superchainConfig().paused();
    }

    // ---- the guardian

    function blacklistDisputeGame(IDisputeGame disputeGame) external {
        if (msg.sender != guardian()) revert Unauthorized();
        disputeGameBlacklist[disputeGame] = true;
        emit DisputeGameBlacklisted(disputeGame);
    }

    /// The largest number is no type: it retires all games there are.
    function setRespectedGameType(uint32 gameType) external {
        if (msg.sender != guardian()) revert Unauthorized();
        if (gameType == type(uint32).max) respectedGameTypeUpdatedAt = uint64(block.timestamp);
        else respectedGameType = gameType;
        emit RespectedGameTypeSet(gameType, respectedGameTypeUpdatedAt);
    }
}
