// no URL
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setRpcUrl","params":["endpoint"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (url): expected a URL like https://node.example.org, got \"endpoint\""}}
// nothing
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setRpcUrl","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (url)"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setRpcUrl","params":["http://127.0.0.1:1",1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
