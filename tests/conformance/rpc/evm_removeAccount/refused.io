// a short address
>> {"jsonrpc":"2.0","id":1,"method":"evm_removeAccount","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// nothing
>> {"jsonrpc":"2.0","id":2,"method":"evm_removeAccount","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (address)"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"evm_removeAccount","params":["0x2222222222222222222222222222222222222222","",1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
