// not an object
>> {"jsonrpc":"2.0","id":1,"method":"anvil_reset","params":["latest"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (options): expected an object, got \"latest\""}}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"anvil_reset","params":[{},1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":"0xc"}
// nothing says which node to fork
>> {"jsonrpc":"2.0","id":4,"method":"anvil_reset","params":[{"forking":{"blockNumber":"0x5"}}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"this node is not a fork: give jsonRpcUrl"}}
// no URL of a node
>> {"jsonrpc":"2.0","id":5,"method":"anvil_reset","params":[{"forking":{"jsonRpcUrl":"ftp://user:secret@node.example.org"}}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid URL of a node to fork: it must begin with http:// or https://"}}
>> {"jsonrpc":"2.0","id":6,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":"0xc"}
