// not over a connection that ends with the answer
>> {"jsonrpc":"2.0","id":1,"method":"eth_unsubscribe","params":["0x11111111111111111111111111111111"]}
// no id
>> {"jsonrpc":"2.0","id":2,"method":"eth_unsubscribe","params":[]}
