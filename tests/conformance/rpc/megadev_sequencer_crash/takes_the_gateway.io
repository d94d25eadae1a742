// only what steers the devnet gets through
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[{"reads":false}]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"crashed","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_chainId","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0x7a69"}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0x1"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_restart","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":{"condition":"running","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":5,"method":"eth_chainId","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":"0x7a69"}
