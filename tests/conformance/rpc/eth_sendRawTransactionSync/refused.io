// garbage
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransactionSync","params":["0xdeadbeef"]}
// a nonce that is used
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendRawTransactionSync","params":["0x02f86e827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80380c001a0856138996c16390c31a21fa675f7b3bc2df8a1f6240ecf5d2f2830d971b4ad9da05773f55f10d954f4ebee13a5d17bebb5281f45a68ae0dbd8c3b143344f49085f"]}
// no bytes
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendRawTransactionSync","params":[]}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendRawTransactionSync","params":["0x",1,1]}
