// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

interface IMessenger {
    function xDomainMessageSender() external view returns (address);
}

/// Takes messages from the other chain, unless told to fail, and makes calls as a contract.
contract Receiver {
    address public immutable messenger;
    bool public broken;
    address public lastSender;
    uint256 public lastValue;
    bytes public lastData;
    bytes public lastAnswer;
    uint256[] private _filled;

    constructor(address messenger_) {
        messenger = messenger_;
    }

    receive() external payable {
        require(!broken, "Receiver: broken");
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function note(bytes calldata data) external payable {
        require(!broken, "Receiver: broken");
        lastSender = IMessenger(messenger).xDomainMessageSender();
        lastValue = msg.value;
        lastData = data;
    }

    /// Uses about 22,000 gas for each slot.
    function fill(uint256 slots) external {
        for (uint256 i = 0; i < slots; ++i) {
            _filled.push(1);
        }
    }

    function call(address to, bytes calldata data) external payable {
        (bool success, bytes memory answer) = to.call{value: msg.value}(data);
        if (!success) {
            assembly {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    /// Calls, and keeps what is answered or why it is refused.
    function attempt(address to, bytes calldata data) external payable {
        (, lastAnswer) = to.call(data);
    }
}
