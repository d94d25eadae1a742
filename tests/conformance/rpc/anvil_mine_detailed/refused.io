// in the past
>> {"jsonrpc":"2.0","id":1,"method":"anvil_mine_detailed","params":[1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Timestamp error: 1 is lower than previous block's timestamp 1700000012"}}
// not a time
>> {"jsonrpc":"2.0","id":2,"method":"anvil_mine_detailed","params":["now"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (options): expected a quantity (0x hex or number, below 2**64), got \"now\""}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"anvil_mine_detailed","params":[1,1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
>> {"jsonrpc":"2.0","id":4,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":"0xc"}
