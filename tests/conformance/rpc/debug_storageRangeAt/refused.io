// too few
>> {"jsonrpc":"2.0","id":1,"method":"debug_storageRangeAt","params":["{block:8}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 4 (limit)"}}
// an unknown block
>> {"jsonrpc":"2.0","id":2,"method":"debug_storageRangeAt","params":["0x0000000000000000000000000000000000000000000000000000000000000000",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x",1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"header not found: no block 0x0000000000000000000000000000000000000000000000000000000000000000, the chain's head is block 12"}}
// an index beyond the block's transactions
>> {"jsonrpc":"2.0","id":3,"method":"debug_storageRangeAt","params":["{block:8}",1,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x",1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"transaction index 1 out of range for block 8, which has 1"}}
// no such account
>> {"jsonrpc":"2.0","id":4,"method":"debug_storageRangeAt","params":["{block:8}",0,"0x2222222222222222222222222222222222222222","0x",1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"account not found: 0x2222222222222222222222222222222222222222 doesn't exist there"}}
// not bytes
>> {"jsonrpc":"2.0","id":5,"method":"debug_storageRangeAt","params":["{block:8}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","00",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 3 (start): expected bytes (0x and an even number of hex digits), got \"00\""}}
// a negative limit
>> {"jsonrpc":"2.0","id":6,"method":"debug_storageRangeAt","params":["{block:8}",0,"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x",-1]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 4 (limit): expected a quantity (0x hex or number, below 2**64), got -1"}}
