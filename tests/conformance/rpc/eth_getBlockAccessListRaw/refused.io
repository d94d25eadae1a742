// no block
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockAccessListRaw","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
// not a block
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockAccessListRaw","params":["newest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockAccessListRaw","params":["0x1","0x2"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
