// backwards
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setIntervalMining","params":[-1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (seconds): expected a quantity (0x hex or number, below 2**64), got -1"}}
// not a number
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setIntervalMining","params":["often"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (seconds): expected a quantity (0x hex or number, below 2**64), got \"often\""}}
// too long
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setIntervalMining","params":[1000000000]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (seconds): expected fewer than 1000000000 seconds, got 1e+09"}}
// nothing
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setIntervalMining","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (seconds)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_setIntervalMining","params":[1,1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
