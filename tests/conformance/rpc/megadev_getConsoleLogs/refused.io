// an unknown transaction
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getConsoleLogs","params":["0x1212121212121212121212121212121212121212121212121212121212121212"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"transaction not found: 0x1212121212121212121212121212121212121212121212121212121212121212"}}
// neither a hash nor what is known to choose by
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getConsoleLogs","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (which): expected a transaction's hash, or an object with after or limit, got 7"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getConsoleLogs","params":[{"since":"0x1"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (which): unknown field \"since\": this object knows after, limit"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_getConsoleLogs","params":["0x12"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (which): expected a 32-byte hash (0x and 64 hex digits), got \"0x12\""}}
