// no block
>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockNumber","params":[]}
// no such tag
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockNumber","params":["newest"]}
// a negative number
>> {"jsonrpc":"2.0","id":3,"method":"eth_getUncleCountByBlockNumber","params":[-1]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getUncleCountByBlockNumber","params":["0x1",true]}
