// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

// What the contracts of the bridge know of one another. Names, selectors and encodings are those of the OP Stack's
// published interfaces, so that its clients work unmodified.

struct Withdrawal {
    uint256 nonce;
    address sender;
    address target;
    uint256 value;
    uint256 gasLimit;
    bytes data;
}

struct OutputRootProof {
    bytes32 version;
    bytes32 stateRoot;
    bytes32 messagePasserStorageRoot;
    bytes32 latestBlockhash;
}

/// The market for L2 gas bought on L1: how much one L1 block may buy and how its price moves.
struct ResourceConfig {
    uint32 maxResourceLimit;
    uint8 elasticityMultiplier;
    uint8 baseFeeMaxChangeDenominator;
    uint32 minimumBaseFee;
    uint32 systemTxMaxGas;
    uint128 maximumBaseFee;
}

enum GameStatus {
    IN_PROGRESS,
    CHALLENGER_WINS,
    DEFENDER_WINS
}

// Nobody is the sender of a message while none is being relayed.
address constant NO_SENDER = 0x000000000000000000000000000000000000dEaD;

// eth_estimateGas from this origin makes failures inside a relay visible, so that the estimate covers them.
address constant ESTIMATION_ADDRESS = address(1);

address constant L1_BLOCK = 0x4200000000000000000000000000000000000015;
address constant MESSAGE_PASSER = 0x4200000000000000000000000000000000000016;

// How L2 tokens spell ether where they need a token address.
address constant LEGACY_ETH = 0xDeadDeAddeAddEAddeadDEaDDEAdDeaDDeAD0000;

function hashWithdrawal(Withdrawal memory withdrawal) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            withdrawal.nonce,
            withdrawal.sender,
            withdrawal.target,
            withdrawal.value,
            withdrawal.gasLimit,
            withdrawal.data
        )
    );
}

interface IDisputeGame {
    function initialize() external payable;
    function status() external view returns (GameStatus);
    function createdAt() external view returns (uint64);
    function resolvedAt() external view returns (uint64);
    function gameType() external view returns (uint32);
    function rootClaim() external pure returns (bytes32);
    function l2SequenceNumber() external pure returns (uint256);
    function gameData() external view returns (uint32, bytes32, bytes memory);
    function wasRespectedGameTypeWhenCreated() external view returns (bool);
}

interface IDisputeGameFactory {
    function gameAtIndex(uint256 index) external view returns (uint32 gameType, uint64 timestamp, IDisputeGame proxy);
    function games(uint32 gameType, bytes32 rootClaim, bytes calldata extraData)
        external
        view
        returns (IDisputeGame proxy, uint64 timestamp);
}

interface IAnchorStateRegistry {
    function disputeGameFactory() external view returns (IDisputeGameFactory);
    function respectedGameType() external view returns (uint32);
    function retirementTimestamp() external view returns (uint64);
    function disputeGameFinalityDelaySeconds() external view returns (uint256);
    function disputeGameBlacklist(IDisputeGame game) external view returns (bool);
    function isGameBlacklisted(IDisputeGame game) external view returns (bool);
    function isGameProper(IDisputeGame game) external view returns (bool);
    function isGameFinalized(IDisputeGame game) external view returns (bool);
    function isGameClaimValid(IDisputeGame game) external view returns (bool);
    function getAnchorRoot() external view returns (bytes32 root, uint256 l2SequenceNumber);
    function setAnchorState(IDisputeGame game) external;
    function blacklistDisputeGame(IDisputeGame game) external;
    function setRespectedGameType(uint32 gameType) external;
    function updateRetirementTimestamp() external;
}

interface ISuperchainConfig {
    function guardian() external view returns (address);
    function paused() external view returns (bool);
}

interface ISystemConfig {
    function resourceConfig() external view returns (ResourceConfig memory);
    function superchainConfig() external view returns (ISuperchainConfig);
    function guardian() external view returns (address);
    function paused() external view returns (bool);
}

interface IPortal {
    function depositTransaction(address to, uint256 value, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable;
    function l2Sender() external view returns (address);
}

interface IMessagePasser {
    function initiateWithdrawal(address target, uint256 gasLimit, bytes calldata data) external payable;
}

interface ICrossDomainMessenger {
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable;
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable;
    function xDomainMessageSender() external view returns (address);
    function paused() external view returns (bool);
}

interface IStandardBridge {
    function finalizeBridgeETH(address from, address to, uint256 amount, bytes calldata extraData) external payable;
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) external;
}

interface IERC165 {
    function supportsInterface(bytes4 interfaceId) external view returns (bool);
}

interface IERC20 {
    function transfer(address to, uint256 amount) external returns (bool);
    function transferFrom(address from, address to, uint256 amount) external returns (bool);
}

/// A token that its bridge mints and burns. ERC-165 id: the xor of these four selectors.
interface IOptimismMintableERC20 {
    function remoteToken() external view returns (address);
    function bridge() external view returns (address);
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
}

/// The same before it was made symmetric; some tokens speak only this.
interface ILegacyMintableERC20 {
    function l1Token() external view returns (address);
    function mint(address to, uint256 amount) external;
    function burn(address from, uint256 amount) external;
}
