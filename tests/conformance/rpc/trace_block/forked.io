// chain: forked
// not with Anvil: it would have to fork this node
// from before the forked block, which runs again here
>> {"jsonrpc":"2.0","id":1,"method":"trace_block","params":["0x5"]}
<< {"jsonrpc":"2.0","id":1,"result":[{"type":"call","action":{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","gas":"0x1e1974","value":"0x0","to":"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","input":"0x42739be00000000000000000000000000000000000000000000000000000000000000002","callType":"call"},"result":{"gasUsed":"0xd32","output":"0x"},"subtraces":0,"traceAddress":[],"blockHash":"0xe9ba9d0630c3ddb9087fad12e0030678b820fa0df5a1be99160bf39ac50e5b5b","blockNumber":5,"transactionHash":"0x20b49e6664a0f16a05e097762c9d2b39985c8793a1fbd4de37cece5e4bea9aec","transactionPosition":0}]}
