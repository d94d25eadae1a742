// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Limit orders for one good against one currency, both counted in whole units that traders deposit. Prices are levels
/// from 1 to 255; a bit per level tells where orders wait, so the best price is found without a loop over levels.
contract OrderBook {
    struct Order {
        address trader;
        uint64 amount;
    }

    mapping(address => uint256) public goods;
    mapping(address => uint256) public money;
    uint256 public bids;
    uint256 public asks;
    uint256 public trades;
    mapping(bool => mapping(uint256 => Order[])) private queues;
    mapping(bool => mapping(uint256 => uint256)) private heads;

    event Traded(address indexed buyer, address indexed seller, uint256 price, uint256 amount);
    event Placed(address indexed trader, bool buys, uint256 price, uint256 amount);

    error NoSuchPrice(uint256 price);
    error CannotPay(uint256 has, uint256 needs);

    /// As much as anybody likes: this is a game of numbers.
    function fund(uint256 goods_, uint256 money_) external {
        goods[msg.sender] += goods_;
        money[msg.sender] += money_;
    }

    function place(bool buys, uint256 price, uint64 amount) external {
        if (price == 0 || price > 255) revert NoSuchPrice(price);
        _reserve(buys, price, amount);
        uint64 left = amount;
        while (left > 0) {
            uint256 best = buys ? _lowest(asks) : _highest(bids);
            if (best == 0 || (buys ? best > price : best < price)) break;
            left = _match(buys, price, best, left);
        }
        if (left > 0) {
            queues[buys][price].push(Order(msg.sender, left));
            if (buys) bids |= 1 << price;
            else asks |= 1 << price;
            emit Placed(msg.sender, buys, price, left);
        }
    }

    function _reserve(bool buys, uint256 price, uint256 amount) private {
        mapping(address => uint256) storage account = buys ? money : goods;
        uint256 needs = buys ? price * amount : amount;
        if (account[msg.sender] < needs) revert CannotPay(account[msg.sender], needs);
        account[msg.sender] -= needs;
    }

    /// Against the oldest order at the level "best"; returns what is left.
    function _match(bool buys, uint256 price, uint256 best, uint64 left) private returns (uint64) {
        Order[] storage queue = queues[!buys][best];
        uint256 head = heads[!buys][best];
        Order storage other = queue[head];
        uint64 amount = left < other.amount ? left : other.amount;
        other.amount -= amount;
        if (buys) {
            goods[msg.sender] += amount;
            money[msg.sender] += (price - best) * amount;
            money[other.trader] += best * amount;
            emit Traded(msg.sender, other.trader, best, amount);
        } else {
            money[msg.sender] += best * amount;
            goods[other.trader] += amount;
            emit Traded(other.trader, msg.sender, best, amount);
        }
        trades += 1;
        if (other.amount == 0) {
            heads[!buys][best] = head + 1;
            if (head + 1 == queue.length) {
                if (buys) asks &= ~(1 << best);
                else bids &= ~(1 << best);
            }
        }
        return left - amount;
    }

    function _lowest(uint256 levels) private pure returns (uint256) {
        return levels == 0 ? 0 : _highest(levels & (~levels + 1));
    }

    function _highest(uint256 levels) private pure returns (uint256 level) {
        for (uint256 width = 128; width > 0; width >>= 1) {
            if (levels >> width != 0) {
                levels >>= width;
                level += width;
            }
        }
    }
}
