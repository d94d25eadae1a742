// takes no arguments
>> {"jsonrpc":"2.0","id":1,"method":"eth_protocolVersion","params":["0x1"]}
