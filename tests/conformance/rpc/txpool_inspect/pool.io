// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"txpool_inspect","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"pending":{"0x90f79bf6eb2c4f870365e785982e1f101e93b906":{"1":"contract creation: 0 wei + 2000000 gas × 5000000000 wei"},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"8":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8: 1 wei + 2000000 gas × 5000000000 wei"}},"queued":{"0x15d34aaf54267db7d7c367839aaf71a00a2c6a65":{"5":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266: 7 wei + 2000000 gas × 5000000000 wei"}}}}
