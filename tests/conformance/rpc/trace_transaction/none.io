// chain: paused
// one that nobody sent
>> {"jsonrpc":"2.0","id":1,"method":"trace_transaction","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// one that waits
>> {"jsonrpc":"2.0","id":2,"method":"trace_transaction","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// no hash
>> {"jsonrpc":"2.0","id":3,"method":"trace_transaction","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (tx_hash): expected a 32-byte hash (0x and 64 hex digits), got \"0x1234\""}}
>> {"jsonrpc":"2.0","id":4,"method":"trace_transaction","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (tx_hash)"}}
