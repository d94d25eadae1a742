// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {callWithoutReturnData, hasMinGas} from "./Callers.sol";
import {ESTIMATION_ADDRESS, ICrossDomainMessenger, NO_SENDER} from "./Interfaces.sol";

/// Calls between the chains that know who sent them, and that can be made again if they fail. The same on both sides,
/// in the slots where the OP Stack's messengers keep these variables.
abstract contract CrossDomainMessenger is ICrossDomainMessenger {
    uint16 public constant MESSAGE_VERSION = 1;

    uint64 public constant RELAY_CONSTANT_OVERHEAD = 200_000;
    uint64 public constant RELAY_CALL_OVERHEAD = 40_000;
    uint64 public constant RELAY_RESERVED_GAS = 40_000;
    uint64 public constant RELAY_GAS_CHECK_BUFFER = 5_000;
    uint64 public constant MIN_GAS_DYNAMIC_OVERHEAD_NUMERATOR = 64;
    uint64 public constant MIN_GAS_DYNAMIC_OVERHEAD_DENOMINATOR = 63;
    uint64 public constant MIN_GAS_CALLDATA_OVERHEAD = 16;
    uint64 public constant FLOOR_CALLDATA_OVERHEAD = 40;
    uint64 public constant TX_BASE_GAS = 21_000;
    uint64 public constant ENCODING_OVERHEAD = 260;

    uint256[203] private _unused0;
    mapping(bytes32 => bool) public successfulMessages; // slot 203
    address private _sender; // slot 204
    uint240 private _nonce; // slot 205
    mapping(bytes32 => bool) public failedMessages; // slot 206
    address public otherMessenger; // slot 207
    uint256[43] private _unused208;

    event SentMessage(address indexed target, address sender, bytes message, uint256 messageNonce, uint256 gasLimit);
    event SentMessageExtension1(address indexed sender, uint256 value);
    event RelayedMessage(bytes32 indexed msgHash);
    event FailedRelayedMessage(bytes32 indexed msgHash);

    function OTHER_MESSENGER() external view returns (address) {
        return otherMessenger;
    }

    /// The next message's: its encoding's version in the top 16 bits, then a count.
    function messageNonce() public view returns (uint256) {
        return (uint256(MESSAGE_VERSION) << 240) | _nonce;
    }

    /// Who on the other chain sent the message that is being relayed.
    function xDomainMessageSender() external view returns (address) {
        require(_sender != NO_SENDER, "CrossDomainMessenger: xDomainMessageSender is not set");
        return _sender;
    }

    /// Call `target` with `message` and what is sent along, on the other chain, with at least `minGasLimit` gas.
    function sendMessage(address target, bytes calldata message, uint32 minGasLimit) external payable {
        uint256 nonce = messageNonce();
        bytes memory relay =
            abi.encodeCall(this.relayMessage, (nonce, msg.sender, target, msg.value, minGasLimit, message));
        _nonce += 1;
        _send(otherMessenger, baseGas(message, minGasLimit), msg.value, relay);
        emit SentMessage(target, msg.sender, message, nonce, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
    }

    /// Make the call that was asked for on the other chain. Called by the bridge, once for each message; by anyone, and
    /// without value, for a message that failed.
    function relayMessage(
        uint256 nonce,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable {
        require(!paused(), "CrossDomainMessenger: paused");
        require(nonce >> 240 == MESSAGE_VERSION, "CrossDomainMessenger: only version 1 messages are supported");
        bytes32 hash =
            keccak256(abi.encodeCall(this.relayMessage, (nonce, sender, target, value, minGasLimit, message)));
        if (_isOtherMessenger()) {
            assert(msg.value == value);
            assert(!failedMessages[hash]);
        } else {
            require(msg.value == 0, "CrossDomainMessenger: value must be zero unless message is from a system address");
            require(failedMessages[hash], "CrossDomainMessenger: message cannot be replayed");
        }
        require(!_isUnsafeTarget(target), "CrossDomainMessenger: cannot send message to blocked system address");
        require(!successfulMessages[hash], "CrossDomainMessenger: message has already been relayed");

        // a message inside a message would be seen with the wrong sender: it waits to be replayed
        if (!hasMinGas(minGasLimit, RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER) || _sender != NO_SENDER) {
            _fail(hash);
            return;
        }
        _sender = sender;
        bool success = callWithoutReturnData(target, gasleft() - RELAY_RESERVED_GAS, value, message);
        _sender = NO_SENDER;
        if (success) {
            assert(!successfulMessages[hash]);
            successfulMessages[hash] = true;
            emit RelayedMessage(hash);
        } else {
            _fail(hash);
        }
    }

    /// The gas a message must bring so that its call gets `minGasLimit`, whatever the relay itself costs.
    function baseGas(bytes calldata message, uint32 minGasLimit) public pure returns (uint64) {
        uint64 size = uint64(message.length) + ENCODING_OVERHEAD;
        uint64 execution = RELAY_CONSTANT_OVERHEAD + RELAY_CALL_OVERHEAD + RELAY_RESERVED_GAS + RELAY_GAS_CHECK_BUFFER
            + uint64(minGasLimit) * MIN_GAS_DYNAMIC_OVERHEAD_NUMERATOR / MIN_GAS_DYNAMIC_OVERHEAD_DENOMINATOR
            + size * MIN_GAS_CALLDATA_OVERHEAD;
        uint64 floor = size * FLOOR_CALLDATA_OVERHEAD;
        return TX_BASE_GAS + (execution > floor ? execution : floor);
    }

    function paused() public view virtual returns (bool);

    function _fail(bytes32 hash) private {
        failedMessages[hash] = true;
        emit FailedRelayedMessage(hash);
        require(tx.origin != ESTIMATION_ADDRESS, "CrossDomainMessenger: failed to relay message");
    }

    function _send(address to, uint64 gasLimit, uint256 value, bytes memory data) internal virtual;

    /// Whether the messenger of the other chain makes this call.
    function _isOtherMessenger() internal view virtual returns (bool);

    /// Whether messages to `target` could pretend to be from the bridge itself.
    function _isUnsafeTarget(address target) internal view virtual returns (bool);
}
