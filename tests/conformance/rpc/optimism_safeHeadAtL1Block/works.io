// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"l1Block":{"hash":"0x3cf6b678cf0df0367448a005dbcfd52e9bdd20bc0b4fea807179594718e5b324","number":0},"safeHead":{"hash":"0xf97bb9d4f022a3ec7fffa799a66f79d76ee693ffaae21d353bb53ec68d1a645a","number":0}}}
