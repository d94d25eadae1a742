// chain: paused
// they may still change
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockReceipts","params":["pending"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
