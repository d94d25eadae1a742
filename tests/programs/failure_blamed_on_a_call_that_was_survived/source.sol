contract Caller {
    function run() external {
        CALLEE.call("");
        require(false);
    }
}
contract Callee {
    fallback() external {
        revert();
    }
}
