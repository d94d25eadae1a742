>> {"jsonrpc":"2.0","id":1,"method":"anvil_setChainId","params":[1234]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_chainId","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x4d2"}
>> {"jsonrpc":"2.0","id":3,"method":"net_version","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":"1234"}
// what was signed for the old one is refused
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendRawTransaction","params":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid chain id for signer: have 31337, want 1234; sign for chain id 1234 or switch the wallet's network"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":5,"result":{"type":"0x2","status":"0x1","cumulativeGasUsed":"0x5208","logs":[],"logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","transactionHash":"0x822f18079448264797832312b963c2a34351af592e4db704fa4da089304b185b","transactionIndex":"0x0","blockHash":"0x2a256616395e93d7bdae80042157b7085c4fbee07f04d6e997a3f05b959f6a5a","blockNumber":"0xd","gasUsed":"0x5208","effectiveGasPrice":"0x464013ad","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","contractAddress":null,"blockTimestamp":"0x6553f10d"}}
