>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockHash","params":["{block:1}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0"}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
