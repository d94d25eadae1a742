// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"personal_sign","params":["0xdeadbeef","0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// text
>> {"jsonrpc":"2.0","id":2,"method":"personal_sign","params":["hello","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (message): expected bytes (0x and an even number of hex digits), got \"hello\""}}
// no address
>> {"jsonrpc":"2.0","id":3,"method":"personal_sign","params":["0xdeadbeef"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 1 (address)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"personal_sign","params":["0x","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","",1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 3, got 4"}}
