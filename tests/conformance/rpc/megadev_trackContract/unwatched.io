// the node was not told to watch a project
>> {"jsonrpc":"2.0","id":1,"method":"megadev_trackContract","params":["0x5fbdb2315678afecb367f032d93f642f64180aa3","Counter"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method does not exist/is not available: start the node with --watch"}}
// what it does not take
>> {"jsonrpc":"2.0","id":2,"method":"megadev_trackContract","params":["0x5fbdb2315678afecb367f032d93f642f64180aa3",7]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (artifact): expected an artifact (an object) or a contract's name, got 7"}}
