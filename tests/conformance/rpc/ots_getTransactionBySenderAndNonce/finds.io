// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"ots_getTransactionBySenderAndNonce","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",2]}
<< {"jsonrpc":"2.0","id":1,"result":"0xd3dab0e6ef55ffea8887c92afb5a0f178bf81333108f9630c8ecde95e9b3032c"}
// one that waits is in no block
>> {"jsonrpc":"2.0","id":2,"method":"ots_getTransactionBySenderAndNonce","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",8]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// nobody
>> {"jsonrpc":"2.0","id":3,"method":"ots_getTransactionBySenderAndNonce","params":["0x2222222222222222222222222222222222222222",0]}
<< {"jsonrpc":"2.0","id":3,"result":null}
