// in the past
>> {"jsonrpc":"2.0","id":1,"method":"evm_mine","params":[1]}
// not a time
>> {"jsonrpc":"2.0","id":2,"method":"evm_mine","params":["now"]}
// an unknown option's value
>> {"jsonrpc":"2.0","id":3,"method":"evm_mine","params":[{"blocks":"many"}]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"evm_mine","params":[1,1]}
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
