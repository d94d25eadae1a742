// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"l1Block":{"hash":"0x4e09958d8b09097d19bb5e2d0e4f86d3b2091698bff69a6cf3e1be0c4d096ecd","number":0},"safeHead":{"hash":"0xf97bb9d4f022a3ec7fffa799a66f79d76ee693ffaae21d353bb53ec68d1a645a","number":0}}}
