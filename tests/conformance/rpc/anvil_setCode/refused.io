// odd hex
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setCode","params":["0x2222222222222222222222222222222222222222","0x123"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 1 (code): expected bytes (0x and an even number of hex digits), got \"0x123\""}}
// no hex
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setCode","params":["0x2222222222222222222222222222222222222222","code"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (code): expected bytes (0x and an even number of hex digits), got \"code\""}}
// a short address
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setCode","params":["0x1234","0x"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// no code
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setCode","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 1 (code)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setCode","params":["0x2222222222222222222222222222222222222222","0x",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
