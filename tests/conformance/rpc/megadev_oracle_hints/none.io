// chain: megaeth
// nobody told it anything
>> {"jsonrpc":"2.0","id":1,"method":"megadev_oracle_hints","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":[]}
// no number
>> {"jsonrpc":"2.0","id":2,"method":"megadev_oracle_hints","params":["few"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (limit): expected a quantity (0x hex or number, below 2**64), got \"few\""}}
