// no such block
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceBlockByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found: no block 0x1111111111111111111111111111111111111111111111111111111111111111, the chain's head is block 12"}}
// nothing came before
>> {"jsonrpc":"2.0","id":2,"method":"debug_traceBlockByHash","params":["{block:0}"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"genesis is not traceable: it has no parent"}}
>> {"jsonrpc":"2.0","id":3,"method":"debug_traceBlockByHash","params":["0x11"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (block_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x11\""}}
