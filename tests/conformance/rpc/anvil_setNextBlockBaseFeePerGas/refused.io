// less than nothing
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setNextBlockBaseFeePerGas","params":[-1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (base_fee): expected a quantity (0x hex or number, below 2**256), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setNextBlockBaseFeePerGas","params":["cheap"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (base_fee): expected a quantity (0x hex or number, below 2**256), got \"cheap\""}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setNextBlockBaseFeePerGas","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (base_fee)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setNextBlockBaseFeePerGas","params":[1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
