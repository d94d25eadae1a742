// not with Anvil: nothing goes wrong there on request
// what has crashed cannot pause, nor take anything, and crashes once
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"crashed","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_pause","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"the sequencer has crashed: restart it with megadev_sequencer_restart"}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","gas":"0x5208"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"permanent error forwarding request: the sequencer crashed; restart it with megadev_sequencer_restart"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_crash","params":[]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"the sequencer has already crashed: restart it with megadev_sequencer_restart"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_restart","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"condition":"running","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
