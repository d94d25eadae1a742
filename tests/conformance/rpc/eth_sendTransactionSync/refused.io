// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransactionSync","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// a nonce that is used
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x0","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266)"}}
// no transaction
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransactionSync","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
// a timeout that is none
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"},"soon"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 1 (timeout_ms): expected a quantity (0x hex or number, below 2**64), got \"soon\""}}
// too many
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"},1,1]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
