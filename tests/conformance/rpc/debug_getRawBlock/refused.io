// no block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getRawBlock","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
// a future block
>> {"jsonrpc":"2.0","id":2,"method":"debug_getRawBlock","params":["0x99"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// an unknown hash
>> {"jsonrpc":"2.0","id":3,"method":"debug_getRawBlock","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 0x0000000000000000000000000000000000000000000000000000000000000000, the chain's head is block 12"}}
// no such tag
>> {"jsonrpc":"2.0","id":4,"method":"debug_getRawBlock","params":["newest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"debug_getRawBlock","params":["0x1","0x2"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
