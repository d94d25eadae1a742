// not an object
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reset","params":["latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (options): expected an object, got \"latest\""}}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"anvil_reset","params":[{},1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":"0xc"}
