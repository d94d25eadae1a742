>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionByBlockHashAndIndex","params":["0x88437eeedf0935e8b8c6c8867f46017954357e4ff43c4474888e37de9c97a971","0x2"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// no such block
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionByBlockHashAndIndex","params":["0x1111111111111111111111111111111111111111111111111111111111111111","0x0"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
