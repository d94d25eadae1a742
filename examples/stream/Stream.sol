// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Money that flows by the second: the payer puts it in, the payee takes what has become due, whenever it likes.
contract Stream {
    address public immutable payer;
    address public immutable payee;
    uint256 public immutable rate;
    uint256 public immutable start;
    uint256 public immutable end;
    uint256 public paid;
    bool public stopped;

    event Paid(uint256 amount);
    event Stopped(uint256 refund);

    error NotYours();
    error AlreadyStopped();

    /// "rate": wei per second, until what is sent along is used up.
    constructor(address payee_, uint256 rate_) payable {
        payer = msg.sender;
        payee = payee_;
        rate = rate_;
        start = block.timestamp;
        end = block.timestamp + msg.value / rate_;
    }

    function due() public view returns (uint256) {
        if (stopped) return 0;
        uint256 until = block.timestamp < end ? block.timestamp : end;
        return (until - start) * rate - paid;
    }

    function withdraw() public {
        uint256 amount = due();
        paid += amount;
        emit Paid(amount);
        (bool sent,) = payee.call{value: amount}("");
        require(sent, "the payee refuses");
    }

    /// Pays what is due and gives the rest back.
    function stop() external {
        if (msg.sender != payer) revert NotYours();
        if (stopped) revert AlreadyStopped();
        withdraw();
        stopped = true;
        emit Stopped(address(this).balance);
        (bool sent,) = payer.call{value: address(this).balance}("");
        require(sent, "the payer refuses");
    }
}
