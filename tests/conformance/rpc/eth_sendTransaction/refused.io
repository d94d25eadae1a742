// somebody else's
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// a nonce that is used
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x0","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266)"}}
// another chain
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x1","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid chain id for signer: have 1, want 31337; sign for chain id 31337 or switch the wallet's network"}}
// more than there is
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0xffffffffffffffffffffffffffffff","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"insufficient funds for gas * price + value: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 have 9998998043116428336628 want 1329227995784915872903912060280344575"}}
// too little gas
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5207","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"intrinsic gas too low: gas 20999, minimum needed 21000"}}
// more gas than a block has
>> {"jsonrpc":"2.0","id":6,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x1c9c381","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"intrinsic gas too high: exceeds block gas limit: the transaction asks for 30000001 gas, a block holds 30000000"}}
// a fee below the base fee
>> {"jsonrpc":"2.0","id":7,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x1","maxPriorityFeePerGas":"0x1"}]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32003,"message":"max fee per gas less than block base fee: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266, maxFeePerGas: 1, baseFee: 178604461"}}
// a tip above the fee
>> {"jsonrpc":"2.0","id":8,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x77359401"}]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32003,"message":"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas 2000000001, maxFeePerGas 2000000000"}}
// both kinds of fees
>> {"jsonrpc":"2.0","id":9,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","gasPrice":"0x1"}]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"invalid argument 0 (request): both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified: send one kind"}}
// not an object
>> {"jsonrpc":"2.0","id":10,"method":"eth_sendTransaction","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32602,"message":"invalid argument 0 (request): expected an object, got \"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\""}}
// no transaction
>> {"jsonrpc":"2.0","id":11,"method":"eth_sendTransaction","params":[]}
<< {"jsonrpc":"2.0","id":11,"error":{"code":-32602,"message":"missing value for required argument 0 (request)"}}
// too many
>> {"jsonrpc":"2.0","id":12,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"},1]}
<< {"jsonrpc":"2.0","id":12,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
