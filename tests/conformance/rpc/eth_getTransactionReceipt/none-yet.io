// chain: paused
// it waits in the pool
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionReceipt","params":["0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionReceipt","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
