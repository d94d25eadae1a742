>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockTransactionCountByHash","params":["0x88437eeedf0935e8b8c6c8867f46017954357e4ff43c4474888e37de9c97a971"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockTransactionCountByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
