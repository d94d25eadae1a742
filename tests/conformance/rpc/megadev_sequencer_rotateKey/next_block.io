// the next block is signed by the new key, which is known by its address only
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_rotateKey","params":[{"key":"0x1212121212121212121212121212121212121212121212121212121212121212"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"signer":"0x1c5a77d9fa7ef466951b2f01f724bca3a5820b63","fromBlock":"0xd"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencerAt","params":["0xc"]}
<< {"jsonrpc":"2.0","id":2,"result":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b"}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_sequencerAt","params":["0xd"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x1c5a77d9fa7ef466951b2f01f724bca3a5820b63"}
// one that is drawn, from a later block on
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_rotateKey","params":[{"block":"0x20"}]}
<< {"jsonrpc":"2.0","id":4,"result":{"signer":"0x063e67c13622b6d2e07c1ce175d66bf35f5ad595","fromBlock":"0x20"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_status","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"condition":"running","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x1c5a77d9fa7ef466951b2f01f724bca3a5820b63","nextSigner":{"signer":"0x063e67c13622b6d2e07c1ce175d66bf35f5ad595","fromBlock":"0x20"},"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
