>> {"jsonrpc":"2.0","id":1,"method":"anvil_setCoinbase","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_coinbase","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x4d3c43d3b62d25e844075ffb040673ae5a5161b32a7e1998284eb485c04a7046"}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBalance","params":["0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc","latest"]}
<< {"jsonrpc":"2.0","id":4,"result":"0x21e19e0dcd423ca5000"}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":5,"method":"hardhat_setCoinbase","params":["0x15d34aaf54267db7d7c367839aaf71a00a2c6a65"]}
<< {"jsonrpc":"2.0","id":5,"result":true}
>> {"jsonrpc":"2.0","id":6,"method":"eth_coinbase","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":"0x15d34aaf54267db7d7c367839aaf71a00a2c6a65"}
