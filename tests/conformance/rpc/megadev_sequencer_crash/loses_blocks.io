// not with Anvil: nothing goes wrong there on request
// the last block is lost, and what was promised in it
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_crash","params":[{"survive":false,"blocks":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"result":{"condition":"crashed","blockNumber":"0xb","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x3","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0xb"}
>> {"jsonrpc":"2.0","id":3,"method":"eth_getTransactionReceipt","params":["{tx:12:0}"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_getPreconfirmation","params":["{tx:12:0}"]}
<< {"jsonrpc":"2.0","id":4,"result":{"chainId":"0x7a69","blockNumber":"0xc","miniBlockNumber":"0xb","transactionIndex":"0x0","transactionHash":"0x4759126607407c26befadd493250a0762ee9968f15a6f28c65aee89f886aee0e","receiptHash":"0xed6240ae278b0a09e832798359fec68f422472f5e86363a29acdd73d2b61c719","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","signature":"0xc69535e4c70b97e86b803b5fd2a5c0a04ea8c48bb98e81a876584ef088dd41284d829e1cf0d689b47cf2795de76e943914f56ea8950114265cdc5e5db75a3a761c","l1Origin":null,"status":"broken","reason":"the sequencer crashed and has lost it","actual":null}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_restart","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"condition":"running","blockNumber":"0xb","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":false},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x3","equivocations":"0x0"}}
