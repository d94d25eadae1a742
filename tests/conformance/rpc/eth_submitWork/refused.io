>> {"jsonrpc":"2.0","id":1,"method":"eth_submitWork","params":["0x0000000000000000","0x1111111111111111111111111111111111111111111111111111111111111111","0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method eth_submitWork does not exist/is not available: there is no proof of work"}}
