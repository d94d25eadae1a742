// no condition
>> {"jsonrpc":"2.0","id":1,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 1 (condition)"}}
// no account
>> {"jsonrpc":"2.0","id":2,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"nonce":"0x1"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 1 (condition): missing field account"}}
// too long
>> {"jsonrpc":"2.0","id":3,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x9","timeout":60001}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"timeout 60001 ms is too long: at most 60000"}}
