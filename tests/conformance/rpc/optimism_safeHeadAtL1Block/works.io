// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"l1Block":{"hash":"0xe74afea4847a1a8d5f3437982c74cfa3eaef6e5ed98e55a556dabee008f4d211","number":0},"safeHead":{"hash":"0xf97bb9d4f022a3ec7fffa799a66f79d76ee693ffaae21d353bb53ec68d1a645a","number":0}}}
