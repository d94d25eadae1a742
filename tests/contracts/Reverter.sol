// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Every way for a call to fail.
contract Reverter {
    error Refused(address who, uint256 code, string why);

    uint256 public touched;

    function withReason() external {
        touched = 1; // undone by the revert
        revert("out of luck");
    }

    function withCustomError(uint256 code) external {
        touched = 1;
        revert Refused(msg.sender, code, "no");
    }

    function withNothing() external {
        touched = 1;
        assembly {
            revert(0, 0)
        }
    }

    /// Panic 0x01.
    function withAssert(uint256 zero) external pure {
        assert(zero != 0);
    }

    /// Panic 0x11 when the sum exceeds 256 bits.
    function withOverflow(uint256 a, uint256 b) external pure returns (uint256) {
        return a + b;
    }

    /// Panic 0x12 when "b" is zero.
    function withDivision(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    /// Panic 0x32 when "index" is 3 or more.
    function withIndex(uint256 index) external pure returns (uint256) {
        uint8[3] memory items = [1, 2, 3];
        return items[index];
    }

    function withInvalidOpcode() external pure {
        assembly {
            invalid()
        }
    }

    function withOutOfGas() external pure {
        assembly {
            for {} 1 {} {}
        }
    }

    /// Fails in a nested call and passes the reason on.
    function withNested() external {
        this.withReason();
    }

    /// Fails in a nested call and goes on.
    function caught() external returns (bool failed) {
        try this.withReason() {} catch {
            failed = true;
        }
    }
}
