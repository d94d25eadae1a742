// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Tokens (EIP-20, as far as balances and allowances go) that keep their numbers in less usual places.
/// In each, `mint` gives the caller some.

/// A balance in the middle of a word, next to a date and a flag; an allowance next to its expiry.
contract PackedToken {
    struct Holding {
        uint40 since;
        uint96 balance;
        bool frozen;
    }

    struct Permission {
        uint128 amount;
        uint64 expiry;
    }

    mapping(address => Holding) public holdings;
    mapping(address => mapping(address => Permission)) public permissions;

    function mint(uint96 amount) external {
        holdings[msg.sender] = Holding(uint40(block.timestamp), amount, true);
    }

    function approve(address spender, uint128 amount) external {
        permissions[msg.sender][spender] = Permission(amount, type(uint64).max);
    }

    function balanceOf(address holder) external view returns (uint256) {
        return holdings[holder].balance;
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return permissions[owner][spender].amount;
    }
}

/// The highest bit says whether a holder is blocked, the other 255 are the balance.
contract FlaggedToken {
    mapping(address => uint256) internal balanceAndFlag;

    function mint(uint256 amount) external {
        balanceAndFlag[msg.sender] = amount | (1 << 255);
    }

    function isBlocked(address holder) external view returns (bool) {
        return balanceAndFlag[holder] >> 255 == 1;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return balanceAndFlag[holder] & ((1 << 255) - 1);
    }
}

/// Storage in a namespace (ERC-7201), read through a pause switch that all holders share.
contract NamespacedToken {
    struct Ledger {
        bool paused;
        mapping(address => uint256) balances;
        mapping(address => mapping(address => uint256)) allowances;
    }

    function ledger() internal pure returns (Ledger storage found) {
        bytes32 place = keccak256(abi.encode(uint256(keccak256("megadev.ledger")) - 1)) & ~bytes32(uint256(0xff));
        assembly {
            found.slot := place
        }
    }

    function mint(uint256 amount) external {
        ledger().balances[msg.sender] = amount;
    }

    function balanceOf(address holder) external view returns (uint256) {
        require(!ledger().paused, "paused");
        return ledger().balances[holder];
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return ledger().allowances[owner][spender];
    }
}

/// Mappings as Vyper lays them out: the mapping's own slot is hashed before the key.
contract VyperToken {
    function place(address key, bytes32 base) internal pure returns (bytes32) {
        return keccak256(abi.encode(base, key));
    }

    function mint(uint256 amount) external {
        write(place(msg.sender, bytes32(uint256(3))), amount);
    }

    function balanceOf(address holder) external view returns (uint256) {
        return read(place(holder, bytes32(uint256(3))));
    }

    function allowance(address owner, address spender) external view returns (uint256) {
        return read(place(spender, place(owner, bytes32(uint256(4)))));
    }

    function read(bytes32 slot) internal view returns (uint256 word) {
        assembly {
            word := sload(slot)
        }
    }

    function write(bytes32 slot, uint256 word) internal {
        assembly {
            sstore(slot, word)
        }
    }
}

/// A rebasing token: holders own shares of a pool that has grown by a half.
contract SharesToken {
    mapping(address => uint256) public shares;
    uint256 public totalShares = 1000;
    uint256 public pool = 1500;

    function mint(uint256 amount) external {
        shares[msg.sender] = amount;
    }

    function balanceOf(address holder) external view returns (uint256) {
        return shares[holder] * pool / totalShares;
    }

    function allowance(address, address) external pure returns (uint256) {
        return type(uint256).max;
    }
}

/// Whatever token stands behind it, with its storage here (EIP-1967).
contract ProxyToken {
    bytes32 internal constant PLACE = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

    constructor(address implementation) {
        bytes32 place = PLACE;
        assembly {
            sstore(place, implementation)
        }
    }

    fallback() external payable {
        bytes32 place = PLACE;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), sload(place), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            switch done
            case 0 { revert(0, returndatasize()) }
            default { return(0, returndatasize()) }
        }
    }
}
