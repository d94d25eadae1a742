// no address; a start that is no number
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStorage","params":["0x12"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getStorage","params":["0x00000000000000000000000000000000000000ab","first"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (start): expected a quantity (0x hex or number, below 2**64), got \"first\""}}
