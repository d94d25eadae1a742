// more than there are
>> {"jsonrpc":"2.0","id":1,"method":"anvil_rollback","params":[13]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Rollback depth must not exceed current chain height: current height 12, depth 13"}}
// less than nothing
>> {"jsonrpc":"2.0","id":2,"method":"anvil_rollback","params":[-1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (depth): expected a quantity (0x hex or number, below 2**64), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":3,"method":"anvil_rollback","params":["all"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (depth): expected a quantity (0x hex or number, below 2**64), got \"all\""}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_rollback","params":[1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0xc"}
