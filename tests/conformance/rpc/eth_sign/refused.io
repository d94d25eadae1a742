// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"eth_sign","params":["0x2222222222222222222222222222222222222222","0xdeadbeef"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// text
>> {"jsonrpc":"2.0","id":2,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","hello"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (message): expected bytes (0x and an even number of hex digits), got \"hello\""}}
// the other way round
>> {"jsonrpc":"2.0","id":3,"method":"eth_sign","params":["0xdeadbeef","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0xdeadbeef\""}}
// no message
>> {"jsonrpc":"2.0","id":4,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 1 (message)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_sign","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x","0x"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
