// no block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getHistoryTransactionCount","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
// the pending block
>> {"jsonrpc":"2.0","id":2,"method":"debug_getHistoryTransactionCount","params":["pending"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"Resource not found: the pending block is not part of history"}}
// a future block
>> {"jsonrpc":"2.0","id":3,"method":"debug_getHistoryTransactionCount","params":["0x99"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
