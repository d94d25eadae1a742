>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockByHash","params":["0xd9a0ec318884481ac207e2a4b1be0d131520a18ef2ff927a61c1646e351b1662",true]}
<< {"jsonrpc":"2.0","id":1,"result":null}
