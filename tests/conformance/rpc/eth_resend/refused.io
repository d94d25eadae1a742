// chain: paused
// no nonce
>> {"jsonrpc":"2.0","id":1,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing transaction nonce in transaction spec: it identifies the transaction to resend"}}
// nothing waits with that nonce
>> {"jsonrpc":"2.0","id":2,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x9"},"0x2540be400"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"transaction not found: no pending transaction of 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 with nonce 9 matches"}}
// it is another transaction
>> {"jsonrpc":"2.0","id":3,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x8","value":"0x2"},"0x2540be400"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"transaction not found: no pending transaction of 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 with nonce 8 matches"}}
// not a tenth more
>> {"jsonrpc":"2.0","id":4,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x8"},"0x12a05f201"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"replacement transaction underpriced: maxFeePerGas 5000000001, at least 5500000000 needed to replace 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c"}}
// as it was
>> {"jsonrpc":"2.0","id":5,"method":"eth_resend","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","nonce":"0x8"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"already known: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c waits in the txpool"}}
// no arguments
>> {"jsonrpc":"2.0","id":6,"method":"eth_resend","params":[]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
