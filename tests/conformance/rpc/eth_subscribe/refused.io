// not over a connection that ends with the answer
>> {"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"notifications not supported over HTTP: connect by WebSocket (same port) or IPC"}}
// no kind
>> {"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (kind)"}}
