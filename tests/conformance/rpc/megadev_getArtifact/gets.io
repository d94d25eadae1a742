// not known
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getArtifact","params":["Token"]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getArtifact","params":["0x0165878a594ca255338adfa4d48449f69242eb8f"]}
<< {"jsonrpc":"2.0","id":2,"result":null}
// by name, and by its code at an address
>> {"jsonrpc":"2.0","id":3,"method":"megadev_addArtifact","params":[{"name":"Empty","abi":[{"type":"fallback","stateMutability":"payable"}],"deployedBytecode":"0x600160025500"}]}
<< {"jsonrpc":"2.0","id":3,"result":[{"name":"Empty","source":"","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":4,"method":"anvil_setCode","params":["0x00000000000000000000000000000000000000aa","0x600160025500"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_getArtifact","params":["Empty"]}
<< {"jsonrpc":"2.0","id":5,"result":{"name":"Empty","source":"","language":"","compiler":"","abi":[{"type":"fallback","stateMutability":"payable"}],"bytecode":"0x","deployedBytecode":"0x600160025500"}}
>> {"jsonrpc":"2.0","id":6,"method":"megadev_getArtifact","params":["0x00000000000000000000000000000000000000aa"]}
<< {"jsonrpc":"2.0","id":6,"result":{"name":"Empty","source":"","language":"","compiler":"","abi":[{"type":"fallback","stateMutability":"payable"}],"bytecode":"0x","deployedBytecode":"0x600160025500"}}
// a name that several have
>> {"jsonrpc":"2.0","id":12,"method":"megadev_addArtifact","params":[{"contractName":"Empty","sourceName":"a.sol","abi":[]}]}
<< {"jsonrpc":"2.0","id":12,"result":[{"name":"Empty","source":"a.sol","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":7,"method":"megadev_addArtifact","params":[{"contractName":"Empty","sourceName":"b.sol","abi":[]}]}
<< {"jsonrpc":"2.0","id":7,"result":[{"name":"Empty","source":"b.sol","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":8,"method":"megadev_getArtifact","params":["Empty"]}
<< {"jsonrpc":"2.0","id":8,"result":{"name":"Empty","source":"","language":"","compiler":"","abi":[{"type":"fallback","stateMutability":"payable"}],"bytecode":"0x","deployedBytecode":"0x600160025500"}}
>> {"jsonrpc":"2.0","id":9,"method":"megadev_getArtifact","params":["b.sol:Empty"]}
<< {"jsonrpc":"2.0","id":9,"result":{"name":"Empty","source":"b.sol","language":"Solidity","compiler":"","abi":[],"bytecode":"0x","deployedBytecode":"0x"}}
// only with a path it is said which
>> {"jsonrpc":"2.0","id":13,"method":"megadev_addArtifact","params":[{"contractName":"Two","sourceName":"a.sol","abi":[]}]}
<< {"jsonrpc":"2.0","id":13,"result":[{"name":"Two","source":"a.sol","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":14,"method":"megadev_addArtifact","params":[{"contractName":"Two","sourceName":"b.sol","abi":[]}]}
<< {"jsonrpc":"2.0","id":14,"result":[{"name":"Two","source":"b.sol","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":15,"method":"megadev_getArtifact","params":["Two"]}
<< {"jsonrpc":"2.0","id":15,"error":{"code":-32602,"message":"several contracts are named Two: choose one of a.sol:Two, b.sol:Two"}}
// neither an address nor a name
>> {"jsonrpc":"2.0","id":10,"method":"megadev_getArtifact","params":[7]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32602,"message":"invalid argument 0 (which): expected an address or a contract's name, got 7"}}
>> {"jsonrpc":"2.0","id":11,"method":"megadev_getArtifact","params":["0x12"]}
<< {"jsonrpc":"2.0","id":11,"error":{"code":-32602,"message":"invalid argument 0 (which): expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
