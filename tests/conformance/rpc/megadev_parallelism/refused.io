// neither a block nor a transaction; too many blocks, or none; a block that is not there
>> {"jsonrpc":"2.0","id":1,"method":"megadev_parallelism","params":["0x1212121212121212121212121212121212121212121212121212121212121212"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"not found: neither a transaction nor a block has the hash 0x1212121212121212121212121212121212121212121212121212121212121212"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_parallelism","params":["latest",{"blocks":"0x3e9"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"blocks: between 1 and 1,000 at once, not 1,001"}}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_parallelism","params":["latest",{"blocks":"0x0"}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"blocks: between 1 and 1,000 at once, not 0"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_parallelism","params":["0x99"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_parallelism","params":[{}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"invalid argument 0 (what): a block object needs either blockNumber or blockHash (EIP-1898)"}}
