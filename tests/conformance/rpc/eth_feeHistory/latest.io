>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x2","latest",[]]}
<< {"jsonrpc":"2.0","id":1,"result":{"oldestBlock":"0xb","baseFeePerGas":["0xde3fcb1","0xc28a08d","0xaa549ad"],"gasUsedRatio":[0.0012806,0.0022348],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0]}}
// numbers may be JSON numbers
>> {"jsonrpc":"2.0","id":2,"method":"eth_feeHistory","params":[2,"latest"]}
<< {"jsonrpc":"2.0","id":2,"result":{"oldestBlock":"0xb","baseFeePerGas":["0xde3fcb1","0xc28a08d","0xaa549ad"],"gasUsedRatio":[0.0012806,0.0022348],"baseFeePerBlobGas":["0x1","0x1","0x1"],"blobGasUsedRatio":[0.0,0.0]}}
