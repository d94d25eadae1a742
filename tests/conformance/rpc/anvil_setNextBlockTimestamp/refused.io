// in the past
>> {"jsonrpc":"2.0","id":1,"method":"anvil_setNextBlockTimestamp","params":[1700000000]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"Timestamp error: 1700000000 is lower than previous block's timestamp 1700000012"}}
// not a time
>> {"jsonrpc":"2.0","id":2,"method":"anvil_setNextBlockTimestamp","params":["now"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (timestamp): expected a quantity (0x hex or number, below 2**64), got \"now\""}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setNextBlockTimestamp","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (timestamp)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setNextBlockTimestamp","params":[1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
