// not a boolean
>> {"jsonrpc":"2.0","id":1,"method":"anvil_dumpState","params":["yes"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (history): expected a boolean, got \"yes\""}}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":2,"method":"hardhat_dumpState","params":[1]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (history): expected a boolean, got 1"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"anvil_dumpState","params":[true,1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
