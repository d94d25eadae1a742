// no index
>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleByBlockHashAndIndex","params":["{block:1}"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 1 (index)"}}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleByBlockHashAndIndex","params":["0x1234","0x0"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (block_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// an index that is none
>> {"jsonrpc":"2.0","id":3,"method":"eth_getUncleByBlockHashAndIndex","params":["{block:1}","first"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 1 (index): expected a quantity (0x hex or number, below 2**64), got \"first\""}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getUncleByBlockHashAndIndex","params":["{block:1}","0x0",true]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
