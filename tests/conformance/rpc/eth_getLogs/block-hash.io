>> {"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"blockHash":"0xd9a0ec318884481ac207e2a4b1be0d131520a18ef2ff927a61c1646e351b1662"}]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"unknown block: 0xd9a0ec318884481ac207e2a4b1be0d131520a18ef2ff927a61c1646e351b1662"}}
// unknown
>> {"jsonrpc":"2.0","id":2,"method":"eth_getLogs","params":[{"blockHash":"0x1111111111111111111111111111111111111111111111111111111111111111"}]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32000,"message":"unknown block: 0x1111111111111111111111111111111111111111111111111111111111111111"}}
