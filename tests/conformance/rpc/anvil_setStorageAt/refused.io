// a short word
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0","0x7"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 2 (word): expected a 32-byte word (0x and 64 hex digits), got \"0x7\""}}
// a slot beyond the last
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x10000000000000000000000000000000000000000000000000000000000000000","0x0000000000000000000000000000000000000000000000000000000000000007"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (slot): expected at most 32 bytes (64 hex digits), got \"0x10000000000000000000000000000000000000000000000000000000000000000\""}}
// a short address
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setStorageAt","params":["0x1234","0x0","0x0000000000000000000000000000000000000000000000000000000000000007"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// no word
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 2 (word)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setStorageAt","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x0","0x0000000000000000000000000000000000000000000000000000000000000007",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 3, got 4"}}
