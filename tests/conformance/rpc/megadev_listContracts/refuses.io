// too many arguments
>> {"jsonrpc":"2.0","id":1,"method":"megadev_listContracts","params":["x"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
