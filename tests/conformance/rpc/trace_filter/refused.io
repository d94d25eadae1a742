// upside down
>> {"jsonrpc":"2.0","id":1,"method":"trace_filter","params":[{"fromBlock":"0x5","toBlock":"0x2"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid block range: fromBlock 5 is after toBlock 2"}}
// no such mode
>> {"jsonrpc":"2.0","id":2,"method":"trace_filter","params":[{"mode":"both"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (filter).mode: expected \"union\" or \"intersection\", got \"both\""}}
// no filter
>> {"jsonrpc":"2.0","id":3,"method":"trace_filter","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (filter)"}}
// a short address
>> {"jsonrpc":"2.0","id":4,"method":"trace_filter","params":[{"fromAddress":["0x12"]}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (filter).fromAddress[0]: expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
