// not over a connection that ends with the answer
>> {"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["0x11111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"notifications not supported over HTTP: connect by WebSocket (same port) or IPC"}}
// no id
>> {"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (subscription_id)"}}
