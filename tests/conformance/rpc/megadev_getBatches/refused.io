// chain: megaeth
// none, no number
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getBatches","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"limit must be between 1 and 1000, not 0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getBatches","params":["many"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (limit): expected a quantity (0x hex or number, below 2**64), got \"many\""}}
