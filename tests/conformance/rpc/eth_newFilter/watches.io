// what comes later
>> {"jsonrpc":"2.0","id":1,"method":"eth_newFilter","params":[{"address":"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","topics":["0xce34f015a0e20f2b0daf980b28ed50729e87b993e4d30cca4c3f4da05acbd0ac","0x0000000000000000000000000000000000000000000000000000000000000001"]}]}
>> {"jsonrpc":"2.0","id":2,"method":"eth_getFilterChanges","params":["{answer:1}"]}
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendTransactionSync","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","data":"0x42739be00000000000000000000000000000000000000000000000000000000000000002","gas":"0x30d40","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
>> {"jsonrpc":"2.0","id":4,"method":"eth_getFilterChanges","params":["{answer:1}"]}
// a filter's first poll brings history too, where it has a first block
>> {"jsonrpc":"2.0","id":5,"method":"eth_newFilter","params":[{"fromBlock":"0x5","toBlock":"0x5","topics":["0xce34f015a0e20f2b0daf980b28ed50729e87b993e4d30cca4c3f4da05acbd0ac"]}]}
>> {"jsonrpc":"2.0","id":6,"method":"eth_getFilterChanges","params":["{answer:5}"]}
// no criteria at all
>> {"jsonrpc":"2.0","id":7,"method":"eth_newFilter","params":[]}
>> {"jsonrpc":"2.0","id":8,"method":"eth_getFilterChanges","params":["{answer:7}"]}
