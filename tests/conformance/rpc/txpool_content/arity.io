// takes no arguments
>> {"jsonrpc":"2.0","id":1,"method":"txpool_content","params":["0x1"]}
