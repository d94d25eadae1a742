// no filter
>> {"jsonrpc":"2.0","id":1,"method":"eth_uninstallFilter","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (filter_id)"}}
// not a string
>> {"jsonrpc":"2.0","id":2,"method":"eth_uninstallFilter","params":[1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (filter_id): expected a string, got 1"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_uninstallFilter","params":["0x1","0x2"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
