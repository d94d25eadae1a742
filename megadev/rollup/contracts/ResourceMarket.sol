// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ResourceConfig} from "./Interfaces.sol";

/// The market for the L2 gas that deposits use (OP Stack specification, "Guaranteed Gas Fee Market"): a limit for each
/// L1 block, and a price that moves as EIP-1559's does. What a buyer pays is L1 gas, burned; that part is a switch, off
/// at first, because on an L1 with a low base fee a deposit would burn as much gas as it buys.
abstract contract ResourceMarket {
    struct ResourceParams {
        uint128 prevBaseFee;
        uint64 prevBoughtGas;
        uint64 prevBlockNum;
    }

    uint256 private _unused0;
    ResourceParams public params; // slot 1
    uint256[48] private _unused2;

    error OutOfGas();

    function _resourceConfig() internal view virtual returns (ResourceConfig memory);

    /// Book `amount` of L2 gas. `gasBefore` is what was left when the deposit began: work done counts as payment.
    function _buy(uint64 amount, uint256 gasBefore, bool burns) internal {
        ResourceConfig memory config = _resourceConfig();
        ResourceParams memory market = params;
        uint256 blocks = block.number - market.prevBlockNum;
        if (blocks > 0) {
            market.prevBaseFee = uint128(_price(config, market, blocks));
            market.prevBoughtGas = 0;
            market.prevBlockNum = uint64(block.number);
        }
        if (uint256(market.prevBoughtGas) + amount > config.maxResourceLimit) revert OutOfGas();
        market.prevBoughtGas += amount;
        params = market;
        if (burns) {
            uint256 floor = block.basefee > 1 gwei ? block.basefee : 1 gwei;
            uint256 due = uint256(amount) * market.prevBaseFee / floor;
            uint256 count = 0;
            while (gasBefore - gasleft() < due) count += 1;
        }
    }

    /// The price `blocks` after the last deposit: one step for what was bought then, the others for nothing bought.
    function _price(ResourceConfig memory config, ResourceParams memory market, uint256 blocks)
        private
        pure
        returns (uint256 price)
    {
        int256 target = int256(uint256(config.maxResourceLimit) / config.elasticityMultiplier);
        int256 denominator = int256(uint256(config.baseFeeMaxChangeDenominator));
        int256 previous = int256(uint256(market.prevBaseFee));
        int256 step = previous * (int256(uint256(market.prevBoughtGas)) - target) / (target * denominator);
        price = _clamp(config, previous + step);
        for (uint256 i = 1; i < blocks && price > config.minimumBaseFee; ++i) {
            uint256 less = price - price / uint256(denominator);
            if (less == price) break;
            price = _clamp(config, int256(less));
        }
    }

    function _clamp(ResourceConfig memory config, int256 price) private pure returns (uint256) {
        if (price < int256(uint256(config.minimumBaseFee))) return config.minimumBaseFee;
        if (price > int256(uint256(config.maximumBaseFee))) return config.maximumBaseFee;
        return uint256(price);
    }
}
