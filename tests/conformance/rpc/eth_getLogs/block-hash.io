>> {"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"blockHash":"{block:11}"}]}
<< {"jsonrpc":"2.0","id":1,"result":[{"address":"0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","topics":["0xce34f015a0e20f2b0daf980b28ed50729e87b993e4d30cca4c3f4da05acbd0ac","0x0000000000000000000000000000000000000000000000000000000000000000"],"data":"0x0000000000000000000000000000000000000000000000000000000000000000","blockHash":"0x33436e5ed2d2e893ffaf5498a8d6ef485ba56d0b3867a44adb9964bee089398a","blockNumber":"0xb","blockTimestamp":"0x6553f10b","transactionHash":"0x95f70a91030cbe1a93a68acef6f6a8479f23c21c1b46494584533dfa64bf1e0b","transactionIndex":"0x0","logIndex":"0x0","removed":false}]}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getLogs","params":[{"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"unknown block: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
