// no block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getModifiedAccountsByNumber","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (start)"}}
// the first block changed nothing
>> {"jsonrpc":"2.0","id":2,"method":"debug_getModifiedAccountsByNumber","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"block 0 is the first block: it has no parent to compare with"}}
// the wrong way round
>> {"jsonrpc":"2.0","id":3,"method":"debug_getModifiedAccountsByNumber","params":["0x4","0x4"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"start block height (4) must be less than end block height (4)"}}
// a future block
>> {"jsonrpc":"2.0","id":4,"method":"debug_getModifiedAccountsByNumber","params":["0x1","0x99"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
