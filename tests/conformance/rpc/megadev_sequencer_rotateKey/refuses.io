// a block that is there, no keys
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_rotateKey","params":[{"block":12}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"block 12 has already begun: the key can change at block 13 at the earliest"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_rotateKey","params":[{"key":"0x0000000000000000000000000000000000000000000000000000000000000000"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"key: the private key must be in [1, n)"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_rotateKey","params":[{"key":"0x12"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (options).key: expected a 32-byte word (0x and 64 hex digits), got \"0x12\""}}
