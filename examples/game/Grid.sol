// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Players walk on a board of 16 by 16 and pick up what lies there. Every step is a transaction.
contract Grid {
    uint8 public constant SIZE = 16;

    struct Player {
        uint8 x;
        uint8 y;
        uint32 steps;
        uint32 coins;
    }

    mapping(address => Player) public players;
    mapping(uint256 => bool) public taken;

    event Stepped(address indexed player, uint8 x, uint8 y, bool coin);

    error OffTheBoard();

    function step(int8 dx, int8 dy) external {
        Player storage player = players[msg.sender];
        int256 x = int256(uint256(player.x)) + dx;
        int256 y = int256(uint256(player.y)) + dy;
        if (x < 0 || y < 0 || x >= int256(uint256(SIZE)) || y >= int256(uint256(SIZE))) revert OffTheBoard();
        player.x = uint8(uint256(x));
        player.y = uint8(uint256(y));
        player.steps += 1;
        uint256 cell = uint256(y) * SIZE + uint256(x);
        bool coin = cell % 5 == 0 && !taken[cell];
        if (coin) {
            taken[cell] = true;
            player.coins += 1;
        }
        emit Stepped(msg.sender, player.x, player.y, coin);
    }
}
