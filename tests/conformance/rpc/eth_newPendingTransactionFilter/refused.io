// not a boolean
>> {"jsonrpc":"2.0","id":1,"method":"eth_newPendingTransactionFilter","params":["yes"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (full): expected a boolean, got \"yes\""}}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"eth_newPendingTransactionFilter","params":[true,1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
