>> {"jsonrpc":"2.0","id":1,"method":"anvil_getBlobByHash","params":["0x0111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
