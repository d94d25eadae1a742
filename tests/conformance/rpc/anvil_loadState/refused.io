// nothing
>> {"jsonrpc":"2.0","id":1,"method":"anvil_loadState","params":["0x"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"failed to decode state dump: neither JSON nor compressed JSON (Input data was truncated)"}}
// neither JSON nor compressed JSON
>> {"jsonrpc":"2.0","id":2,"method":"anvil_loadState","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"failed to decode state dump: neither JSON nor compressed JSON (JSON is malformed: invalid character (byte 0))"}}
// no hex
>> {"jsonrpc":"2.0","id":3,"method":"anvil_loadState","params":["state"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (state): expected bytes (0x and an even number of hex digits), got \"state\""}}
// no state
>> {"jsonrpc":"2.0","id":4,"method":"anvil_loadState","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (state)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"anvil_loadState","params":["0x",1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
