// no bundles
>> {"jsonrpc":"2.0","id":1,"method":"eth_callMany","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (bundles)"}}
// none in the list
>> {"jsonrpc":"2.0","id":2,"method":"eth_callMany","params":[[]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"bundles are empty: give at least one, with its transactions"}}
// not a list
>> {"jsonrpc":"2.0","id":3,"method":"eth_callMany","params":[{"transactions":[]}]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (bundles): expected an array, got an object"}}
// an index out of range
>> {"jsonrpc":"2.0","id":4,"method":"eth_callMany","params":[[{"transactions":[]}],{"blockNumber":"0xc","transactionIndex":4}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"transactionIndex 4 is out of range: block 12 has 3 transactions"}}
// a future block
>> {"jsonrpc":"2.0","id":5,"method":"eth_callMany","params":[[{"transactions":[]}],{"blockNumber":"0x99"}]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32000,"message":"header not found: no block 153, the chain's head is block 12"}}
// a call that cannot begin
>> {"jsonrpc":"2.0","id":6,"method":"eth_callMany","params":[[{"transactions":[{"from":"0x2222222222222222222222222222222222222222","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"}]}]]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32003,"message":"insufficient funds for transfer: address 0x2222222222222222222222222222222222222222 have 0 want 1"}}
// too many
>> {"jsonrpc":"2.0","id":7,"method":"eth_callMany","params":[[{"transactions":[]}],{},{},1,1]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"too many arguments, want at most 4, got 5"}}
