// chain: megaeth
// no such kind, no object
>> {"jsonrpc":"2.0","id":1,"method":"megadev_batcher_set","params":[{"da":"pigeons"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (options).da: expected calldata or blobs or external, got 'pigeons'"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_batcher_set","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (options): expected an object, got 7"}}
