// chain: bridged
// half of the bond goes to who shows it
>> {"jsonrpc":"2.0","id":1,"method":"megadev_sequencer_submitEvidence","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"slasher":"0x6d65676164657600000000000000000000051a5e","evidence":[],"sequencers":[{"signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","bond":"0x56bc75e2d63100000","isSlashed":false}]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_sequencer_equivocate","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"condition":"running","blockNumber":"0xc","unsealed":"0x0","waiting":"0x0","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","nextSigner":null,"faults":{"reorder":false,"withhold":null,"censor":[],"equivocate":true},"latency":{"answer":null,"stream":null,"seed":"0x0","delayedAnswers":"0x0","delayedNotices":"0x0"},"brokenPromises":"0x0","equivocations":"0x0"}}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x1111111111111111111111111111111111111111","value":"0x1","gas":"0x5208","maxFeePerGas":"0x77359400","maxPriorityFeePerGas":"0x1"}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x3085e2d860fcaca0d73e4db473be592a30b99a0302eb2443d21b0fc47f145716"}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_sequencer_submitEvidence","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8"}]}
<< {"jsonrpc":"2.0","id":4,"result":{"slasher":"0x6d65676164657600000000000000000000051a5e","evidence":[{"kind":"equivocation","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","miniBlockNumber":"0xc","status":"slashed","taken":"0x56bc75e2d63100000","next":"nothing: half of the bond went to who showed it"}],"sequencers":[{"signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","bond":"0x0","isSlashed":true}]}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_sequencer_submitEvidence","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"slasher":"0x6d65676164657600000000000000000000051a5e","evidence":[{"kind":"equivocation","signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","miniBlockNumber":"0xc","status":"nothing left","next":"nothing: there is no bond left to take"}],"sequencers":[{"signer":"0x0a3a4727a5871462e5bf2d2bc2407cb19e1cb46b","bond":"0x0","isSlashed":true}]}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_sequencer_submitEvidence","params":[{"from":"nobody"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 0 (options).from: expected a 20-byte address (0x and 40 hex digits), got \"nobody\""}}
>> {"jsonrpc":"2.0","id":7,"method":"megadev_sequencer_submitEvidence","params":[{"skipWindow":1}]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 0 (options).skipWindow: expected a boolean, got 1"}}
