// no address
>> {"jsonrpc":"2.0","id":1,"method":"txpool_contentFrom","params":[]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"missing value for required argument 0 (sender)"}}
// a short address
>> {"jsonrpc":"2.0","id":2,"method":"txpool_contentFrom","params":["0x1234"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"invalid argument 0 (sender): expected a 20-byte address (0x and 40 hex digits), got \"0x1234\""}}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"txpool_contentFrom","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",true]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
