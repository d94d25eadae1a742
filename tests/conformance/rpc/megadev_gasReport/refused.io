// an unknown transaction, and no call
>> {"jsonrpc":"2.0","id":1,"method":"megadev_gasReport","params":["0x1212121212121212121212121212121212121212121212121212121212121212"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"transaction not found: 0x1212121212121212121212121212121212121212121212121212121212121212"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_gasReport","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (what): expected a transaction's hash or a call object, got 7"}}
