// no name, no such fault, nothing that it takes, what takes nothing, what is not there
>> {"jsonrpc":"2.0","id":1,"method":"megadev_fault_set","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (name)"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_fault_set","params":["censr",["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"unknown fault 'censr'. Did you mean censor?"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_fault_set","params":["censor"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"fault censor: addresses are missing"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_fault_set","params":["bad-root",["x"]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"fault bad-root: takes no arguments, not 'x'"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_fault_set","params":["down",["lose","99999"]]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"cannot lose 99999 blocks: the chain has 12 after its first block"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_fault_set","params":["bad-batch"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32601,"message":"the method called does not exist/is not available: fault bad-batch: this node has no L1; start it without --no-l1"}}
