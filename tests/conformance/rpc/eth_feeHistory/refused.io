// beyond the head
>> {"jsonrpc":"2.0","id":1,"method":"eth_feeHistory","params":["0x1","0x99",[]]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"header not found: request beyond head block 12"}}
// out of order
>> {"jsonrpc":"2.0","id":2,"method":"eth_feeHistory","params":["0x1","latest",[50,10]]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid reward percentile: #0:50.0 is greater than #1:10.0; sort them"}}
// over 100
>> {"jsonrpc":"2.0","id":3,"method":"eth_feeHistory","params":["0x1","latest",[101]]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid reward percentile: 101.0 is not between 0 and 100"}}
// not numbers
>> {"jsonrpc":"2.0","id":4,"method":"eth_feeHistory","params":["0x1","latest",["a"]]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"invalid argument 2 (percentiles)[0]: expected a number, got \"a\""}}
// no block
>> {"jsonrpc":"2.0","id":5,"method":"eth_feeHistory","params":["0x1"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32602,"message":"missing value for required argument 1 (newest)"}}
