// garbage
>> {"jsonrpc":"2.0","id":1,"method":"realtime_sendRawTransaction","params":["0xdeadbeef"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"failed to decode transaction: transaction could not be decoded: RLP at byte 1: 30 bytes declared, 3 left"}}
// a nonce that is used
>> {"jsonrpc":"2.0","id":2,"method":"realtime_sendRawTransaction","params":["0x02f86e827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80380c001a0856138996c16390c31a21fa675f7b3bc2df8a1f6240ecf5d2f2830d971b4ad9da05773f55f10d954f4ebee13a5d17bebb5281f45a68ae0dbd8c3b143344f49085f"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266)"}}
// no bytes
>> {"jsonrpc":"2.0","id":3,"method":"realtime_sendRawTransaction","params":[]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"missing value for required argument 0 (raw)"}}
// too many
>> {"jsonrpc":"2.0","id":4,"method":"realtime_sendRawTransaction","params":["0x",1,1]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"too many arguments, want at most 2, got 3"}}
