// chain: forked
// not with Anvil: it would have to fork this node
// the same node; one that is not there
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setRpcUrl","params":["{upstream}"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x21e19e0c9bab2400000"}
