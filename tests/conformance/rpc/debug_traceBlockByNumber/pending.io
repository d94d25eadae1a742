// chain: paused
// what waits, as it would run
>> {"jsonrpc":"2.0","id":1,"method":"debug_traceBlockByNumber","params":["pending",{"tracer":"callTracer"}]}
<< {"jsonrpc":"2.0","id":1,"result":[{"txHash":"0x3803459af79cb3fdd3f198afbe0061c2d4f2898f98df8d9434ee26ff524af4b1","result":{"from":"0x90f79bf6eb2c4f870365e785982e1f101e93b906","gas":"0x1e8480","gasUsed":"0xcf0e","to":"0x261d8c5e9742e6f7f1076fa1f560894524e19cad","input":"0x00","value":"0x0","type":"CREATE"}},{"txHash":"0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c","result":{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","gas":"0x1e8480","gasUsed":"0x5208","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","input":"0x","value":"0x1","type":"CALL"}}]}
