// no address
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (address)"}}
// too many
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","latest","latest"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
// short address
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBalance","params":["0x1234","latest"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// not hex
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBalance","params":["0xzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz","latest"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"0xzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\""}}
// no prefix
>> {"jsonrpc":"2.0","id":5,"method":"eth_getBalance","params":["abababababababababababababababababababab","latest"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (address): expected a 20-byte address (0x and 40 hex digits), got \"abababababababababababababababababababab\""}}
// no such tag
>> {"jsonrpc":"2.0","id":6,"method":"eth_getBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","newest"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32602,"message":"invalid argument 1 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got \"newest\""}}
// a boolean is no block
>> {"jsonrpc":"2.0","id":7,"method":"eth_getBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",true]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid argument 1 (block): expected a block number (0x hex) or one of earliest, finalized, safe, latest, pending, a 32-byte hash, or an object with blockNumber or blockHash, got true"}}
// an object without a block
>> {"jsonrpc":"2.0","id":8,"method":"eth_getBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",{}]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32602,"message":"invalid argument 1 (block): a block object needs either blockNumber or blockHash (EIP-1898)"}}
// both at once
>> {"jsonrpc":"2.0","id":9,"method":"eth_getBalance","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",{"blockNumber":"0x1","blockHash":"{block:1}"}]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-32602,"message":"invalid argument 1 (block): a block object needs either blockNumber or blockHash (EIP-1898)"}}
