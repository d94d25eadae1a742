>> {"jsonrpc":"2.0","id":1,"method":"eth_getUncleCountByBlockHash","params":["0x905e8063f73ccd84bfa2dc0a18f37b8972d73f4d7f54790d8b002be4f34fb17f"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getUncleCountByBlockHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
