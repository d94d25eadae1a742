// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface ISystemAddress {
    function currentSystemAddress() external view returns (address);
}

/// Who holds the chain's two roles, and who held them when: the system address, whose transactions are the protocol's,
/// and the sequencer, whose key signs mini-blocks. A change is scheduled for a block to come, and made before the first
/// transaction of that block. There is no constructor: the protocol writes the first values.
abstract contract SequencerRoles is ISystemAddress {
    struct ChangeRecord {
        uint96 fromBlock;
        address addr;
    }

    uint256 private constant _CANCEL = type(uint256).max;

    address internal _currentSystemAddress; // slot 0
    address internal _currentSequencer; // slot 1
    address private _admin; // slot 2
    address private _pendingAdmin; // slot 3
    address private _initialSystemAddress; // slot 4
    address private _initialSequencer; // slot 5
    uint256 private _initialFromBlock; // slot 6
    address private _pendingSystemAddress; // slot 7
    uint256 private _systemAddressActivationBlock; // slot 8
    address private _pendingSequencer; // slot 9
    uint256 private _sequencerActivationBlock; // slot 10
    ChangeRecord[] private _systemAddressHistory; // slot 11
    ChangeRecord[] private _sequencerHistory; // slot 12

    event SystemAddressChangeScheduled(
        address indexed oldSystemAddress, address indexed newSystemAddress, uint256 activationBlock
    );
    event SequencerChangeScheduled(address indexed oldSequencer, address indexed newSequencer, uint256 activationBlock);
    event AdminTransferStarted(address indexed currentAdmin, address indexed newAdmin);
    event AdminTransferred(address indexed oldAdmin, address indexed newAdmin);

    error FutureBlock();
    error BeforeInitialBlock();
    error NotAdmin();
    error NotPendingAdmin();
    error ZeroAddress();
    error InvalidActivationBlock();
    error ActivationBlockTooLarge();

    modifier onlyAdmin() {
        if (msg.sender != _admin) revert NotAdmin();
        _;
    }

    function currentSystemAddress() external view returns (address) {
        return _currentSystemAddress;
    }

    function currentSequencer() external view returns (address) {
        return _currentSequencer;
    }

    function systemAddressAt(uint256 blockNumber) external view returns (address) {
        return _at(_systemAddressHistory, _initialSystemAddress, blockNumber);
    }

    function sequencerAt(uint256 blockNumber) external view returns (address) {
        return _at(_sequencerHistory, _initialSequencer, blockNumber);
    }

    /// The largest block number with the zero address takes back what was scheduled.
    function scheduleNextSystemAddressChange(address newSystemAddress, uint256 activationBlock) external onlyAdmin {
        if (_isChange(newSystemAddress, activationBlock)) {
            _pendingSystemAddress = newSystemAddress;
            _systemAddressActivationBlock = activationBlock;
        } else {
            _pendingSystemAddress = address(0);
            _systemAddressActivationBlock = 0;
        }
        emit SystemAddressChangeScheduled(_currentSystemAddress, newSystemAddress, activationBlock);
    }

    /// Makes the changes that are due. Anybody may call it; the protocol does before each block.
    function applyPendingChanges() external {
        if (_isDue(_pendingSystemAddress, _systemAddressActivationBlock)) {
            _currentSystemAddress = _pendingSystemAddress;
            _systemAddressHistory.push(ChangeRecord(uint96(_systemAddressActivationBlock), _pendingSystemAddress));
            _pendingSystemAddress = address(0);
            _systemAddressActivationBlock = 0;
        }
        if (_isDue(_pendingSequencer, _sequencerActivationBlock)) {
            _currentSequencer = _pendingSequencer;
            _sequencerHistory.push(ChangeRecord(uint96(_sequencerActivationBlock), _pendingSequencer));
            _pendingSequencer = address(0);
            _sequencerActivationBlock = 0;
        }
    }

    function admin() external view returns (address) {
        return _admin;
    }

    function pendingAdmin() external view returns (address) {
        return _pendingAdmin;
    }

    /// Names who may take over; the zero address, nobody.
    function transferAdmin(address newAdmin) external onlyAdmin {
        _pendingAdmin = newAdmin;
        emit AdminTransferStarted(_admin, newAdmin);
    }

    function acceptAdmin() external {
        if (msg.sender != _pendingAdmin) revert NotPendingAdmin();
        emit AdminTransferred(_admin, msg.sender);
        _admin = msg.sender;
        _pendingAdmin = address(0);
    }

    function _scheduleSequencer(address newSequencer, uint256 activationBlock) internal {
        _pendingSequencer = newSequencer;
        _sequencerActivationBlock = activationBlock;
        emit SequencerChangeScheduled(_currentSequencer, newSequencer, activationBlock);
    }

    function _cancelSequencer() internal {
        _pendingSequencer = address(0);
        _sequencerActivationBlock = 0;
        emit SequencerChangeScheduled(_currentSequencer, address(0), _CANCEL);
    }

    /// Whether it is a change that is asked for, and not that none be made.
    function _isChange(address newAddress, uint256 activationBlock) internal view returns (bool) {
        if (activationBlock <= block.number) revert InvalidActivationBlock();
        if (activationBlock == _CANCEL) {
            if (newAddress != address(0)) revert ZeroAddress();
            return false;
        }
        if (activationBlock > type(uint96).max) revert ActivationBlockTooLarge();
        if (newAddress == address(0)) revert ZeroAddress();
        return true;
    }

    function _isDue(address pending, uint256 activationBlock) private view returns (bool) {
        return pending != address(0) && activationBlock <= block.number;
    }

    function _at(ChangeRecord[] storage history, address initial, uint256 blockNumber) private view returns (address) {
        if (blockNumber > block.number) revert FutureBlock();
        if (blockNumber < _initialFromBlock) revert BeforeInitialBlock();
        for (uint256 i = history.length; i > 0; i--) {
            ChangeRecord storage change = history[i - 1];
            if (change.fromBlock <= blockNumber) return change.addr;
        }
        return initial;
    }
}

