>> {"jsonrpc":"2.0","id":1,"method":"eth_getStorageValues","params":[{"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9":["0x0","0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"],"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512":["0x0000000000000000000000000000000000000000000000000000000000000001"]},"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":{"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9":["0x000000000000000000000000000000000000000000000000000000000000002a","0x0000000000000000000000000000000000000000000000000000000000000001"],"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512":["0x0000000000000000000000000000000000000000000000000000000000000000"]}}
// nothing asked
>> {"jsonrpc":"2.0","id":2,"method":"eth_getStorageValues","params":[{}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"empty request: name at least one account and its slots"}}
