// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {OptimismMintableERC20} from "./OptimismMintableERC20.sol";

/// Makes tokens for the bridge of its chain, at addresses that follow from what they are. Genesis fills the slots.
contract OptimismMintableERC20Factory {
    uint256 private _unused0;
    address public bridge; // slot 1
    mapping(address => address) public deployments; // slot 2: token made here to the remote one

    event StandardL2TokenCreated(address indexed remoteToken, address indexed localToken);
    event OptimismMintableERC20Created(address indexed localToken, address indexed remoteToken, address deployer);

    function version() external pure returns (string memory) {
        return "1.10.1";
    }

    function BRIDGE() external view returns (address) {
        return bridge;
    }

    function createStandardL2Token(address remoteToken, string memory name, string memory symbol)
        external
        returns (address)
    {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, 18);
    }

    function createOptimismMintableERC20(address remoteToken, string memory name, string memory symbol)
        external
        returns (address)
    {
        return createOptimismMintableERC20WithDecimals(remoteToken, name, symbol, 18);
    }

    function createOptimismMintableERC20WithDecimals(
        address remoteToken,
        string memory name,
        string memory symbol,
        uint8 decimals
    ) public returns (address token) {
        require(remoteToken != address(0), "OptimismMintableERC20Factory: must provide remote token address");
        bytes32 salt = keccak256(abi.encode(remoteToken, name, symbol, decimals));
        token = address(new OptimismMintableERC20{salt: salt}(bridge, remoteToken, name, symbol, decimals));
        deployments[token] = remoteToken;
        emit StandardL2TokenCreated(remoteToken, token);
        emit OptimismMintableERC20Created(token, remoteToken, msg.sender);
    }
}
