// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {GameStatus, IAnchorStateRegistry, IDisputeGame} from "./Interfaces.sol";
import {IZKVerifier} from "./Verifiers.sol";

/// A claim about L2's output root that stands unless somebody challenges it, and then stands or falls with a validity
/// proof.
///
/// Unchallenged, it is won by who made it once `maxChallengeDuration` has passed. A challenge starts `maxProveDuration`,
/// within which a proof must come. A valid proof settles the game at once, challenged or not. Where `maxProveDuration`
/// is zero nobody can challenge, and where there is no verifier nobody can prove.
///
/// Each game is a proxy of this; what makes it itself stands after the proxy's code, as packed values.
contract ValidityDisputeGame {
    enum ProposalStatus {
        Unchallenged,
        Challenged,
        UnchallengedAndValidProofProvided,
        ChallengedAndValidProofProvided,
        Resolved
    }

    /// The parent of a claim that builds on the anchor and not on another game.
    uint32 private constant NO_PARENT = type(uint32).max;
    uint256 private constant PROXY_SIZE = 45;
    uint256 private constant ARGS_SIZE = 0x128;

    uint64 public createdAt;
    uint64 public resolvedAt;
    uint64 public deadline;
    GameStatus public status;
    ProposalStatus public proposalStatus;
    bool public wasRespectedGameTypeWhenCreated;
    address public challenger;
    address public prover;
    bytes32 public startingRootHash;
    uint256 public startingBlockNumber;
    mapping(address => uint256) public credit;

    event Resolved(GameStatus indexed status);
    event Challenged(address indexed challenger);
    event Proved(address indexed prover);

    error AlreadyInitialized();
    error BadExtraData();
    error BadAuth();
    error InvalidParentGame();
    error UnexpectedSequenceNumber();
    error ChallengesDisabled();
    error IncorrectBondAmount();
    error ClaimAlreadyChallenged();
    error ClaimAlreadyResolved();
    error GameOver();
    error GameNotOver();
    error GameNotFinalized();
    error NoVerifier();
    error ParentGameNotResolved();
    error NoCreditToClaim();
    error BondTransferFailed();

    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    // ---- what the game is about

    function gameCreator() public view returns (address) {
        return address(bytes20(_argument(0x00)));
    }

    function rootClaim() public view returns (bytes32) {
        return _argument(0x14);
    }

    /// The L1 block before the one that the claim was made in.
    function l1Head() public view returns (bytes32) {
        return _argument(0x34);
    }

    function gameType() public view returns (uint32) {
        return uint32(bytes4(_argument(0x54)));
    }

    /// The L2 block whose output root is claimed.
    function l2SequenceNumber() public view returns (uint256) {
        return uint256(_argument(0x58));
    }

    function l2BlockNumber() external view returns (uint256) {
        return l2SequenceNumber();
    }

    /// The index of the game that the claim builds on; the largest number is the anchor.
    function parentIndex() public view returns (uint32) {
        return uint32(bytes4(_argument(0x78)));
    }

    function extraData() public view returns (bytes memory) {
        return abi.encodePacked(_argument(0x58), bytes4(_argument(0x78)));
    }

    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return (gameType(), rootClaim(), extraData());
    }

    // ---- how games of its type are configured

    /// The program whose run a proof must prove.
    function absolutePrestate() public view returns (bytes32) {
        return _argument(0x7c);
    }

    function verifier() public view returns (IZKVerifier) {
        return IZKVerifier(address(bytes20(_argument(0x9c))));
    }

    function maxChallengeDuration() public view returns (uint64) {
        return uint64(bytes8(_argument(0xb0)));
    }

    function maxClockDuration() external view returns (uint64) {
        return maxChallengeDuration();
    }

    function maxProveDuration() public view returns (uint64) {
        return uint64(bytes8(_argument(0xb8)));
    }

    function challengerBond() public view returns (uint256) {
        return uint256(_argument(0xc0));
    }

    function anchorStateRegistry() public view returns (IAnchorStateRegistry) {
        return IAnchorStateRegistry(address(bytes20(_argument(0xe0))));
    }

    /// Who alone may claim; zero for anybody.
    function proposer() public view returns (address) {
        return address(bytes20(_argument(0xf4)));
    }

    function l2ChainId() public view returns (uint256) {
        return uint256(_argument(0x108));
    }

    /// A word of the packed values, at an offset in bytes.
    function _argument(uint256 offset) private view returns (bytes32 word) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0, add(PROXY_SIZE, offset), 0x20)
            word := mload(0)
        }
    }

    // ---- its life

    /// Called by the factory as it creates the game; what is sent along is the claimant's bond.
    function initialize() external payable {
        if (createdAt != 0) revert AlreadyInitialized();
        if (address(this).code.length != PROXY_SIZE + ARGS_SIZE) revert BadExtraData();
        if (proposer() != address(0) && proposer() != gameCreator()) revert BadAuth();

        IAnchorStateRegistry registry = anchorStateRegistry();
        if (parentIndex() == NO_PARENT) {
            (startingRootHash, startingBlockNumber) = registry.getAnchorRoot();
        } else {
            IDisputeGame parent = _parent();
            if (
                parent.gameType() != gameType() || !registry.isGameProper(parent)
                    || parent.status() == GameStatus.CHALLENGER_WINS
            ) revert InvalidParentGame();
            (startingRootHash, startingBlockNumber) = (parent.rootClaim(), parent.l2SequenceNumber());
        }
        if (l2SequenceNumber() <= startingBlockNumber) revert UnexpectedSequenceNumber();

        createdAt = uint64(block.timestamp);
        deadline = createdAt + maxChallengeDuration();
        wasRespectedGameTypeWhenCreated = registry.respectedGameType() == gameType();
        credit[gameCreator()] = msg.value;
    }

    function challenge() external payable {
        if (maxProveDuration() == 0) revert ChallengesDisabled();
        if (proposalStatus != ProposalStatus.Unchallenged) revert ClaimAlreadyChallenged();
        if (gameOver()) revert GameOver();
        if (msg.value != challengerBond()) revert IncorrectBondAmount();
        challenger = msg.sender;
        proposalStatus = ProposalStatus.Challenged;
        deadline = uint64(block.timestamp) + maxProveDuration();
        emit Challenged(msg.sender);
    }

    /// A claim that nobody challenged can be proven until it is resolved: blocks may be further apart than its window.
    function prove(bytes calldata proof) external {
        if (status != GameStatus.IN_PROGRESS) revert ClaimAlreadyResolved();
        if (gameOver() && (prover != address(0) || proposalStatus == ProposalStatus.Challenged)) revert GameOver();
        if (address(verifier()) == address(0)) revert NoVerifier();
        bytes memory publicValues =
            abi.encode(l1Head(), startingRootHash, rootClaim(), l2SequenceNumber(), l2ChainId());
        verifier().verify(absolutePrestate(), publicValues, proof);
        prover = msg.sender;
        proposalStatus = proposalStatus == ProposalStatus.Challenged
            ? ProposalStatus.ChallengedAndValidProofProvided
            : ProposalStatus.UnchallengedAndValidProofProvided;
        emit Proved(msg.sender);
    }

    /// Whether nothing can change the outcome any more.
    function gameOver() public view returns (bool) {
        return block.timestamp >= deadline || prover != address(0);
    }

    /// When resolve() will be possible if nobody acts.
    function expectedResolution() external view returns (uint64) {
        return prover != address(0) ? createdAt : deadline;
    }

    function resolve() external returns (GameStatus) {
        if (status != GameStatus.IN_PROGRESS) revert ClaimAlreadyResolved();
        bool parentLost = false;
        if (parentIndex() != NO_PARENT) {
            GameStatus parentStatus = _parent().status();
            if (parentStatus == GameStatus.IN_PROGRESS) revert ParentGameNotResolved();
            parentLost = parentStatus == GameStatus.CHALLENGER_WINS;
        }
        if (!parentLost && !gameOver()) revert GameNotOver();

        address creator = gameCreator();
        if (parentLost || proposalStatus == ProposalStatus.Challenged) {
            status = GameStatus.CHALLENGER_WINS;
            // of a claim that fell with its parent, unchallenged, the bond is forfeit
            uint256 bond = credit[creator];
            credit[creator] = 0;
            if (challenger != address(0)) credit[challenger] += bond + challengerBond();
        } else {
            status = GameStatus.DEFENDER_WINS;
            if (challenger != address(0)) credit[prover] += challengerBond();
        }
        proposalStatus = ProposalStatus.Resolved;
        resolvedAt = uint64(block.timestamp);
        emit Resolved(status);
        return status;
    }

    /// Make the claim the anchor that later claims build on, if it is newer than the one there is.
    function closeGame() public {
        IAnchorStateRegistry registry = anchorStateRegistry();
        if (!registry.isGameFinalized(IDisputeGame(address(this)))) revert GameNotFinalized();
        try registry.setAnchorState(IDisputeGame(address(this))) {} catch {}
    }

    /// Pay out what the bonds came to for `recipient`.
    function claimCredit(address recipient) external {
        closeGame();
        uint256 amount = credit[recipient];
        if (amount == 0) revert NoCreditToClaim();
        credit[recipient] = 0;
        (bool success,) = recipient.call{value: amount}("");
        if (!success) revert BondTransferFailed();
    }

    function _parent() private view returns (IDisputeGame parent) {
        (,, parent) = anchorStateRegistry().disputeGameFactory().gameAtIndex(parentIndex());
    }
}
