// nothing at all
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setBlockGasLimit","params":[0]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"a block's gas limit must be in [1, 2**63), got 0"}}
// more than 63 bits
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setBlockGasLimit","params":["0x8000000000000000"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"a block's gas limit must be in [1, 2**63), got 9223372036854775808"}}
// not a number
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setBlockGasLimit","params":["much"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (gas_limit): expected a quantity (0x hex or number, below 2**64), got \"much\""}}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setBlockGasLimit","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (gas_limit)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setBlockGasLimit","params":[1,1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
