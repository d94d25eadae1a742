// not an id
>> {"jsonrpc":"2.0","id":1,"method":"anvil_revert","params":["first"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (snapshot_id): expected a quantity (0x hex or number, below 2**256), got \"first\""}}
// nothing
>> {"jsonrpc":"2.0","id":2,"method":"anvil_revert","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (snapshot_id)"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"anvil_revert","params":["0x0",1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
