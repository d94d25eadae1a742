// neither an address nor a key
>> {"jsonrpc":"2.0","id":1,"method":"evm_addAccount","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (account): expected an address (20 bytes) or a private key (32 bytes), got 2 bytes"}}
// a key that is none: zero
>> {"jsonrpc":"2.0","id":2,"method":"evm_addAccount","params":["0x0000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"the private key must be in [1, n)"}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"evm_addAccount","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (account)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"evm_addAccount","params":["0x2222222222222222222222222222222222222222","",1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
