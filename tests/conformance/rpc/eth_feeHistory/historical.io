// the last base fee is that of the block after
>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x2","0x5",[]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0x4","baseFeePerGas":["0x2305f3fd","0x1ea784da","0x1ad49794"],"gasUsedRatio":[0.0010305666666666667,0.0010260666666666667],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0]}}
