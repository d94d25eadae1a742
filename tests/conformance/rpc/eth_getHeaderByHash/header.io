>> {"jsonrpc":"2.0","id":1,"method":"eth_getHeaderByHash","params":["0xa46be9b9b6f4b5f4f99454ea1e599e145bcfa32ee0717e993c57d4d771e2462b"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getHeaderByHash","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
