// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {GameStatus, IDisputeGame, IDisputeGameFactory, ISuperchainConfig} from "./Interfaces.sol";

/// What it asks the portal of the 3.15 line, which decides there which games count.
interface IPortal315 {
    function disputeGameBlacklist(IDisputeGame game) external view returns (bool);
    function respectedGameType() external view returns (uint32);
    function respectedGameTypeUpdatedAt() external view returns (uint64);
    function disputeGameFinalityDelaySeconds() external view returns (uint256);
    function superchainConfig() external view returns (ISuperchainConfig);
}

interface IKailuaGame is IDisputeGame {
    function l2BlockNumber() external view returns (uint256);
}

/// The registry as it is on MegaETH's mainnet, version 2.2: no settings of its own, and it asks games for their
/// l2BlockNumber.
contract AnchorStateRegistry222 {
    uint256 private _unused0;
    IDisputeGameFactory public disputeGameFactory; // slot 1
    IPortal315 public portal; // slot 2
    IDisputeGame public anchorGame; // slot 3; zero while the starting anchor is the newest
    bytes32 private _startingRoot; // slot 4
    uint256 private _startingNumber; // slot 5

    event AnchorUpdated(IDisputeGame indexed game);

    error AnchorStateRegistry_InvalidAnchorGame();

    function version() external pure returns (string memory) {
        return "2.2.2";
    }

    function superchainConfig() external view returns (ISuperchainConfig) {
        return portal.superchainConfig();
    }

    function respectedGameType() external view returns (uint32) {
        return portal.respectedGameType();
    }

    function getAnchorRoot() public view returns (bytes32 root, uint256 l2BlockNumber) {
        if (address(anchorGame) == address(0)) return (_startingRoot, _startingNumber);
        return (anchorGame.rootClaim(), IKailuaGame(address(anchorGame)).l2BlockNumber());
    }

    /// The same, asked as before there was only one anchor.
    function anchors(uint32) external view returns (bytes32 root, uint256 l2BlockNumber) {
        return getAnchorRoot();
    }

    function setAnchorState(IDisputeGame game) external {
        (, uint256 current) = getAnchorRoot();
        if (!isGameClaimValid(game) || IKailuaGame(address(game)).l2BlockNumber() <= current) {
            revert AnchorStateRegistry_InvalidAnchorGame();
        }
        anchorGame = game;
        emit AnchorUpdated(game);
    }

    function isGameRegistered(IDisputeGame game) public view returns (bool) {
        (uint32 gameType, bytes32 rootClaim, bytes memory extraData) = game.gameData();
        (IDisputeGame known,) = disputeGameFactory.games(gameType, rootClaim, extraData);
        return known == game;
    }

    function isGameBlacklisted(IDisputeGame game) public view returns (bool) {
        return portal.disputeGameBlacklist(game);
    }

    function isGameRespected(IDisputeGame game) public view returns (bool) {
        return game.wasRespectedGameTypeWhenCreated();
    }

    function isGameRetired(IDisputeGame game) public view returns (bool) {
        return game.createdAt() <= portal.respectedGameTypeUpdatedAt();
    }

    function isGameResolved(IDisputeGame game) public view returns (bool) {
        return game.resolvedAt() != 0 && game.status() != GameStatus.IN_PROGRESS;
    }

    function isGameProper(IDisputeGame game) public view returns (bool) {
        return isGameRegistered(game) && !isGameBlacklisted(game) && !isGameRetired(game)
            && !portal.superchainConfig().paused();
    }

    function isGameFinalized(IDisputeGame game) public view returns (bool) {
        return isGameResolved(game) && block.timestamp - game.resolvedAt() > portal.disputeGameFinalityDelaySeconds();
    }

    function isGameClaimValid(IDisputeGame game) public view returns (bool) {
        return isGameProper(game) && isGameRespected(game) && isGameFinalized(game)
            && game.status() == GameStatus.DEFENDER_WINS;
    }
}
