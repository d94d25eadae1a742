// takes no arguments
>> {"jsonrpc":"2.0","id":1,"method":"net_version","params":["0x1"]}
