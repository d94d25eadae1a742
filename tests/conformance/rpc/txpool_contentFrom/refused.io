// no address
>> {"jsonrpc":"2.0","id":1,"method":"txpool_contentFrom","params":[]}
// a short address
>> {"jsonrpc":"2.0","id":2,"method":"txpool_contentFrom","params":["0x1234"]}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"txpool_contentFrom","params":["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",true]}
