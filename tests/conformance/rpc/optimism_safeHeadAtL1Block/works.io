// chain: megaeth
>> {"jsonrpc":"2.0","id":1,"method":"optimism_safeHeadAtL1Block","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":{"l1Block":{"hash":"0x59bbfdd3146c5963db51c13ab7e82819e74172eb5a483549a4dbc7f02dd2db04","number":0},"safeHead":{"hash":"0xf97bb9d4f022a3ec7fffa799a66f79d76ee693ffaae21d353bb53ec68d1a645a","number":0}}}
