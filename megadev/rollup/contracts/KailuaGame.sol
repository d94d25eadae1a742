// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {GameStatus, IAnchorStateRegistry, IDisputeGame} from "./Interfaces.sol";

/// What MegaETH's games look like to clients (KailuaGame 0.1.0): 24 bytes of extra data, an l2BlockNumber() and no
/// l2SequenceNumber(), a MAX_CLOCK_DURATION() and no maxClockDuration().
///
/// Its disputes are not here: a claim is won when its clock has run out, and nobody can challenge or prove it.
contract KailuaGame {
    uint64 private constant NO_PARENT = type(uint64).max;
    uint256 private constant PROXY_SIZE = 45;
    uint256 private constant ARGS_SIZE = 0x6c;

    uint64 public createdAt; // of each game
    uint64 public resolvedAt;
    uint64 private _deadline;
    GameStatus public status;
    uint8 private _unused;
    bool public wasRespectedGameTypeWhenCreated;
    uint256[2] private _unused1;
    bytes32 private _startingRoot; // slot 3
    uint256 private _startingNumber; // slot 4
    uint256[5] private _unused5;
    uint64 private _clock; // slot 10 of the implementation, where its games ask for it
    uint32 private _gameType;
    IAnchorStateRegistry private _registry; // slot 10, after them

    event Resolved(GameStatus indexed status);

    error AlreadyInitialized();
    error BadExtraData();
    error BlockNumberMismatch(uint256 anchored, uint256 claimed);
    error InvalidParent();
    error ClaimAlreadyResolved();
    error ClockNotExpired();
    error OutOfOrderResolution();

    function version() external pure returns (string memory) {
        return "0.1.0";
    }

    /// The settings that all games of the type share, which the implementation holds.
    function settings() public view returns (uint64 clock, uint32 type_, IAnchorStateRegistry registry) {
        if (address(this).code.length != PROXY_SIZE + ARGS_SIZE) return (_clock, _gameType, _registry);
        return KailuaGame(_implementation()).settings();
    }

    /// Where a minimal proxy (EIP-1167) goes: the address after its first 10 bytes.
    function _implementation() private view returns (address target) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0, 10, 0x20)
            target := shr(96, mload(0))
        }
    }

    function MAX_CLOCK_DURATION() public view returns (uint64 clock) {
        (clock,,) = settings();
    }

    function gameType() public view returns (uint32 type_) {
        (, type_,) = settings();
    }

    function anchorStateRegistry() public view returns (IAnchorStateRegistry registry) {
        (,, registry) = settings();
    }

    function gameCreator() public view returns (address) {
        return address(bytes20(_argument(0x00)));
    }

    function rootClaim() public view returns (bytes32) {
        return _argument(0x14);
    }

    function l1Head() public view returns (bytes32) {
        return _argument(0x34);
    }

    function l2BlockNumber() public view returns (uint256) {
        return uint64(bytes8(_argument(0x54)));
    }

    function parentGameIndex() public view returns (uint64) {
        return uint64(bytes8(_argument(0x5c)));
    }

    function duplicationCounter() public view returns (uint64) {
        return uint64(bytes8(_argument(0x64)));
    }

    function parentGame() public view returns (IDisputeGame parent) {
        if (parentGameIndex() == NO_PARENT) return IDisputeGame(address(0));
        (,, parent) = anchorStateRegistry().disputeGameFactory().gameAtIndex(parentGameIndex());
    }

    function extraData() public view returns (bytes memory) {
        return abi.encodePacked(uint64(l2BlockNumber()), parentGameIndex(), duplicationCounter());
    }

    function gameData() external view returns (uint32, bytes32, bytes memory) {
        return (gameType(), rootClaim(), extraData());
    }

    function _argument(uint256 offset) private view returns (bytes32 word) {
        assembly ("memory-safe") {
            mstore(0, 0)
            extcodecopy(address(), 0, add(PROXY_SIZE, offset), 0x20)
            word := mload(0)
        }
    }

    function initialize() external payable {
        if (createdAt != 0) revert AlreadyInitialized();
        if (address(this).code.length != PROXY_SIZE + ARGS_SIZE) revert BadExtraData();
        IAnchorStateRegistry registry = anchorStateRegistry();
        IDisputeGame parent = parentGame();
        if (address(parent) == address(0)) {
            (_startingRoot, _startingNumber) = registry.getAnchorRoot();
        } else {
            if (parent.status() == GameStatus.CHALLENGER_WINS) revert InvalidParent();
            (_startingRoot, _startingNumber) = (parent.rootClaim(), KailuaGame(address(parent)).l2BlockNumber());
        }
        if (l2BlockNumber() <= _startingNumber) revert BlockNumberMismatch(_startingNumber, l2BlockNumber());
        createdAt = uint64(block.timestamp);
        _deadline = createdAt + MAX_CLOCK_DURATION();
        wasRespectedGameTypeWhenCreated = registry.respectedGameType() == gameType();
    }

    function resolve() external returns (GameStatus) {
        if (status != GameStatus.IN_PROGRESS) revert ClaimAlreadyResolved();
        IDisputeGame parent = parentGame();
        if (address(parent) != address(0) && parent.status() != GameStatus.DEFENDER_WINS) revert OutOfOrderResolution();
        if (block.timestamp < _deadline) revert ClockNotExpired();
        status = GameStatus.DEFENDER_WINS;
        resolvedAt = uint64(block.timestamp);
        emit Resolved(status);
        return status;
    }
}
