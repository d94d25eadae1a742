>> {"jsonrpc":"2.0","id":1,"method":"eth_submitHashrate","params":["0x1","0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method eth_submitHashrate does not exist/is not available: there is no proof of work"}}
