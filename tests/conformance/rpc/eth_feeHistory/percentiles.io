// block 12 holds three tips
>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x1","latest",[0,50,100]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0xc","baseFeePerGas":["0xc28a08d","0xaa549ad"],"gasUsedRatio":[0.0022348],"baseFeePerBlobGas":["0x1","0x1"],"blobGasUsedRatio":[0.0],"reward":[["0x3b9aca00","0x77359400","0xb2d05e00"]]}}
// a block that holds nothing pays nothing
>> {"jsonrpc":"2.0","id":2,"method":"eth_feeHistory","params":["0x1","0x0",[25,75]]}
<< {"jsonrpc":"2.0","id":2,"result":{"oldestBlock":"0x0","baseFeePerGas":["0x3b9aca00","0x342770c0"],"gasUsedRatio":[0.0],"baseFeePerBlobGas":["0x1","0x1"],"blobGasUsedRatio":[0.0],"reward":[["0x0","0x0"]]}}
