>> {"jsonrpc":"2.0","id":1,"method":"evm_addAccount","params":["0x2222222222222222222222222222222222222222"]}
>> {"jsonrpc":"2.0","id":2,"method":"evm_removeAccount","params":["0x2222222222222222222222222222222222222222","password"]}
// again
>> {"jsonrpc":"2.0","id":3,"method":"evm_removeAccount","params":["0x2222222222222222222222222222222222222222"]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_accounts","params":[]}
