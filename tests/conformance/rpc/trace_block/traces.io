// three transactions
>> {"jsonrpc":"2.0","id":1,"method":"trace_block","params":["{block:12}"]}
<< {"jsonrpc":"2.0","id":1,"result":[{"type":"call","action":{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","gas":"0x1e31ac","value":"0x0","to":"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","input":"0x42739be00000000000000000000000000000000000000000000000000000000000000001","callType":"call"},"result":{"gasUsed":"0x71a","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","blockNumber":12,"transactionHash":"0x4759126607407c26befadd493250a0762ee9968f15a6f28c65aee89f886aee0e","transactionPosition":0},{"type":"call","action":{"from":"0x90f79bf6eb2c4f870365e785982e1f101e93b906","gas":"0x1e3278","value":"0x1","to":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","input":"0x","callType":"call"},"result":{"gasUsed":"0x0","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","blockNumber":12,"transactionHash":"0x1df4d8bb4a15191fc1ce58eafd28cbc4a8b72ea44a51e7f68caa20cbb5d1d3e7","transactionPosition":1},{"type":"call","action":{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","gas":"0x1e31ac","value":"0x0","to":"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","input":"0x42739be00000000000000000000000000000000000000000000000000000000000000001","callType":"call"},"result":{"gasUsed":"0x71a","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0x72328b42d9e9d21ef7b8be9dd6c66a951f517628b03518c11c4e6347e3df76e6","blockNumber":12,"transactionHash":"0x0cb52f4ec69900a5285330557b9d2904c4bddeb0649dede118887a336b29b49e","transactionPosition":2}]}
// by number
>> {"jsonrpc":"2.0","id":2,"method":"trace_block","params":["0x2"]}
<< {"jsonrpc":"2.0","id":2,"result":[{"type":"call","action":{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","gas":"0x1e3278","value":"0x1bc16d674ec80000","to":"0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","input":"0x","callType":"call"},"result":{"gasUsed":"0x0","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0x01b604b940450f83e37541ef6940704743205ab6b7b2c78aa32687329f7645e4","blockNumber":2,"transactionHash":"0x672deb1b7a6f69b84a2ab554618ba6a5e915c2071b7cec33613fec7c9f573c76","transactionPosition":0}]}
// nothing ran in the first block
>> {"jsonrpc":"2.0","id":3,"method":"trace_block","params":["earliest"]}
<< {"jsonrpc":"2.0","id":3,"result":[]}
// no such block
>> {"jsonrpc":"2.0","id":4,"method":"trace_block","params":["0x99"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
>> {"jsonrpc":"2.0","id":5,"method":"trace_block","params":["0x1111111111111111111111111111111111111111111111111111111111111111"]}
<< {"jsonrpc":"2.0","id":5,"result":null}
>> {"jsonrpc":"2.0","id":6,"method":"trace_block","params":["newest"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 0 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
