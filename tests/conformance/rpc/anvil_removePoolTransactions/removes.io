// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"anvil_removePoolTransactions","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"pending":"0x1","queued":"0x1"}}
// of whom there are none
>> {"jsonrpc":"2.0","id":3,"method":"anvil_removePoolTransactions","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":{"pending":"0x1","queued":"0x1"}}
