// chain: paused
// one that waits
>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByHash","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"}
>> {"jsonrpc":"2.0","id":2,"method":"trace_rawTransaction","params":["{answer:1}",["trace","stateDiff"]]}
<< {"jsonrpc":"2.0","id":2,"result":{"output":"0x","trace":[{"type":"call","action":{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","gas":"0x1e3278","value":"0x1","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","input":"0x","callType":"call"},"result":{"gasUsed":"0x0","output":"0x"},"subtraces":0,"traceAddress":[]}],"stateDiff":{"0x0000000000000000000000000000000000000000":{"balance":{"*":{"from":"0x66969fb280aba","to":"0x67c836cb25aba"}},"nonce":"=","code":"=","storage":{}},"0x70997970c51812dc3a010c7d01b50e0d17dc79c8":{"balance":{"*":{"from":"0x21e0bfe992e2e5fb712","to":"0x21e0bfe992e2e5fb713"}},"nonce":"=","code":"=","storage":{}},"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266":{"balance":{"*":{"from":"0x21e0bf91f4094b41df4","to":"0x21e0bf90841be779f8b"}},"nonce":{"*":{"from":"0x8","to":"0x9"}},"code":"=","storage":{}}},"vmTrace":null}}
// one whose turn has not come
>> {"jsonrpc":"2.0","id":3,"method":"eth_getRawTransactionByHash","params":["{waiting:2}"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x02f86e827a6905843b9aca0085012a05f200831e848094f39fd6e51aad88f6f4ce6ab8827279cfffb922660780c001a067708864ee6690cf697e6cdb17622678b32c078268729e6e482a2cea2908ab70a05d70f8b201a99578f697396c795ea75cd9582c42c019c2b0ae895b8181a6d4c2"}
>> {"jsonrpc":"2.0","id":4,"method":"trace_rawTransaction","params":["{answer:3}",["trace"]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32003,"message":"nonce too high: next nonce 0, tx nonce 5 (address 0x15d34aaf54267db7d7c367839aaf71a00a2c6a65)"}}
// no transaction
>> {"jsonrpc":"2.0","id":5,"method":"trace_rawTransaction","params":["0x1234",["trace"]]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"transaction type not supported: transaction type not valid here: 0x12; this chain takes 0x0, 0x1, 0x2, 0x3, 0x4"}}
// it was not sent
>> {"jsonrpc":"2.0","id":6,"method":"eth_getTransactionByHash","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":6,"result":{"type":"0x2","hash":"0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c","nonce":"0x8","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x1e8480","gasPrice":"0x12a05f200","input":"0x","v":"0x0","r":"0x37faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbf","s":"0x16a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f","chainId":"0x7a69","yParity":"0x0","accessList":[],"maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00","blockHash":null,"blockNumber":null,"transactionIndex":null}}
