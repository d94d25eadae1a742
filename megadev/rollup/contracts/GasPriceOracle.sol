// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {L1_BLOCK} from "./Interfaces.sol";
import {L1Block} from "./L1Block.sol";

/// What a transaction pays besides its gas: for its data on L1, by the size it compresses to (Fjord), and to the
/// operator (Isthmus). Genesis sets the flags, one byte each.
contract GasPriceOracle {
    uint256 public constant DECIMALS = 6;

    /// Bytes of a signature, which the transactions given here do not have yet.
    uint256 private constant _SIGNATURE_SIZE = 68;

    bool public isEcotone; // slot 0, from the lowest byte on
    bool public isFjord;
    bool public isIsthmus;
    bool public isJovian;

    function version() external pure returns (string memory) {
        return "1.6.0";
    }

    /// What the data of a transaction costs, in wei. `unsigned` is the transaction without its signature.
    function getL1Fee(bytes memory unsigned) external view returns (uint256) {
        return _fee(_compressedSize(unsigned) + _SIGNATURE_SIZE);
    }

    /// The same for any transaction of so many bytes, by a bound on what compression may add.
    function getL1FeeUpperBound(uint256 unsignedSize) external view returns (uint256) {
        uint256 size = unsignedSize + _SIGNATURE_SIZE;
        return _fee(size + size / 255 + 16);
    }

    /// Kept for clients from before Fjord: the estimated size at 16 gas a byte.
    function getL1GasUsed(bytes memory unsigned) external pure returns (uint256) {
        return _estimatedSize(_compressedSize(unsigned) + _SIGNATURE_SIZE) * 16 / 1e6;
    }

    function getOperatorFee(uint256 gasUsed) external view returns (uint256) {
        if (!isIsthmus) return 0;
        uint256 scaled = gasUsed * L1Block(L1_BLOCK).operatorFeeScalar();
        return (isJovian ? scaled * 100 : scaled / 1e6) + L1Block(L1_BLOCK).operatorFeeConstant();
    }

    function l1BaseFee() public view returns (uint256) {
        return L1Block(L1_BLOCK).basefee();
    }

    function blobBaseFee() public view returns (uint256) {
        return L1Block(L1_BLOCK).blobBaseFee();
    }

    function baseFeeScalar() public view returns (uint32) {
        return L1Block(L1_BLOCK).baseFeeScalar();
    }

    function blobBaseFeeScalar() public view returns (uint32) {
        return L1Block(L1_BLOCK).blobBaseFeeScalar();
    }

    function gasPrice() external view returns (uint256) {
        return block.basefee;
    }

    function baseFee() external view returns (uint256) {
        return block.basefee;
    }

    function decimals() external pure returns (uint256) {
        return DECIMALS;
    }

    function overhead() external pure returns (uint256) {
        revert("GasPriceOracle: overhead() is deprecated");
    }

    function scalar() external pure returns (uint256) {
        revert("GasPriceOracle: scalar() is deprecated");
    }

    function _fee(uint256 compressedSize) private view returns (uint256) {
        uint256 price = uint256(baseFeeScalar()) * 16 * l1BaseFee() + uint256(blobBaseFeeScalar()) * blobBaseFee();
        return _estimatedSize(compressedSize) * price / 1e12;
    }

    /// In millionths of a byte: what FastLZ's size says about the size in a batch, by linear regression.
    function _estimatedSize(uint256 compressedSize) private pure returns (uint256) {
        uint256 line = 836_500 * compressedSize;
        return line < 142_585_600 ? 100_000_000 : line - 42_585_600;
    }

    /// The length that FastLZ (level 1) compresses `data` to.
    ///
    /// A match becomes two bytes where it is shorter than 9 bytes and three otherwise, in pieces of up to 264; bytes
    /// without a match go in runs of up to 32 behind one length byte. Matches are found by a table of 8,192 hashes of
    /// three bytes; the last 13 bytes are never searched.
    function _compressedSize(bytes memory data) private pure returns (uint256 size) {
        assembly ("memory-safe") {
            // the three bytes at a position, the first one lowest
            function three(at) -> word {
                let first := mload(at)
                word := or(or(byte(0, first), shl(8, byte(1, first))), shl(16, byte(2, first)))
            }
            function bucket(table, word) -> slot {
                slot := add(table, shl(2, and(shr(19, mul(2654435769, word)), 0x1fff)))
            }
            // four bytes of the table, without touching their neighbours
            function put(slot, value) {
                let word := mload(slot)
                mstore(slot, or(shr(32, shl(32, word)), shl(224, value)))
            }
            function literals(count) -> bytes_ {
                bytes_ := mul(0x21, shr(5, count))
                let rest := and(count, 0x1f)
                if rest { bytes_ := add(bytes_, add(rest, 1)) }
            }

            let start := add(data, 0x20)
            let length := mload(data)
            let done := start // everything before it is compressed
            if gt(length, 13) {
                let table := mload(0x40)
                let limit := sub(add(start, length), 13)
                // a table of zeros, whatever the memory held before
                calldatacopy(table, calldatasize(), 0x8020)

                for { let at := add(start, 2) } lt(at, limit) {} {
                    let earlier := 0
                    let found := 0
                    for {} lt(at, limit) { at := add(at, 1) } {
                        let word := three(at)
                        let slot := bucket(table, word)
                        earlier := add(start, shr(224, mload(slot)))
                        put(slot, sub(at, start))
                        if lt(sub(at, earlier), 0x2000) {
                            if eq(word, three(earlier)) {
                                // a match at the last position is not used
                                found := lt(add(at, 1), limit)
                                break
                            }
                        }
                    }
                    if iszero(found) { break }

                    size := add(size, literals(sub(at, done)))
                    // how many bytes match beyond the first three, plus one where a byte that differs ends them
                    let more := 0
                    let most := sub(add(limit, 9), add(at, 3))
                    for {} lt(more, most) {} {
                        let same := eq(
                            byte(0, mload(add(earlier, add(more, 3)))), byte(0, mload(add(at, add(more, 3))))
                        )
                        more := add(more, 1)
                        if iszero(same) { break }
                    }
                    let extra := sub(more, 1)
                    size := add(size, mul(3, div(extra, 262)))
                    size := add(size, add(2, gt(mod(extra, 262), 5)))

                    at := add(at, more)
                    put(bucket(table, three(at)), sub(at, start))
                    at := add(at, 1)
                    put(bucket(table, three(at)), sub(at, start))
                    at := add(at, 1)
                    done := at
                }
            }
            size := add(size, literals(sub(add(start, length), done)))
        }
    }
}
