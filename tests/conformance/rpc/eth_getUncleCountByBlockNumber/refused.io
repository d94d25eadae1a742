// no block
>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockNumber","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (block)"}}
// no such tag
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockNumber","params":["newest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, got \"newest\""}}
// a negative number
>> {"jsonrpc":"2.0","id":3,"method":"eth_getUncleCountByBlockNumber","params":[-1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, got -1"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getUncleCountByBlockNumber","params":["0x1",true]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
