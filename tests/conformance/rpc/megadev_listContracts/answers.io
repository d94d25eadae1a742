// none is known; one added by hand
>> {"jsonrpc":"2.0","id":1,"method":"megadev_listContracts","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":[]}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_addArtifact","params":[{"name":"Empty","abi":[{"type":"fallback","stateMutability":"payable"}],"deployedBytecode":"0x600160025502"}]}
<< {"jsonrpc":"2.0","id":2,"result":[{"name":"Empty","source":"","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":3,"method":"anvil_setCode","params":["0x00000000000000000000000000000000000000ad","0x600160025502"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_listContracts","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":[{"address":"0x00000000000000000000000000000000000000Ad","name":"Empty","source":"","implementation":null}]}
