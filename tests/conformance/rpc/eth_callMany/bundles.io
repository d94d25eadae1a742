// each call sees what those before it did, in the next bundle too
>> {"jsonrpc":"2.0","id":1,"method":"eth_callMany","params":[[{"transactions":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x552410770000000000000000000000000000000000000000000000000000000000000009"},{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"}]},{"transactions":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"to":"0x0165878a594ca255338adfa4d48449f69242eb8f","data":"0x75f19a5d"}]}]]}
<< {"jsonrpc":"2.0","id":1,"result":[[{"value":"0x"},{"value":"0x0000000000000000000000000000000000000000000000000000000000000009"}],[{"value":"0x0000000000000000000000000000000000000000000000000000000000000009"},{"error":"execution reverted: out of luck"}]]}
// none of it happened
>> {"jsonrpc":"2.0","id":2,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},"latest"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// in the middle of block 12: before and after its transfer of 1 wei to A (BALANCE)
>> {"jsonrpc":"2.0","id":3,"method":"eth_callMany","params":[[{"transactions":[{"to":"0x2222222222222222222222222222222222222222","data":"0x"}]}],{"blockNumber":"0xc","transactionIndex":1},{"0x2222222222222222222222222222222222222222":{"code":"0x73f39fd6e51aad88f6f4ce6ab8827279cfffb92266315f5260205ff3"}}]}
<< {"jsonrpc":"2.0","id":3,"result":[[{"value":"0x00000000000000000000000000000000000000000000021e0bf91f4094b41df3"}]]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_callMany","params":[[{"transactions":[{"to":"0x2222222222222222222222222222222222222222","data":"0x"}]}],{"blockNumber":"0xc","transactionIndex":2},{"0x2222222222222222222222222222222222222222":{"code":"0x73f39fd6e51aad88f6f4ce6ab8827279cfffb92266315f5260205ff3"}}]}
<< {"jsonrpc":"2.0","id":4,"result":[[{"value":"0x00000000000000000000000000000000000000000000021e0bf91f4094b41df4"}]]}
// a block that is pretended
>> {"jsonrpc":"2.0","id":5,"method":"eth_callMany","params":[[{"transactions":[{"to":"0x2222222222222222222222222222222222222222","data":"0x"}],"blockOverride":{"number":"0x1234"}}],{"blockNumber":"latest","transactionIndex":-1},{"0x2222222222222222222222222222222222222222":{"code":"0x435f5260205ff3"}}]}
<< {"jsonrpc":"2.0","id":5,"result":[[{"value":"0x0000000000000000000000000000000000000000000000000000000000001234"}]]}
