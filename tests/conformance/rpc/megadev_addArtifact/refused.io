// no artifact at all
>> {"jsonrpc":"2.0","id":1,"method":"megadev_addArtifact","params":["0x00"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"invalid argument 0 (artifact): expected an artifact (an object) or an ABI (an array), got \"0x00\""}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_addArtifact","params":[]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"missing value for required argument 0 (artifact)"}}
// no ABI in it
>> {"jsonrpc":"2.0","id":3,"method":"megadev_addArtifact","params":[{"name":"C","bytecode":"0x00"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid artifact: it has no abi"}}
// an ABI that is none
>> {"jsonrpc":"2.0","id":4,"method":"megadev_addArtifact","params":[{"name":"C","abi":[{"type":"function","name":7}]}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid artifact: abi: Expected `str | null`, got `int` - at `$[0].name`"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_addArtifact","params":[[{"type":"feature"}]]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid artifact: the array is not an ABI"}}
// code that is no hex, or ends within a byte
>> {"jsonrpc":"2.0","id":6,"method":"megadev_addArtifact","params":[{"name":"C","abi":[],"bytecode":"0xzz"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid artifact: bytecode is not hex"}}
>> {"jsonrpc":"2.0","id":7,"method":"megadev_addArtifact","params":[{"name":"C","abi":[],"deployedBytecode":"0x123"}]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid artifact: bytecode is not hex"}}
// an address that is none
>> {"jsonrpc":"2.0","id":8,"method":"megadev_addArtifact","params":[{"name":"C","abi":[]},"0x12"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"invalid argument 1 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x12\""}}
// nothing was learned from any of them
>> {"jsonrpc":"2.0","id":9,"method":"megadev_listArtifacts","params":[]}
<< {"jsonrpc":"2.0","id":9,"result":{"artifacts":[],"skipped":{}}}
