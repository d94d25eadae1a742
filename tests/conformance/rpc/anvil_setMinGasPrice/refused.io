// a base fee takes its place
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setMinGasPrice","params":["0x1"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"anvil_setMinGasPrice is not supported when EIP-1559 is active"}}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":2,"method":"hardhat_setMinGasPrice","params":["0x1"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"anvil_setMinGasPrice is not supported when EIP-1559 is active"}}
// not a number
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setMinGasPrice","params":["cheap"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (price): expected a quantity (0x hex or number, below 2**256), got \"cheap\""}}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setMinGasPrice","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (price)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setMinGasPrice","params":[1,1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
