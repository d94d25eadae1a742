// it takes nothing
>> {"jsonrpc":"2.0","id":1,"method":"megadev_fault_list","params":["censor"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
