// not with Anvil: it has no name of megadev's
// by either name
>> {"jsonrpc":"2.0","id":1,"method":"megadev_unsubscribe","params":["0x11111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"notifications not supported over HTTP: connect by WebSocket (same port) or IPC"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":["0x11111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32601,"message":"notifications not supported over HTTP: connect by WebSocket (same port) or IPC"}}
