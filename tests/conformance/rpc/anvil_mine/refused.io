// fewer than none
>> {"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":[-1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (count): expected a quantity (0x hex or number, below 2**64), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_mine","params":["many"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (count): expected a quantity (0x hex or number, below 2**64), got \"many\""}}
// an interval that is none
>> {"jsonrpc":"2.0","id":3,"method":"anvil_mine","params":[1,"soon"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 1 (interval): expected a quantity (0x hex or number, below 2**64), got \"soon\""}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_mine","params":[1,1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0xc"}
