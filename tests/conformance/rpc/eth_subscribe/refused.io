// not over a connection that ends with the answer
>> {"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}
// no kind
>> {"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":[]}
