>> {"jsonrpc":"2.0","id":1,"method":"anvil_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":true}
// by Hardhat's name
>> {"jsonrpc":"2.0","id":2,"method":"hardhat_getAutomine","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":true}
