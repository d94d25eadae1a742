// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"optimism_version","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":"megadev/v0.1.0"}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"optimism_version","params":[1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
