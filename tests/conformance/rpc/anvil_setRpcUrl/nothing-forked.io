>> {"jsonrpc":"2.0","id":1,"method":"anvil_setRpcUrl","params":["https://node.example.org"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
