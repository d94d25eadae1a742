// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Who promised what: recovers the signer of a preconfirmation (EIP-712) and of a mini-block, with ecrecover alone.
contract Preconfirmations {
    struct Preconfirmation {
        uint256 blockNumber;
        uint256 miniBlockNumber;
        uint256 transactionIndex;
        bytes32 transactionHash;
        bytes32 receiptHash;
    }

    bytes32 private constant DOMAIN_TYPE = keccak256("EIP712Domain(string name,string version,uint256 chainId)");
    bytes32 private constant STRUCT_TYPE = keccak256(
        "Preconfirmation(uint256 blockNumber,uint256 miniBlockNumber,uint256 transactionIndex,bytes32 transactionHash,bytes32 receiptHash)"
    );

    function promiser(uint256 chainId, Preconfirmation calldata promised, uint8 v, bytes32 r, bytes32 s)
        external
        pure
        returns (address)
    {
        bytes32 domain =
            keccak256(abi.encode(DOMAIN_TYPE, keccak256("megadev preconfirmation"), keccak256("1"), chainId));
        bytes32 structHash = keccak256(
            abi.encode(
                STRUCT_TYPE,
                promised.blockNumber,
                promised.miniBlockNumber,
                promised.transactionIndex,
                promised.transactionHash,
                promised.receiptHash
            )
        );
        return ecrecover(keccak256(abi.encodePacked("\x19\x01", domain, structHash)), v, r, s);
    }

    /// `numbers`: block number, block timestamp, index, mini-block number, mini-block timestamp, gas used.
    function sequencer(
        uint256[6] calldata numbers,
        bytes32 transactionRoot,
        bytes32 receiptRoot,
        uint8 yParity,
        bytes32 r,
        bytes32 s
    ) external pure returns (address) {
        bytes memory payload;
        for (uint256 i = 0; i < 6; i++) {
            payload = bytes.concat(payload, encodeNumber(numbers[i]));
        }
        payload = bytes.concat(payload, hex"a0", transactionRoot, hex"a0", receiptRoot);
        // two roots alone are more than 55 bytes, and six numbers cannot make it more than 265
        bytes memory head = payload.length < 256
            ? abi.encodePacked(bytes1(0xf8), uint8(payload.length))
            : abi.encodePacked(bytes1(0xf9), uint16(payload.length));
        return ecrecover(keccak256(bytes.concat(head, payload)), 27 + yParity, r, s);
    }

    /// RLP of an integer.
    function encodeNumber(uint256 number) private pure returns (bytes memory) {
        if (number == 0) return hex"80";
        if (number < 0x80) return abi.encodePacked(uint8(number));
        uint256 size = 0;
        for (uint256 rest = number; rest != 0; rest >>= 8) size++;
        bytes memory digits = abi.encodePacked(number << (8 * (32 - size)));
        assembly {
            mstore(digits, size)
        }
        return bytes.concat(bytes1(uint8(0x80 + size)), digits);
    }
}
