// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// What L2 knows of L1: the block that it has got to. Written from the L1 attributes, whose encoding is packed and not
/// the ABI's; variables stand in the OP Stack's slots.
contract L1Block {
    address private constant _DEPOSITOR = 0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001;

    uint64 public number; // slot 0
    uint64 public timestamp;
    uint256 public basefee; // slot 1
    bytes32 public hash; // slot 2
    uint64 public sequenceNumber; // slot 3; how many L2 blocks since the L1 block was adopted
    uint32 public blobBaseFeeScalar;
    uint32 public baseFeeScalar;
    bytes32 public batcherHash; // slot 4
    uint256 public l1FeeOverhead; // slot 5; unused since Ecotone, as the next
    uint256 public l1FeeScalar; // slot 6
    uint256 public blobBaseFee; // slot 7
    uint64 public operatorFeeConstant; // slot 8
    uint32 public operatorFeeScalar;
    uint16 public daFootprintGasScalar;

    error NotDepositor();

    modifier onlyDepositor() {
        if (msg.sender != _DEPOSITOR) revert NotDepositor();
        _;
    }

    function version() external pure returns (string memory) {
        return "1.7.0";
    }

    function DEPOSITOR_ACCOUNT() external pure returns (address) {
        return _DEPOSITOR;
    }

    /// There is no token for gas but ether.
    function isCustomGasToken() external pure returns (bool) {
        return false;
    }

    function gasPayingToken() external pure returns (address, uint8) {
        return (0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE, 18);
    }

    function gasPayingTokenName() external pure returns (string memory) {
        return "Ether";
    }

    function gasPayingTokenSymbol() external pure returns (string memory) {
        return "ETH";
    }

    function setL1BlockValuesEcotone() external onlyDepositor {
        _setEcotone();
    }

    function setL1BlockValuesIsthmus() external onlyDepositor {
        _setEcotone();
        operatorFeeScalar = uint32(bytes4(msg.data[164:168]));
        operatorFeeConstant = uint64(bytes8(msg.data[168:176]));
    }

    function _setEcotone() private {
        baseFeeScalar = uint32(bytes4(msg.data[4:8]));
        blobBaseFeeScalar = uint32(bytes4(msg.data[8:12]));
        sequenceNumber = uint64(bytes8(msg.data[12:20]));
        timestamp = uint64(bytes8(msg.data[20:28]));
        number = uint64(bytes8(msg.data[28:36]));
        basefee = uint256(bytes32(msg.data[36:68]));
        blobBaseFee = uint256(bytes32(msg.data[68:100]));
        hash = bytes32(msg.data[100:132]);
        batcherHash = bytes32(msg.data[132:164]);
    }
}
