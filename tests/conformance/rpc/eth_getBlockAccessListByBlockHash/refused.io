// no block
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockAccessListByBlockHash","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block_hash)"}}
// not a block
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockAccessListByBlockHash","params":["newest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (block_hash): expected a 32-byte hash (0x and 64 hex digits), got \"newest\""}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockAccessListByBlockHash","params":["{block:1}","{block:2}"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
