// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"l1Block":{"hash":"0x93cc127f6b5c0bfa8bc50a9cb3d3d00f8ce05193ac7ee3919e63914b684044c1","number":0},"safeHead":{"hash":"0xf97bb9d4f022a3ec7fffa799a66f79d76ee693ffaae21d353bb53ec68d1a645a","number":0}}}
