// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"txpool_contentFrom","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
<< {"jsonrpc":"2.0","id":1,"result":{"pending":{"8":{"type":"0x2","hash":"0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c","nonce":"0x8","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x1e8480","gasPrice":"0x12a05f200","input":"0x","v":"0x0","r":"0x37faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbf","s":"0x16a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f","chainId":"0x7a69","yParity":"0x0","accessList":[],"maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","blockHash":null,"blockNumber":null,"transactionIndex":null}},"queued":{}}}
// queued
>> {"jsonrpc":"2.0","id":2,"method":"txpool_contentFrom","params":["0x15d34aaf54267db7d7c367839aaf71a00a2c6a65"]}
<< {"jsonrpc":"2.0","id":2,"result":{"pending":{},"queued":{"5":{"type":"0x2","hash":"0xab43713ab7299ee02022b607649514f20ed5d556cae4a0d6b14a21374005707c","nonce":"0x5","from":"0x15d34aaf54267db7d7c367839aaf71a00a2c6a65","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","value":"0x7","gas":"0x1e8480","gasPrice":"0x12a05f200","input":"0x","v":"0x1","r":"0x67708864ee6690cf697e6cdb17622678b32c078268729e6e482a2cea2908ab70","s":"0x5d70f8b201a99578f697396c795ea75cd9582c42c019c2b0ae895b8181a6d4c2","chainId":"0x7a69","yParity":"0x1","accessList":[],"maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","blockHash":null,"blockNumber":null,"transactionIndex":null}}}}
// nothing
>> {"jsonrpc":"2.0","id":3,"method":"txpool_contentFrom","params":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8"]}
<< {"jsonrpc":"2.0","id":3,"result":{"pending":{},"queued":{}}}
