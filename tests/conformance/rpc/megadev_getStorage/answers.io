// an account without storage; slots by name where the layout is known
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStorage","params":["0x00000000000000000000000000000000000000ab"]}
<< {"jsonrpc":"2.0","id":1,"result":{"contract":null,"layoutKnown":false,"total":0,"slots":[]}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_addArtifact","params":[{"contractName":"Kept","abi":[{"type":"fallback","stateMutability":"payable"}],"deployedBytecode":"0x600160025501","storageLayout":{"storage":[{"astId":1,"contract":"Kept.sol:Kept","label":"low","offset":0,"slot":"0","type":"t_uint128"},{"astId":2,"contract":"Kept.sol:Kept","label":"high","offset":16,"slot":"0","type":"t_int128"}],"types":{"t_uint128":{"encoding":"inplace","label":"uint128","numberOfBytes":"16"},"t_int128":{"encoding":"inplace","label":"int128","numberOfBytes":"16"}}}}]}
<< {"jsonrpc":"2.0","id":2,"result":[{"name":"Kept","source":"","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setCode","params":["0x00000000000000000000000000000000000000ac","0x600160025501"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setStorageAt","params":["0x00000000000000000000000000000000000000ac","0x0","0xffffffffffffffffffffffffffffffff00000000000000000000000000000007"]}
<< {"jsonrpc":"2.0","id":4,"result":true}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_getStorage","params":["0x00000000000000000000000000000000000000ac"]}
<< {"jsonrpc":"2.0","id":5,"result":{"contract":"Kept","layoutKnown":true,"total":1,"slots":[{"slot":"0x0000000000000000000000000000000000000000000000000000000000000000","value":"0xffffffffffffffffffffffffffffffff00000000000000000000000000000007","parts":[{"name":"low","type":"uint128","value":"7"},{"name":"high","type":"int128","value":"-1"}]}]}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_getStorage","params":["0x00000000000000000000000000000000000000ac","0x1"]}
<< {"jsonrpc":"2.0","id":6,"result":{"contract":"Kept","layoutKnown":true,"total":1,"slots":[]}}
