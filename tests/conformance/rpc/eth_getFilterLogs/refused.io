// an unknown filter
>> {"jsonrpc":"2.0","id":1,"method":"eth_getFilterLogs","params":["0x11111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"filter not found: 0x11111111111111111111111111111111 was removed, never existed, or was not polled for 300 seconds; create it again"}}
// a filter over blocks
>> {"jsonrpc":"2.0","id":2,"method":"eth_newBlockFilter","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x62e6e282e5c1657c78c3a967b36711eb"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getFilterLogs","params":["{answer:2}"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"filter not found: 0x62e6e282e5c1657c78c3a967b36711eb is not a log filter"}}
// no filter
>> {"jsonrpc":"2.0","id":4,"method":"eth_getFilterLogs","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (filter_id)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_getFilterLogs","params":["0x1","0x2"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
