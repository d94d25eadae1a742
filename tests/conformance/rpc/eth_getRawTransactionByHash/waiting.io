// chain: paused
>> {"jsonrpc":"2.0","id":1,"method":"eth_getRawTransactionByHash","params":["{waiting:0}"]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"}
