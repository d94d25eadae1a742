// takes no arguments
>> {"jsonrpc":"2.0","id":1,"method":"net_peerCount","params":["0x1"]}
