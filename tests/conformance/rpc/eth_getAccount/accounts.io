>> {"jsonrpc":"2.0","id":1,"method":"eth_getAccount","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":{"nonce":"0x1","balance":"0x0","storageRoot":"0x592c74dd6dc1f8b510e7f42a29a502222b4ea3c5f6834be4c620bd60067e1cf5","codeHash":"0xc780128349969145aec2cfb0e2b553769e8dfc7964d976c3b9697e1e375601b6"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getAccount","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":{"nonce":"0x8","balance":"0x21e0bf91f4094b41df4","storageRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","codeHash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"}}
// nobody is an empty account
>> {"jsonrpc":"2.0","id":3,"method":"eth_getAccount","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":3,"result":{"nonce":"0x0","balance":"0x0","storageRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","codeHash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"}}
// before it existed
>> {"jsonrpc":"2.0","id":4,"method":"eth_getAccount","params":["0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","0x5"]}
<< {"jsonrpc":"2.0","id":4,"result":{"nonce":"0x0","balance":"0x0","storageRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","codeHash":"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"}}
