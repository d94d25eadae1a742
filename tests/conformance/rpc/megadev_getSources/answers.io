// not known
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getSources","params":["0x00000000000000000000000000000000000000ab"]}
<< {"jsonrpc":"2.0","id":1,"result":{}}
