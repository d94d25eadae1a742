// too many
>> {"jsonrpc":"2.0","id":1,"method":"debug_getBadBlocks","params":["0x1"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
