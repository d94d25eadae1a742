// the node was not told to watch a project
>> {"jsonrpc":"2.0","id":1,"method":"megadev_reloadApply","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method does not exist/is not available: start the node with --watch"}}
// what it does not take
>> {"jsonrpc":"2.0","id":2,"method":"megadev_reloadApply","params":["yes"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (force): expected a boolean, got \"yes\""}}
