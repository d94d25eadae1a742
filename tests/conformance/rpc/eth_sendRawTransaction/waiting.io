// chain: paused
// already waiting
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"already known: 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c waits in the txpool"}}
// a replacement that pays no more
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendRawTransaction","params":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80280c080a0495ee8e5c32e5769b083fa63bbe5e9fe4e398f61dbd98029d737abd7d5ca2128a01a56dee3e21deeee90bc05e74842a4ab1654736e4f94007297e39ce7d14829eb"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32003,"message":"replacement transaction underpriced: maxFeePerGas 5000000000, at least 5500000000 needed to replace 0x68701c13b000dc9cccfa854992a8743ea55cb5c4fc7a10c55421e00de6523d1c"}}
// one that does
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendRawTransaction","params":["0x02f86d827a690884773594008502540be400831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80280c080a0fb2b7d72cc3afae4e388cacc9efa7b37ce679525ae60656359c27feaaab20c409f1870c7ee07675c68f55fc5a6aad20280aedaf0d6bdbe48d8f2c00b1c61a9a6"]}
<< {"jsonrpc":"2.0","id":3,"result":"0x4aa20a077029c75f362ae8dfbad716170d4a879c93c0f7b3eeeffcd7a4054f53"}
>> {"jsonrpc":"2.0","id":4,"method":"txpool_status","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":{"pending":"0x2","queued":"0x1"}}
