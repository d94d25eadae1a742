// less than nothing
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222",-1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 1 (balance): expected a quantity (0x hex or number, below 2**256), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","rich"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (balance): expected a quantity (0x hex or number, below 2**256), got \"rich\""}}
// more than 256 bits
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","0x10000000000000000000000000000000000000000000000000000000000000000"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 1 (balance): expected a quantity (0x hex or number, below 2**256), got \"0x10000000000000000000000000000000000000000000000000000000000000000\""}}
// a short address
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setBalance","params":["0x1234","0x1"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// no balance
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"missing value for required argument 1 (balance)"}}
// too many
>> {"jsonrpc":"2.0","id":6,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","0x1",1]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
>> {"jsonrpc":"2.0","id":7,"method":"eth_getBalance","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":7,"result":"0x0"}
