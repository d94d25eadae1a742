// chain: bridged
// each L1 block takes the next one; L2's next block is told
>> {"jsonrpc":"2.0","id":1,"method":"megadev_setL1Fees","params":[[{"baseFee":"0x64","blobBaseFee":"0x7"},{"baseFee":"0xc8"}]]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_setL1Fees","params":[[]]}
<< {"jsonrpc":"2.0","id":2,"result":null}
>> {"jsonrpc":"2.0","id":3,"method":"megadev_setL1Fees","params":[[{"blobBaseFee":"0x1"}]]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (fees)[0]: missing field baseFee"}}
>> {"jsonrpc":"2.0","id":4,"method":"megadev_setL1Fees","params":[{}]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 0 (fees): expected an array, got an object"}}
