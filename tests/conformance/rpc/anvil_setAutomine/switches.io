>> {"jsonrpc":"2.0","id":1,"method":"anvil_setAutomine","params":[false]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"anvil_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":false}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x4d3c43d3b62d25e844075ffb040673ae5a5161b32a7e1998284eb485c04a7046"}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getTransactionReceipt","params":["{answer:3}"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
// what waits is mined when it is on again
>> {"jsonrpc":"2.0","id":5,"method":"evm_setAutomine","params":[true]}
<< {"jsonrpc":"2.0","id":5,"result":null}
>> {"jsonrpc":"2.0","id":6,"method":"anvil_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":true}
>> {"jsonrpc":"2.0","id":7,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":7,"result":"0xd"}
