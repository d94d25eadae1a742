// slot 0 of the storage contract, now and before it was written
>> {"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},"latest"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
>> {"jsonrpc":"2.0","id":2,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},"0x6"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0000000000000000000000000000000000000000000000000000000000000000"}
// the block may be left out, and the input have its newer name
>> {"jsonrpc":"2.0","id":3,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","input":"0x3fa4f245"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// by EIP-1898 object
>> {"jsonrpc":"2.0","id":4,"method":"eth_call","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","input":"0x3fa4f245"},{"blockHash":"{block:7}"}]}
<< {"jsonrpc":"2.0","id":4,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// an account without code returns nothing
>> {"jsonrpc":"2.0","id":5,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"},"latest"]}
<< {"jsonrpc":"2.0","id":5,"result":"0x"}
// a creation returns its code
>> {"jsonrpc":"2.0","id":6,"method":"eth_call","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","data":"0x602a5f5260205ff3"},"latest"]}
<< {"jsonrpc":"2.0","id":6,"result":"0x000000000000000000000000000000000000000000000000000000000000002a"}
// C runs the code that it delegated to
>> {"jsonrpc":"2.0","id":7,"method":"eth_call","params":[{"to":"0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","data":"0x42739be00000000000000000000000000000000000000000000000000000000000000001"},"latest"]}
<< {"jsonrpc":"2.0","id":7,"result":"0x"}
