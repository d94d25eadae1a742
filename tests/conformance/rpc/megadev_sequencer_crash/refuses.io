// more blocks than there are, blocks without what follows them, and no options
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[{"survive":false,"blocks":13}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"cannot lose 13 blocks: the chain has 12 after its first block"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_crash","params":[{"blocks":1}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"sealed blocks can be lost only together with unsealed transactions: set survive to false"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_crash","params":[{"survive":"perhaps"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (options).survive: expected a boolean, got \"perhaps\""}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_crash","params":[{"blocks":-1}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (options).blocks: expected a quantity (0x hex or number, below 2**64), got -1"}}
