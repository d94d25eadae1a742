>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockTransactionCountByHash","params":["{block:12}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x3"}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockTransactionCountByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
