// nothing to withhold, no hash, no address
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_withhold","params":[{}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"nothing to withhold: give transactions, addresses or both"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_withhold","params":[{"transactions":["0x12"]}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (options).transactions[0]: expected a 32-byte hash (0x and 64 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_withhold","params":[{"addresses":["0x12"]}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (options).addresses[0]: expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_withhold","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (options)"}}
