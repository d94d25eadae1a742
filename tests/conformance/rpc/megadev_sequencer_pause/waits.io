// not with Anvil: nothing goes wrong there on request
// a transaction is admitted and waits; no block is built
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_pause","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"paused","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208"}]}
<< {"jsonrpc":"2.0","id":2,"result":"0xc2d42c4cfed1868e1388f29b29cc3f5cb34e3614a3e3f036586e7ec53475de82"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionReceipt","params":["{answer:2}"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"evm_mine","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"the sequencer is paused: nothing is executed or sealed until megadev_sequencer_resume is called"}}
// and goes on
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_resume","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"condition":"running","blockNumber":"0xd","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getTransactionReceipt","params":["{answer:2}"]}
<< {"jsonrpc":"2.0","id":6,"result":{"type":"0x2","status":"0x1","cumulativeGasUsed":"0x5208","logs":[],"logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","transactionHash":"0xc2d42c4cfed1868e1388f29b29cc3f5cb34e3614a3e3f036586e7ec53475de82","transactionIndex":"0x0","blockHash":"0xae6abb34fb64efedcb23cf2ec2960245d55696050ed630a8175ddeb227fd2922","blockNumber":"0xd","gasUsed":"0x5208","effectiveGasPrice":"0x464013ad","from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","contractAddress":null}}
