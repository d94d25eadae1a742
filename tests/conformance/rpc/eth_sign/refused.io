// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"eth_sign","params":["0x2222222222222222222222222222222222222222","0xdeadbeef"]}
// text
>> {"jsonrpc":"2.0","id":2,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","hello"]}
// the other way round
>> {"jsonrpc":"2.0","id":3,"method":"eth_sign","params":["0xdeadbeef","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
// no message
>> {"jsonrpc":"2.0","id":4,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x","0x"]}
