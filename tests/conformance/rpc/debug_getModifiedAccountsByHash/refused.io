// no block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getModifiedAccountsByHash","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (start)"}}
// a number
>> {"jsonrpc":"2.0","id":2,"method":"debug_getModifiedAccountsByHash","params":["0x1"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (start): expected a 32-byte hash (0x and 64 hex digits), got \"0x1\""}}
// an unknown hash
>> {"jsonrpc":"2.0","id":3,"method":"debug_getModifiedAccountsByHash","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 0x0000000000000000000000000000000000000000000000000000000000000000, the chain's head is block 12"}}
