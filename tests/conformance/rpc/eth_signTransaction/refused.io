// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"eth_signTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// another chain
>> {"jsonrpc":"2.0","id":2,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x1","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid chain id for signer: have 1, want 31337; sign for chain id 31337 or switch the wallet's network"}}
// both kinds of fees
>> {"jsonrpc":"2.0","id":3,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","gasPrice":"0x1"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (request): both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified: send one kind"}}
// no transaction
>> {"jsonrpc":"2.0","id":4,"method":"eth_signTransaction","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"},1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
