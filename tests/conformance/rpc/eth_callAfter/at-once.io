// the nonce is there already
>> {"jsonrpc":"2.0","id":1,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x8"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// or was
>> {"jsonrpc":"2.0","id":2,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":3,"timeout":10}]}
<< {"jsonrpc":"2.0","id":2,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// on a state and a block that are pretended
>> {"jsonrpc":"2.0","id":3,"method":"eth_callAfter","params":[{"to":"0x2222222222222222222222222222222222222222"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x1"},{"0x2222222222222222222222222222222222222222":{"code":"0x435f5260205ff3"}},{"number":"0x1234"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x0000000000000000000000000000000000000000000000000000000000001234"}
// a call that fails
>> {"jsonrpc":"2.0","id":4,"method":"eth_callAfter","params":[{"to":"0x0165878a594ca255338adfa4d48449f69242eb8f","data":"0x75f19a5d"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x0"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":3,"message":"execution reverted: out of luck","data":"0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000b6f7574206f66206c75636b000000000000000000000000000000000000000000"}}
