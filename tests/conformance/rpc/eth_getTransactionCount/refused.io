// no address
>> {"jsonrpc":"2.0","id":1,"method":"eth_getTransactionCount","params":[]}
// a short address
>> {"jsonrpc":"2.0","id":2,"method":"eth_getTransactionCount","params":["0x1234","latest"]}
// no such tag
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionCount","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","newest"]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionCount","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","latest","latest"]}
