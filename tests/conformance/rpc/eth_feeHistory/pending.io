// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x2","pending",[50]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0xc","baseFeePerGas":["0xc28a08d","0xaa549ad","0x9524ebc"],"gasUsedRatio":[0.0022348,0.0024668666666666666],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0],"reward":[["0x77359400"],["0x11f60a853"]]}}
