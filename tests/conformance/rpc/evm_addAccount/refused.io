// neither an address nor a key
>> {"jsonrpc":"2.0","id":1,"method":"evm_addAccount","params":["0x1234"]}
// a key that is none: zero
>> {"jsonrpc":"2.0","id":2,"method":"evm_addAccount","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"evm_addAccount","params":[]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"evm_addAccount","params":["0x2222222222222222222222222222222222222222","",1]}
