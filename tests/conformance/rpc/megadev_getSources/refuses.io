// no address
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getSources","params":["Token"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"Token\""}}
