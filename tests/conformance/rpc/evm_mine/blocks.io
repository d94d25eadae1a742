>> {"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
// at a time
>> {"jsonrpc":"2.0","id":3,"method":"evm_mine","params":[1700001000]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBlockByNumber","params":["latest",false]}
// several, the first at a time
>> {"jsonrpc":"2.0","id":5,"method":"evm_mine","params":[{"timestamp":1700002000,"blocks":2}]}
>> {"jsonrpc":"2.0","id":6,"method":"eth_blockNumber","params":[]}
// in milliseconds
>> {"jsonrpc":"2.0","id":7,"method":"evm_mine","params":[1700009000000]}
>> {"jsonrpc":"2.0","id":8,"method":"eth_getBlockByNumber","params":["latest",false]}
// what waits is mined
