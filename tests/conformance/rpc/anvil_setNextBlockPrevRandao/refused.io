// a short word
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setNextBlockPrevRandao","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (word): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
// a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setNextBlockPrevRandao","params":[7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (word): expected a 32-byte hash (0x and 64 hex digits), got 7"}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setNextBlockPrevRandao","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (word)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setNextBlockPrevRandao","params":["0x0000000000000000000000000000000000000000000000000000000000000001",1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
