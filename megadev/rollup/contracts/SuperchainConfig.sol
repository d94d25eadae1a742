// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// The guardian, who can stop withdrawals. Genesis fills the slots.
contract SuperchainConfig {
    address public guardian; // slot 0, lowest bytes
    bool private _paused; // slot 0, after it

    event Paused(address identifier);
    event Unpaused(address identifier);

    error SuperchainConfig_OnlyGuardian();

    modifier onlyGuardian() {
        if (msg.sender != guardian) revert SuperchainConfig_OnlyGuardian();
        _;
    }

    function version() external pure returns (string memory) {
        return "2.3.0";
    }

    function paused() public view returns (bool) {
        return _paused;
    }

    /// There is one chain here, so a pause is a pause of everything, whatever it is asked for.
    function paused(address) external view returns (bool) {
        return _paused;
    }

    function pause(address identifier) external onlyGuardian {
        _paused = true;
        emit Paused(identifier);
    }

    function unpause(address identifier) external onlyGuardian {
        _paused = false;
        emit Unpaused(identifier);
    }
}
