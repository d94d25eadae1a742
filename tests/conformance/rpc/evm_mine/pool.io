// chain: paused
// what waits is mined in the order of its fees
>> {"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockByNumber","params":["latest",false]}
>> {"jsonrpc":"2.0","id":3,"method":"txpool_status","params":[]}
