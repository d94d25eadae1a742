// chain: paused
// an unknown transaction, and one that waits
>> {"jsonrpc":"2.0","id":1,"method":"megadev_getStackTrace","params":["0x1212121212121212121212121212121212121212121212121212121212121212"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"transaction not found: 0x1212121212121212121212121212121212121212121212121212121212121212"}}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getStackTrace","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"transaction not found in any block: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c is still in the txpool; mine it first"}}
// an unknown block
>> {"jsonrpc":"2.0","id":3,"method":"megadev_getStackTrace","params":[{"to":"0x0165878a594ca255338adfa4d48449f69242eb8f"},"0x999"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"header not found: no block 2457, the chain's head is block 12"}}
// neither a hash nor a call
>> {"jsonrpc":"2.0","id":4,"method":"megadev_getStackTrace","params":[5]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (what): expected a transaction's hash or a call object, got 5"}}
>> {"jsonrpc":"2.0","id":5,"method":"megadev_getStackTrace","params":[]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"missing value for required argument 0 (what)"}}
// a call that could not start
>> {"jsonrpc":"2.0","id":6,"method":"megadev_getStackTrace","params":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"}]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32003,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1"}}
