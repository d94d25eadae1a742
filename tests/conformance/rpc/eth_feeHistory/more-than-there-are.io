>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x400","0x1",[]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0x0","baseFeePerGas":["0x3b9aca00","0x342770c0","0x2da4d8cd"],"gasUsedRatio":[0.0,0.0007],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0]}}
// more than the limit of 1024
>> {"jsonrpc":"2.0","id":2,"method":"eth_feeHistory","params":["0xffffffff","0x2",[]]}
<< {"jsonrpc":"2.0","id":2,"result":{"oldestBlock":"0x0","baseFeePerGas":["0x3b9aca00","0x342770c0","0x2da4d8cd","0x27f2492f"],"gasUsedRatio":[0.0,0.0007,0.0007],"baseFeePerBlobGas":["0x1","0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0,0.0]}}
