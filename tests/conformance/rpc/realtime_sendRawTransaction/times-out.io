// chain: paused
// nobody mines: code 4, the hash in data
>> {"jsonrpc":"2.0","id":1,"method":"realtime_sendRawTransaction","params":["0x02f86e827a6909843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a01ef58422a9d7b4fec54cff16f997add68aca621efb61c8efc3bd7d5d4d4a2bc6a0099bf29a3c2b1bae81f4a317a6247a771a9e7cabc68709ed9e27dedd4d716055",1]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":4,"message":"the transaction was added to the txpool but not included within 1 ms","data":"0x176bac340e8526bc4fddbd2a34273de74c74c84122c4139d14e791e2f43e50ae"}}
