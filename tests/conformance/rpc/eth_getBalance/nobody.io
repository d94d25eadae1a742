>> {"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x0"}
