>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockTransactionCountByHash","params":["0x258d532acf572ee6ccdaac65fa7c3250b86b38144f6662abdba0f381a199dcfb"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x3"}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockTransactionCountByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
