// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {GameStatus, IDisputeGame, IDisputeGameFactory, ISystemConfig} from "./Interfaces.sol";

/// Which games count, and the newest claim that is beyond doubt. Genesis fills the slots.
contract AnchorStateRegistry {
    ISystemConfig public systemConfig; // slot 0
    IDisputeGameFactory public disputeGameFactory; // slot 1
    address public portal; // slot 2; the guardian may act through it
    IDisputeGame public anchorGame; // slot 3; zero while the starting anchor is the newest
    bytes32 private _startingRoot; // slot 4
    uint256 private _startingNumber; // slot 5
    mapping(IDisputeGame => bool) public disputeGameBlacklist; // slot 6
    uint256 public disputeGameFinalityDelaySeconds; // slot 7
    uint32 public respectedGameType; // slot 8, lowest bytes
    uint64 public retirementTimestamp; // slot 8, after it; games created until then do not count

    event AnchorUpdated(IDisputeGame indexed game);
    event RespectedGameTypeSet(uint32 gameType);
    event RetirementTimestampSet(uint256 timestamp);
    event DisputeGameBlacklisted(IDisputeGame indexed disputeGame);

    error AnchorStateRegistry_Unauthorized();
    error AnchorStateRegistry_InvalidAnchorGame();

    modifier onlyGuardian() {
        if (msg.sender != portal && msg.sender != systemConfig.guardian()) revert AnchorStateRegistry_Unauthorized();
        _;
    }

    function version() external pure returns (string memory) {
        return "3.5.0";
    }

    function paused() public view returns (bool) {
        return systemConfig.paused();
    }

    // ---- the anchor

    function startingAnchorRoot() external view returns (bytes32 root, uint256 l2SequenceNumber) {
        return (_startingRoot, _startingNumber);
    }

    function getAnchorRoot() public view returns (bytes32 root, uint256 l2SequenceNumber) {
        if (address(anchorGame) == address(0)) return (_startingRoot, _startingNumber);
        return (anchorGame.rootClaim(), anchorGame.l2SequenceNumber());
    }

    /// The same, asked as before there was only one anchor.
    function anchors(uint32) external view returns (bytes32 root, uint256 l2SequenceNumber) {
        return getAnchorRoot();
    }

    function setAnchorState(IDisputeGame game) external {
        (, uint256 current) = getAnchorRoot();
        if (!isGameClaimValid(game) || game.l2SequenceNumber() <= current) {
            revert AnchorStateRegistry_InvalidAnchorGame();
        }
        anchorGame = game;
        emit AnchorUpdated(game);
    }

    // ---- games

    /// Whether our factory made it.
    function isGameRegistered(IDisputeGame game) public view returns (bool) {
        (uint32 gameType, bytes32 rootClaim, bytes memory extraData) = game.gameData();
        (IDisputeGame known,) = disputeGameFactory.games(gameType, rootClaim, extraData);
        return known == game;
    }

    function isGameBlacklisted(IDisputeGame game) public view returns (bool) {
        return disputeGameBlacklist[game];
    }

    function isGameRespected(IDisputeGame game) public view returns (bool) {
        return game.wasRespectedGameTypeWhenCreated();
    }

    function isGameRetired(IDisputeGame game) public view returns (bool) {
        return game.createdAt() <= retirementTimestamp;
    }

    function isGameResolved(IDisputeGame game) public view returns (bool) {
        return game.resolvedAt() != 0 && game.status() != GameStatus.IN_PROGRESS;
    }

    /// Whether the game may count at all; whether it does depends on its type and its outcome.
    function isGameProper(IDisputeGame game) public view returns (bool) {
        return isGameRegistered(game) && !isGameBlacklisted(game) && !isGameRetired(game) && !paused();
    }

    function isGameFinalized(IDisputeGame game) public view returns (bool) {
        return isGameResolved(game) && block.timestamp - game.resolvedAt() > disputeGameFinalityDelaySeconds;
    }

    /// Whether what the game claims can be relied on.
    function isGameClaimValid(IDisputeGame game) public view returns (bool) {
        return isGameProper(game) && isGameRespected(game) && isGameFinalized(game)
            && game.status() == GameStatus.DEFENDER_WINS;
    }

    // ---- the guardian

    function setRespectedGameType(uint32 gameType) external onlyGuardian {
        respectedGameType = gameType;
        emit RespectedGameTypeSet(gameType);
    }

    function updateRetirementTimestamp() external onlyGuardian {
        retirementTimestamp = uint64(block.timestamp);
        emit RetirementTimestampSet(block.timestamp);
    }

    function blacklistDisputeGame(IDisputeGame game) external onlyGuardian {
        disputeGameBlacklist[game] = true;
        emit DisputeGameBlacklisted(game);
    }
}
