// no such fault, no name
>> {"jsonrpc":"2.0","id":1,"method":"megadev_fault_clear","params":["censr"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown fault 'censr'. Did you mean censor?"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_fault_clear","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (name): expected a string, got 7"}}
