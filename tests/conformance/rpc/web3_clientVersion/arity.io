// takes no arguments
>> {"jsonrpc":"2.0","id":1,"method":"web3_clientVersion","params":["0x1"]}
