// chain: megaeth
// no time, no object
>> {"jsonrpc":"2.0","id":1,"method":"megadev_da_misbehave","params":[{"delay":-1}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (options).delay: expected a quantity (0x hex or number, below 2**64), got -1"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_da_misbehave","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (options): expected an object, got 7"}}
