// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"personal_sign","params":["0xdeadbeef","0x2222222222222222222222222222222222222222"]}
// text
>> {"jsonrpc":"2.0","id":2,"method":"personal_sign","params":["hello","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
// no address
>> {"jsonrpc":"2.0","id":3,"method":"personal_sign","params":["0xdeadbeef"]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"personal_sign","params":["0x","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","",1]}
