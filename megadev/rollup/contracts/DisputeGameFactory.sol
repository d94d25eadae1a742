// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IDisputeGame} from "./Interfaces.sol";
import {Owned} from "./Owned.sol";

/// Where claims about L2's state are made: each is a game, a small proxy of its type's implementation, and the list of
/// games is what clients search.
contract DisputeGameFactory is Owned {
    struct GameSearchResult {
        uint256 index;
        bytes32 metadata;
        uint64 timestamp;
        bytes32 rootClaim;
        bytes extraData;
    }

    mapping(uint32 => IDisputeGame) public gameImpls; // slot 101
    mapping(uint32 => uint256) public initBonds; // slot 102
    mapping(bytes32 => bytes32) private _games; // slot 103: uuid to metadata
    bytes32[] private _list; // slot 104: metadata, oldest first
    mapping(uint32 => bytes) public gameArgs; // slot 105: what a type's games are configured with

    event DisputeGameCreated(address indexed disputeProxy, uint32 indexed gameType, bytes32 indexed rootClaim);
    event ImplementationSet(address indexed impl, uint32 indexed gameType);
    event ImplementationArgsSet(uint32 indexed gameType, bytes args);
    event InitBondUpdated(uint32 indexed gameType, uint256 indexed newBond);

    error NoImplementation(uint32 gameType);
    error InsufficientBond();
    error GameAlreadyExists(bytes32 uuid);

    function version() external pure returns (string memory) {
        return "1.4.0";
    }

    /// Claim that `rootClaim` is L2's output root where `extraData` says. What is sent along is the game's bond.
    function create(uint32 gameType, bytes32 rootClaim, bytes calldata extraData)
        external
        payable
        returns (IDisputeGame proxy)
    {
        IDisputeGame implementation = gameImpls[gameType];
        if (address(implementation) == address(0)) revert NoImplementation(gameType);
        if (msg.value < initBonds[gameType]) revert InsufficientBond();
        bytes32 uuid = getGameUUID(gameType, rootClaim, extraData);
        if (_games[uuid] != 0) revert GameAlreadyExists(uuid);

        bytes memory args = gameArgs[gameType];
        bytes32 l1Head;
        unchecked {
            l1Head = blockhash(block.number - 1); // zero where a call is tried on top of genesis
        }
        bytes memory claim = abi.encodePacked(msg.sender, rootClaim, l1Head);
        proxy = _clone(
            address(implementation),
            args.length == 0 ? abi.encodePacked(claim, extraData) : abi.encodePacked(claim, gameType, extraData, args)
        );
        proxy.initialize{value: msg.value}(); // before it is listed: no claim builds on itself
        bytes32 metadata = bytes32(
            (uint256(gameType) << 224) | (uint256(uint64(block.timestamp)) << 160) | uint160(address(proxy))
        );
        _games[uuid] = metadata;
        _list.push(metadata);
        emit DisputeGameCreated(address(proxy), gameType, rootClaim);
    }

    function getGameUUID(uint32 gameType, bytes32 rootClaim, bytes calldata extraData) public pure returns (bytes32) {
        return keccak256(abi.encode(gameType, rootClaim, extraData));
    }

    function gameCount() external view returns (uint256) {
        return _list.length;
    }

    function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, IDisputeGame proxy) {
        return _unpack(_list[index]);
    }

    /// The game that makes exactly this claim; zeros if there is none.
    function games(uint32 gameType, bytes32 rootClaim, bytes calldata extraData)
        external
        view
        returns (IDisputeGame proxy, uint64 timestamp)
    {
        (, timestamp, proxy) = _unpack(_games[getGameUUID(gameType, rootClaim, extraData)]);
    }

    /// Up to `n` games of a type, newest first, from index `start` downwards.
    function findLatestGames(uint32 gameType, uint256 start, uint256 n)
        external
        view
        returns (GameSearchResult[] memory found)
    {
        if (start >= _list.length || n == 0) return found;
        found = new GameSearchResult[](n <= start ? n : start + 1);
        uint256 count = 0;
        for (uint256 left = start + 1; left > 0 && count < found.length; --left) {
            bytes32 metadata = _list[left - 1];
            (uint32 type_, uint64 timestamp, IDisputeGame proxy) = _unpack(metadata);
            if (type_ != gameType) continue;
            (, bytes32 rootClaim, bytes memory extraData) = proxy.gameData();
            found[count] = GameSearchResult(left - 1, metadata, timestamp, rootClaim, extraData);
            count += 1;
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    // ---- the owner

    function setImplementation(uint32 gameType, IDisputeGame impl) external onlyOwner {
        _setImplementation(gameType, impl, "");
    }

    function setImplementation(uint32 gameType, IDisputeGame impl, bytes calldata args) external onlyOwner {
        _setImplementation(gameType, impl, args);
    }

    function setInitBond(uint32 gameType, uint256 bond) external onlyOwner {
        initBonds[gameType] = bond;
        emit InitBondUpdated(gameType, bond);
    }

    function _setImplementation(uint32 gameType, IDisputeGame impl, bytes memory args) private {
        gameImpls[gameType] = impl;
        gameArgs[gameType] = args;
        emit ImplementationSet(address(impl), gameType);
        emit ImplementationArgsSet(gameType, args);
    }

    function _unpack(bytes32 metadata) private pure returns (uint32, uint64, IDisputeGame) {
        uint256 word = uint256(metadata);
        return (uint32(word >> 224), uint64(word >> 160), IDisputeGame(address(uint160(word))));
    }

    /// A minimal proxy (EIP-1167) with `args` after its code, where the implementation reads them.
    function _clone(address implementation, bytes memory args) private returns (IDisputeGame proxy) {
        bytes memory creation = abi.encodePacked(
            hex"61",
            uint16(45 + args.length), // PUSH2 size
            hex"80600a3d393df3", // DUP1 PUSH1 10 RETURNDATASIZE CODECOPY RETURNDATASIZE RETURN
            hex"363d3d373d3d3d363d73",
            implementation,
            hex"5af43d82803e903d91602b57fd5bf3",
            args
        );
        assembly ("memory-safe") {
            proxy := create(0, add(creation, 0x20), mload(creation))
        }
        require(address(proxy) != address(0), "DisputeGameFactory: the game could not be created");
    }
}
