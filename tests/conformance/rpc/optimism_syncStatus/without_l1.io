// there is no rollup without an L1
>> {"jsonrpc":"2.0","id":1,"method":"optimism_syncStatus","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"the method does not exist/is not available: this node has no L1; start it without --no-l1"}}
