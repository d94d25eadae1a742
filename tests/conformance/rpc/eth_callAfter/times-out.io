// nobody sends it
>> {"jsonrpc":"2.0","id":1,"method":"eth_callAfter","params":[{"to":"0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9","data":"0x3fa4f245"},{"account":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x9","timeout":1}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"Timeout: timeout waiting for nonce condition"}}
