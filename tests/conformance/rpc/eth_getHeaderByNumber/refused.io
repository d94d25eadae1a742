// no block
>> {"jsonrpc":"2.0","id":1,"method":"eth_getHeaderByNumber","params":[]}
// no such tag
>> {"jsonrpc":"2.0","id":2,"method":"eth_getHeaderByNumber","params":["newest"]}
// too many
>> {"jsonrpc":"2.0","id":3,"method":"eth_getHeaderByNumber","params":["0x1",true]}
