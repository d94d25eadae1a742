// backwards
>> {"jsonrpc":"2.0","id":1,"method":"anvil_increaseTime","params":[-1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (seconds): expected a quantity (0x hex or number, below 2**64), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_increaseTime","params":["later"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (seconds): expected a quantity (0x hex or number, below 2**64), got \"later\""}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_increaseTime","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (seconds)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_increaseTime","params":[1,true,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
