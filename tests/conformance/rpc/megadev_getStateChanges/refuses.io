// no hash, one of no transaction
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStateChanges","params":["0x12"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getStateChanges","params":["0x1212121212121212121212121212121212121212121212121212121212121212"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"transaction not found: 0x1212121212121212121212121212121212121212121212121212121212121212"}}