/// Since Rex6: a sequencer is given notice, and shows that it holds its key.
contract SequencerRegistry is SequencerRoles {
    bytes32 private constant _DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant _ROTATION_TYPE =
        keccak256("SequencerRotation(address newSequencer,uint256 activationBlock)");
    /// Half the order of secp256k1: a signature with a larger s has a twin.
    uint256 private constant _LARGEST_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    uint256 private _minRotationDelay; // slot 13; in blocks

    error RotationDelayTooShort();
    error InvalidRotationProof();

    function version() external pure returns (string memory) {
        return "2.0.0";
    }

    function minRotationDelay() external view returns (uint256) {
        return _minRotationDelay;
    }

    /// `newSequencerSignature` is of `rotationDigest`, by the new sequencer; to take back what was scheduled, none.
    function scheduleNextSequencerChange(
        address newSequencer,
        uint256 activationBlock,
        bytes calldata newSequencerSignature
    ) external onlyAdmin {
        if (!_isChange(newSequencer, activationBlock)) {
            _cancelSequencer();
            return;
        }
        if (activationBlock < block.number + _minRotationDelay) revert RotationDelayTooShort();
        bytes32 digest = rotationDigest(newSequencer, activationBlock);
        if (_signer(digest, newSequencerSignature) != newSequencer) revert InvalidRotationProof();
        _scheduleSequencer(newSequencer, activationBlock);
    }

    /// What the new sequencer signs (EIP-712).
    function rotationDigest(address newSequencer, uint256 activationBlock) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                _DOMAIN_TYPE, keccak256("MegaETH SequencerRegistry"), keccak256("1"), block.chainid, address(this)
            )
        );
        bytes32 rotation = keccak256(abi.encode(_ROTATION_TYPE, newSequencer, activationBlock));
        return keccak256(abi.encodePacked(hex"1901", domain, rotation));
    }

    function _signer(bytes32 digest, bytes calldata signature) private pure returns (address signer) {
        if (signature.length != 65) revert InvalidRotationProof();
        bytes32 s = bytes32(signature[32:64]);
        if (uint256(s) > _LARGEST_S) revert InvalidRotationProof();
        signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[:32]), s);
        if (signer == address(0)) revert InvalidRotationProof();
    }
}

/// Rex5: a sequencer's change needs neither notice nor proof.
contract SequencerRegistryV1 is SequencerRoles {
    function version() external pure returns (string memory) {
        return "1.0.0";
    }

    function scheduleNextSequencerChange(address newSequencer, uint256 activationBlock) external onlyAdmin {
        if (_isChange(newSequencer, activationBlock)) {
            _scheduleSequencer(newSequencer, activationBlock);
        } else {
            _cancelSequencer();
        }
    }
}
