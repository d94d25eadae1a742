// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Calls that compute and touch nothing: each as much as it is told to.
contract BenchCompute {
    uint256 private constant FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// A linear congruence modulo 128 bits, unchecked, and its digits by division.
    function divide(uint256 rounds) external pure returns (uint256 x) {
        x = 7;
        unchecked {
            for (uint256 i = 0; i < rounds; ++i) {
                x = (x * 1103515245 + 12345) % 0xffffffffffffffffffffffffffffff61;
                x += x / 1000003;
            }
        }
    }

    /// The same modulo 64 bits in checked arithmetic.
    function checkedArithmetic(uint256 rounds) external pure returns (uint256 x) {
        x = 7;
        for (uint256 i = 0; i < rounds; i++) {
            x = (x * 1103515245 + 12345) % 0xffffffffffffff61;
            x = x + i;
        }
    }

    function fibonacci(uint256 rounds) external pure returns (uint256 a) {
        uint256 b = 1;
        unchecked {
            for (uint256 i = 0; i < rounds; ++i) {
                (a, b) = (b, a + b);
            }
        }
    }

    /// Insertion sort of so many pseudo-random words.
    function sort(uint256 count) external pure returns (uint256) {
        uint256[] memory words = new uint256[](count);
        uint256 x = 1;
        for (uint256 i = 0; i < count; i++) {
            unchecked {
                x = x * 6364136223846793005 + 1442695040888963407;
            }
            words[i] = x >> 33;
        }
        for (uint256 i = 1; i < count; i++) {
            uint256 word = words[i];
            uint256 at = i;
            while (at > 0 && words[at - 1] > word) {
                words[at] = words[at - 1];
                at--;
            }
            words[at] = word;
        }
        return words[0] ^ words[count / 2] ^ words[count - 1];
    }

    /// SHA-256's compression, its round constants made up, over so many blocks.
    function sha(uint256 blocks) external pure returns (uint256 state) {
        unchecked {
            uint256[64] memory schedule;
            uint256[64] memory constants;
            for (uint256 i = 0; i < 64; i++) {
                constants[i] = uint256(keccak256(abi.encode(i))) & 0xffffffff;
            }
            state = 0x6a09e667;
            for (uint256 number = 0; number < blocks; number++) {
                for (uint256 i = 0; i < 16; i++) {
                    schedule[i] = (state + i * 0x9e3779b9 + number) & 0xffffffff;
                }
                for (uint256 i = 16; i < 64; i++) {
                    uint256 p = schedule[i - 15];
                    uint256 q = schedule[i - 2];
                    p = (((p >> 7) | (p << 25)) ^ ((p >> 18) | (p << 14)) ^ (p >> 3)) & 0xffffffff;
                    q = (((q >> 17) | (q << 15)) ^ ((q >> 19) | (q << 13)) ^ (q >> 10)) & 0xffffffff;
                    schedule[i] = (schedule[i - 16] + p + schedule[i - 7] + q) & 0xffffffff;
                }
                uint256 a = state;
                uint256 c = 0xbb67ae85;
                uint256 e = 0x510e527f;
                uint256 g = 0x9b05688c;
                for (uint256 i = 0; i < 64; i++) {
                    uint256 t = (((e >> 6) | (e << 26)) ^ ((e >> 11) | (e << 21)) ^ ((e >> 25) | (e << 7))) & 0xffffffff;
                    t = (g + t + ((e & c) ^ ((~e) & a)) + constants[i] + schedule[i]) & 0xffffffff;
                    g = e;
                    e = (c + t) & 0xffffffff;
                    c = a;
                    a = (t + a) & 0xffffffff;
                }
                state = (state + a + c + e + g) & 0xffffffff;
            }
        }
    }

    /// Hashes of what the compiler encodes, each in memory of its own.
    function hashes(uint256 rounds) external pure returns (bytes32 word) {
        for (uint256 i = 0; i < rounds; i++) {
            word = keccak256(abi.encode(word, i));
        }
    }

    /// Inverses in the field of bn254, by squaring.
    function power(uint256 rounds) external pure returns (uint256 result) {
        result = 5;
        for (uint256 round = 0; round < rounds; round++) {
            uint256 base = result + 3;
            uint256 exponent = FIELD - 2;
            result = 1;
            while (exponent > 0) {
                if (exponent & 1 == 1) {
                    result = mulmod(result, base, FIELD);
                }
                base = mulmod(base, base, FIELD);
                exponent >>= 1;
            }
        }
    }

    /// Permutations as Poseidon's: three words, fifth powers, 8 full and 57 partial rounds.
    function poseidon(uint256 permutations) external pure returns (uint256) {
        uint256 a = 1;
        uint256 b = 2;
        uint256 c = 3;
        unchecked {
            for (uint256 number = 0; number < permutations; ++number) {
                uint256 constant_ = 0x2098f5fb9e239eab3ceac3f27b81e481dc3124d55ffed523a839ee8446b64864;
                for (uint256 round = 0; round < 65; ++round) {
                    constant_ = addmod(
                        constant_, 0x0ee9a592ba9a9518d05986d656f40c2114c4993c11bb29938d21d47304cd8e6e, FIELD
                    );
                    a = fifth(addmod(a, constant_, FIELD));
                    b = addmod(b, constant_ + 1, FIELD);
                    c = addmod(c, constant_ + 2, FIELD);
                    if (round < 4 || round >= 61) {
                        b = fifth(b);
                        c = fifth(c);
                    }
                    uint256 x = addmod(addmod(mulmod(a, 3, FIELD), b, FIELD), c, FIELD);
                    uint256 y = addmod(addmod(a, mulmod(b, 5, FIELD), FIELD), c, FIELD);
                    c = addmod(addmod(a, b, FIELD), mulmod(c, 7, FIELD), FIELD);
                    a = x;
                    b = y;
                }
            }
        }
        return a ^ b ^ c;
    }

    function fifth(uint256 x) private pure returns (uint256) {
        uint256 square = mulmod(x, x, FIELD);
        return mulmod(mulmod(square, square, FIELD), x, FIELD);
    }

    /// EXP with exponents of 32 bytes.
    function exponents(uint256 rounds) external pure returns (uint256 x) {
        x = 3;
        unchecked {
            for (uint256 i = 0; i < rounds; ++i) {
                x = (x | 1) ** (FIELD + i);
            }
        }
    }
}
