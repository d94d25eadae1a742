// a short address
>> {"jsonrpc":"2.0","id":1,"method":"evm_removeAccount","params":["0x1234"]}
// nothing
>> {"jsonrpc":"2.0","id":2,"method":"evm_removeAccount","params":[]}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"evm_removeAccount","params":["0x2222222222222222222222222222222222222222","",1]}
