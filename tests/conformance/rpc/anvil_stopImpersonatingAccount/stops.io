>> {"jsonrpc":"2.0","id":1,"method":"anvil_setBalance","params":["0x2222222222222222222222222222222222222222","0xde0b6b3a7640000"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"anvil_impersonateAccount","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_stopImpersonatingAccount","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendTransaction","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"unknown account 0x2222222222222222222222222222222222222222: this node has no key for it; use a dev account, anvil_impersonateAccount, or send a signed transaction"}}
// one that was not impersonated, by Hardhat's name
>> {"jsonrpc":"2.0","id":5,"method":"hardhat_stopImpersonatingAccount","params":["0x2222222222222222222222222222222222222222"]}
<< {"jsonrpc":"2.0","id":5,"result":false}
