import {Lib} from "./Lib.sol";
contract Counter {
    uint256 public immutable step;
    uint256 public count;
    mapping(address => uint256) public calls;
    constructor(uint256 step_) { require(step_ != 13, "unlucky"); step = step_; }
    function bump() external { count = Lib.add(count, step); calls[msg.sender]++; }
}
