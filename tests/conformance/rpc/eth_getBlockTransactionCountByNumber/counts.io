>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockTransactionCountByNumber","params":["0xc"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x3"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockTransactionCountByNumber","params":["0x0"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0"}
// unknown
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockTransactionCountByNumber","params":["0x99"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
