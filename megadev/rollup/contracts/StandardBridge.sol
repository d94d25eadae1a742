// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {callerHasKey} from "./Callers.sol";
import {
    ICrossDomainMessenger,
    IERC165,
    IERC20,
    ILegacyMintableERC20,
    IOptimismMintableERC20,
    IStandardBridge
} from "./Interfaces.sol";

/// Ether and tokens across the chains, by messages. A token that belongs to the bridge is minted and burned; any other
/// stays here while it is on the other chain. The same on both sides, in the OP Stack's slots.
abstract contract StandardBridge is IStandardBridge {
    uint32 internal constant RECEIVE_DEFAULT_GAS_LIMIT = 200_000;

    uint256[2] private _unused0;
    mapping(address => mapping(address => uint256)) public deposits; // slot 2: local token, remote token
    ICrossDomainMessenger public messenger; // slot 3
    StandardBridge public otherBridge; // slot 4
    uint256[45] private _unused5;

    event ETHBridgeInitiated(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ETHBridgeFinalized(address indexed from, address indexed to, uint256 amount, bytes extraData);
    event ERC20BridgeInitiated(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );
    event ERC20BridgeFinalized(
        address indexed localToken,
        address indexed remoteToken,
        address indexed from,
        address to,
        uint256 amount,
        bytes extraData
    );

    /// A contract often has no keys on the other chain, where the funds would be out of reach; it must name a receiver.
    modifier onlyEOA() {
        require(callerHasKey(msg.sender), "StandardBridge: function can only be called from an EOA");
        _;
    }

    modifier onlyOtherBridge() {
        require(
            msg.sender == address(messenger) && messenger.xDomainMessageSender() == address(otherBridge),
            "StandardBridge: function can only be called from the other bridge"
        );
        _;
    }

    function MESSENGER() external view returns (ICrossDomainMessenger) {
        return messenger;
    }

    function OTHER_BRIDGE() external view returns (StandardBridge) {
        return otherBridge;
    }

    function paused() public view virtual returns (bool) {
        return messenger.paused();
    }

    receive() external payable onlyEOA {
        _initiateETH(msg.sender, msg.sender, msg.value, RECEIVE_DEFAULT_GAS_LIMIT, "");
    }

    // ---- to the other chain

    function bridgeETH(uint32 minGasLimit, bytes calldata extraData) external payable onlyEOA {
        _initiateETH(msg.sender, msg.sender, msg.value, minGasLimit, extraData);
    }

    function bridgeETHTo(address to, uint32 minGasLimit, bytes calldata extraData) external payable {
        _initiateETH(msg.sender, to, msg.value, minGasLimit, extraData);
    }

    function bridgeERC20(
        address localToken,
        address remoteToken,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external onlyEOA {
        _initiateERC20(localToken, remoteToken, msg.sender, msg.sender, amount, minGasLimit, extraData);
    }

    function bridgeERC20To(
        address localToken,
        address remoteToken,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes calldata extraData
    ) external {
        _initiateERC20(localToken, remoteToken, msg.sender, to, amount, minGasLimit, extraData);
    }

    function _initiateETH(address from, address to, uint256 amount, uint32 minGasLimit, bytes memory extraData)
        internal
    {
        require(msg.value == amount, "StandardBridge: bridging ETH must include sufficient ETH value");
        _emitETHInitiated(from, to, amount, extraData);
        messenger.sendMessage{value: amount}(
            address(otherBridge),
            abi.encodeCall(IStandardBridge.finalizeBridgeETH, (from, to, amount, extraData)),
            minGasLimit
        );
    }

    function _initiateERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        uint32 minGasLimit,
        bytes memory extraData
    ) internal {
        require(msg.value == 0, "StandardBridge: cannot send value");
        if (_isMintable(localToken)) {
            _checkPair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).burn(from, amount);
        } else {
            _callToken(localToken, abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)));
            deposits[localToken][remoteToken] += amount;
        }
        _emitERC20Initiated(localToken, remoteToken, from, to, amount, extraData);
        messenger.sendMessage(
            address(otherBridge),
            abi.encodeCall(
                // over there the remote token is the local one
                IStandardBridge.finalizeBridgeERC20, (remoteToken, localToken, from, to, amount, extraData)
            ),
            minGasLimit
        );
    }

    // ---- from the other chain

    function finalizeBridgeETH(address from, address to, uint256 amount, bytes calldata extraData)
        public
        payable
        onlyOtherBridge
    {
        require(!paused(), "StandardBridge: paused");
        require(msg.value == amount, "StandardBridge: amount sent does not match amount required");
        require(to != address(this), "StandardBridge: cannot send to self");
        require(to != address(messenger), "StandardBridge: cannot send to messenger");
        _emitETHFinalized(from, to, amount, extraData);
        (bool success,) = to.call{value: amount}("");
        require(success, "StandardBridge: ETH transfer failed");
    }

    /// Reverts for a token that is not what the sender took it for, so that the message stays to be replayed.
    function finalizeBridgeERC20(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes calldata extraData
    ) public onlyOtherBridge {
        require(!paused(), "StandardBridge: paused");
        if (_isMintable(localToken)) {
            _checkPair(localToken, remoteToken);
            IOptimismMintableERC20(localToken).mint(to, amount);
        } else {
            deposits[localToken][remoteToken] -= amount;
            _callToken(localToken, abi.encodeCall(IERC20.transfer, (to, amount)));
        }
        _emitERC20Finalized(localToken, remoteToken, from, to, amount, extraData);
    }

    // ---- events; each side adds those it had before the bridge was symmetric

    function _emitETHInitiated(address from, address to, uint256 amount, bytes memory extraData) internal virtual {
        emit ETHBridgeInitiated(from, to, amount, extraData);
    }

    function _emitETHFinalized(address from, address to, uint256 amount, bytes memory extraData) internal virtual {
        emit ETHBridgeFinalized(from, to, amount, extraData);
    }

    function _emitERC20Initiated(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal virtual {
        emit ERC20BridgeInitiated(localToken, remoteToken, from, to, amount, extraData);
    }

    function _emitERC20Finalized(
        address localToken,
        address remoteToken,
        address from,
        address to,
        uint256 amount,
        bytes memory extraData
    ) internal virtual {
        emit ERC20BridgeFinalized(localToken, remoteToken, from, to, amount, extraData);
    }

    // ---- tokens

    function _isMintable(address token) private view returns (bool) {
        return _supports(token, type(IERC165).interfaceId) && !_supports(token, 0xffffffff)
            && (
                _supports(token, type(IOptimismMintableERC20).interfaceId)
                    || _supports(token, type(ILegacyMintableERC20).interfaceId)
            );
    }

    /// ERC-165: contracts that know nothing of it must not make this fail.
    function _supports(address token, bytes4 interfaceId) private view returns (bool) {
        (bool success, bytes memory answer) =
            token.staticcall{gas: 30_000}(abi.encodeCall(IERC165.supportsInterface, (interfaceId)));
        return success && answer.length >= 32 && abi.decode(answer, (uint256)) == 1;
    }

    function _checkPair(address localToken, address remoteToken) private view {
        address paired = _supports(localToken, type(IOptimismMintableERC20).interfaceId)
            ? IOptimismMintableERC20(localToken).remoteToken()
            : ILegacyMintableERC20(localToken).l1Token();
        require(paired == remoteToken, "StandardBridge: wrong remote token for Optimism Mintable ERC20 local token");
    }

    /// Some tokens answer nothing where the standard wants true.
    function _callToken(address token, bytes memory data) private {
        require(token.code.length > 0, "StandardBridge: the token is no contract");
        (bool success, bytes memory answer) = token.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        require(answer.length == 0 || abi.decode(answer, (bool)), "StandardBridge: token transfer failed");
    }
}
