// after a crash it is a restart that is needed
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"crashed","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_resume","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"the sequencer has crashed: restart it with megadev_sequencer_restart"}}
