// nothing yet
>> {"jsonrpc":"2.0","id":1,"method":"megadev_listArtifacts","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"artifacts":[],"skipped":{}}}
// the latest first; the same one again replaces itself
>> {"jsonrpc":"2.0","id":2,"method":"megadev_addArtifact","params":[{"name":"A","abi":[]}]}
<< {"jsonrpc":"2.0","id":2,"result":[{"name":"A","source":"","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_addArtifact","params":[{"contractName":"B","sourceName":"b.sol","abi":[]}]}
<< {"jsonrpc":"2.0","id":3,"result":[{"name":"B","source":"b.sol","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_addArtifact","params":[{"name":"A","abi":[]}]}
<< {"jsonrpc":"2.0","id":4,"result":[{"name":"A","source":"","address":null,"functions":{},"errors":{},"events":{}}]}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_listArtifacts","params":[]}
<< {"jsonrpc":"2.0","id":5,"result":{"artifacts":[{"name":"A","source":""},{"name":"B","source":"b.sol"}],"skipped":{}}}
// it takes nothing
>> {"jsonrpc":"2.0","id":6,"method":"megadev_listArtifacts","params":["Token"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"too many arguments, want at most 0, got 1"}}
