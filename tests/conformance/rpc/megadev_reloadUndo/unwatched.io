// the node was not told to watch a project
>> {"jsonrpc":"2.0","id":1,"method":"megadev_reloadUndo","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method does not exist/is not available: start the node with --watch"}}
