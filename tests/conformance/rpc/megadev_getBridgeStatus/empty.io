// chain: bridged
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getBridgeStatus","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"deposits":[],"withdrawals":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getBridgeStatus","params":[1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
