// not a boolean
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setLoggingEnabled","params":["yes"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (enabled): expected a boolean, got \"yes\""}}
// nothing
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setLoggingEnabled","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (enabled)"}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setLoggingEnabled","params":[true,1]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
