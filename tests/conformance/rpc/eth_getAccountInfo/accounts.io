>> {"jsonrpc":"2.0","id":1,"method":"eth_getAccountInfo","params":["0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","latest"]}
<< {"jsonrpc":"2.0","id":1,"result":{"balance":"0x21e35a2372201080000","nonce":"0x1","code":"0xef0100e7f1725e7734ce288f8367e1bb143e90bb3f0512"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getAccountInfo","params":["0x2222222222222222222222222222222222222222","latest"]}
<< {"jsonrpc":"2.0","id":2,"result":{"balance":"0x0","nonce":"0x0","code":"0x"}}
