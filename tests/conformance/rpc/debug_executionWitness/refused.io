// no block
>> {"jsonrpc":"2.0","id":1,"method":"debug_executionWitness","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
// the first block was built on nothing
>> {"jsonrpc":"2.0","id":2,"method":"debug_executionWitness","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"unknown block: block 0 is the first block and has no parent"}}
// a future block
>> {"jsonrpc":"2.0","id":3,"method":"debug_executionWitness","params":["0x99"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
