// chain: forked
// not with Anvil: it would have to fork this node
// what is forked
>> {"jsonrpc":"2.0","id":1,"method":"anvil_nodeInfo","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"currentBlockNumber":"0xa","currentBlockTimestamp":1700000010,"currentBlockHash":"0xf5ac67013e188baa4e3af8b9079b1106e886c824513be5494945a8eeb3d54d10","hardFork":"Osaka","transactionOrder":"fees","environment":{"baseFee":"0xde3fcb1","chainId":31337,"gasLimit":"0x1c9c380","gasPrice":"0x497ec6b1"},"forkConfig":{"forkUrl":"{upstream}","forkBlockNumber":10,"forkRetryBackoff":1000}}}
