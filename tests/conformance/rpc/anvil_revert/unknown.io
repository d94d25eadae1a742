// an id never given
>> {"jsonrpc":"2.0","id":1,"method":"anvil_revert","params":["0x63"]}
<< {"jsonrpc":"2.0","id":1,"result":false}
