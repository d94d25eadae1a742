// no unit, too long, less than nothing, nothing at all
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_setLatency","params":[{"answer":"5"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (options).answer: must be like 5ms or 5ms±2ms (in us, ms or s), not '5'"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_setLatency","params":[{"answer":5}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (options).answer: expected a time like 5ms or 5ms±2ms, got 5"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_setLatency","params":[{"stream":"2min"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (options).stream: must be like 5ms or 5ms±2ms (in us, ms or s), not '2min'"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_setLatency","params":[{"stream":"61s"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (options).stream: must be at most 60s, not '61s'"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_setLatency","params":[{"answer":"1ms\u00b12ms"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (options).answer: must not vary by more than the delay: '1ms±2ms' could be negative"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_sequencer_setLatency","params":[]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"missing value for required argument 0 (options)"}}
