// chain: forked
// not with Anvil: it would have to fork this node
// what is forked
>> {"jsonrpc":"2.0","id":1,"method":"anvil_nodeInfo","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"currentBlockNumber":"0xa","currentBlockTimestamp":1700000010,"currentBlockHash":"0xfa593083ba3e11cdbba158d726ec014fcd12842d5ee0d09f048adaa1e3e8585e","hardFork":"Osaka","transactionOrder":"fees","environment":{"baseFee":"0xde3fcb1","chainId":31337,"gasLimit":"0x1c9c380","gasPrice":"0x497ec6b1"},"forkConfig":{"forkUrl":"{upstream}","forkBlockNumber":10,"forkRetryBackoff":1000}}}
