// chain: paused
// it waits in the pool
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionReceipt","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
