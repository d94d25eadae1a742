// chain: bridged
// a claim that covers it was made by itself
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","to":"0x4200000000000000000000000000000000000016","value":"0x5","gas":"0x186a0","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x38ed717816c116b1f8e2001adff5b54555513d39ce33b79ae747cd2c1e7e47aa"}
>> {"jsonrpc":"2.0","id":2,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0"}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getBridgeStatus","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":{"deposits":[],"withdrawals":[{"status":"ready-to-prove","withdrawalHash":"0x9aef1a00288ad6181033f7b77e2e0f9ad2537539536436e884c13b0724d3efbf","nonce":"0x1000000000000000000000000000000000000000000000000000000000000","sender":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","target":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x5","gasLimit":"0x186a0","data":"0x","l2TransactionHash":"0x38ed717816c116b1f8e2001adff5b54555513d39ce33b79ae747cd2c1e7e47aa","l2BlockNumber":"0xd","game":"0x8b28c0baf572cf1ff134fda5cc2fa141d1cfbcf8","age":"0x0","readyIn":null,"next":"prove it on L1: `megadev prove HASH`"}]}}
