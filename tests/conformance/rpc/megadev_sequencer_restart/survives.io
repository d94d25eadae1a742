// the txpool of a paused chain survives
// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"crashed","blockNumber":"0xc","unsealed":"0x0","waiting":"0x3","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"pending":"0x2","queued":"0x1"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencer_restart","params":[]}
<< {"jsonrpc":"2.0","id":3,"result":{"condition":"running","blockNumber":"0xc","unsealed":"0x0","waiting":"0x3","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":4,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":{"pending":"0x2","queued":"0x1"}}
