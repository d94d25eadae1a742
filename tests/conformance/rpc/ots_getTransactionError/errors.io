// it says why
>> {"jsonrpc":"2.0","id":1,"method":"ots_getTransactionError","params":["{tx:10:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000b6f7574206f66206c75636b000000000000000000000000000000000000000000"}
// it succeeded
>> {"jsonrpc":"2.0","id":2,"method":"ots_getTransactionError","params":["{tx:7:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x"}
// one that nobody sent
>> {"jsonrpc":"2.0","id":3,"method":"ots_getTransactionError","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"transaction not found: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
