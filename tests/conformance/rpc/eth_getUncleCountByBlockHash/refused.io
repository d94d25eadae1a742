// no hash
>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockHash","params":[]}
// a short hash
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockHash","params":["0x1234"]}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_getUncleCountByBlockHash","params":["{block:1}",true]}
