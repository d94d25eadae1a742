// nothing
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":["0x"]}
<< {"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"failed to decode transaction: empty transaction data"}}
// garbage
>> {"jsonrpc":"2.0","id":2,"method":"eth_sendRawTransaction","params":["0xdeadbeef"]}
<< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"failed to decode transaction: transaction could not be decoded: RLP at byte 1: 30 bytes declared, 3 left"}}
// no hex
>> {"jsonrpc":"2.0","id":3,"method":"eth_sendRawTransaction","params":["hello"]}
<< {"jsonrpc":"2.0","id":3,"error":{"code":-32602,"message":"invalid argument 0 (raw): expected bytes (0x and an even number of hex digits), got \"hello\""}}
// cut short
>> {"jsonrpc":"2.0","id":4,"method":"eth_sendRawTransaction","params":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f491"]}
<< {"jsonrpc":"2.0","id":4,"error":{"code":-32602,"message":"failed to decode transaction: transaction could not be decoded: RLP at byte 2: 110 bytes declared, 109 left"}}
// a type that is none
>> {"jsonrpc":"2.0","id":5,"method":"eth_sendRawTransaction","params":["0x7ff86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]}
<< {"jsonrpc":"2.0","id":5,"error":{"code":-32003,"message":"transaction type not supported: transaction type not valid here: 0x7f; this chain takes 0x0, 0x1, 0x2, 0x3, 0x4"}}
// a deposit
>> {"jsonrpc":"2.0","id":6,"method":"eth_sendRawTransaction","params":["0x7ef86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f"]}
<< {"jsonrpc":"2.0","id":6,"error":{"code":-32003,"message":"transaction type not supported: transaction type not valid here: 0x7e; deposits come from L1 only"}}
// another chain
>> {"jsonrpc":"2.0","id":7,"method":"eth_sendRawTransaction","params":["0x02f86c0108843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0044a81b3ca636017d55a3d41bed2071366bdd84bd01644a6c19ca5a8d483e465a066f6803885dc751552c1749e161450b94203b969d51ed0af675633795b168fae"]}
<< {"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"invalid chain id for signer: have 1, want 31337; sign for chain id 31337 or switch the wallet's network"}}
// already mined
>> {"jsonrpc":"2.0","id":8,"method":"eth_sendRawTransaction","params":["0x02f876827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c8880de0b6b3a764000080c001a051f1c452d0e7e87aba5fdca94aaad1392d40db9479c583321de79288633783b4a01b3e298fdad757e8fc49e98bf934a4a3d4ba61632508bba92a6081d8f6292ac8"]}
<< {"jsonrpc":"2.0","id":8,"error":{"code":-32003,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266); 0xecacd10a00b16705d6d0db66f6eec794404ffa75e4b2837e814df0b50423501c is in block 1"}}
// a nonce that is used
>> {"jsonrpc":"2.0","id":9,"method":"eth_sendRawTransaction","params":["0x02f86e827a6980843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80380c001a0856138996c16390c31a21fa675f7b3bc2df8a1f6240ecf5d2f2830d971b4ad9da05773f55f10d954f4ebee13a5d17bebb5281f45a68ae0dbd8c3b143344f49085f"]}
<< {"jsonrpc":"2.0","id":9,"error":{"code":-32003,"message":"nonce too low: next nonce 8, tx nonce 0 (address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266)"}}
// more than there is
>> {"jsonrpc":"2.0","id":10,"method":"eth_sendRawTransaction","params":["0x02f87b827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c88d0c9f2c9cd04674edea4000000080c080a0e87c841fa34ced14ac25a0929e9799abb03a78ee1635a254b864055cf516d310a03bc5db2bf1a224c0e65c85dc1dfc6504f6dfd130a7e5fbe0fd1281cddb074843"]}
<< {"jsonrpc":"2.0","id":10,"error":{"code":-32003,"message":"insufficient funds for gas * price + value: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 have 9998998043116428336628 want 1000000000000010000000000000000"}}
// too little gas
>> {"jsonrpc":"2.0","id":11,"method":"eth_sendRawTransaction","params":["0x02f86d827a6908843b9aca0085012a05f200824e209470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a017d37e682be86be453b67297f3720823a2793a1467b5e4ebe03e03a755771dc4a0719c988a248c65ce639ee60b708f075d60809d9f1dba80909f8e51962775d336"]}
<< {"jsonrpc":"2.0","id":11,"error":{"code":-32000,"message":"intrinsic gas too low: gas 20000, minimum needed 21000"}}
// more gas than a block has
>> {"jsonrpc":"2.0","id":12,"method":"eth_sendRawTransaction","params":["0x02f86f827a6908843b9aca0085012a05f2008401c9c3819470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0e828816b44aa64ec03c976f2bbfd7784463ce7bccb398eb76b631907080db92ca00d334441dc549274141a2bd7a2e4ef342bb4b5604c811d55e2d063657a662214"]}
<< {"jsonrpc":"2.0","id":12,"error":{"code":-32000,"message":"intrinsic gas too high: exceeds block gas limit: the transaction asks for 30000001 gas, a block holds 30000000"}}
// a fee below the base fee
>> {"jsonrpc":"2.0","id":13,"method":"eth_sendRawTransaction","params":["0x02f865827a69080101831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c001a0db7289be520762128625cfef7e2e8ab0f7dae8d179058e5c97e5f10e50800deda007d7a55be394e349746730ddd35a0df10d5570f829c4430cce6e0074b7e1c0e2"]}
<< {"jsonrpc":"2.0","id":13,"error":{"code":-32003,"message":"max fee per gas less than block base fee: address 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266, maxFeePerGas: 1, baseFee: 178604461"}}
// a tip above the fee
>> {"jsonrpc":"2.0","id":14,"method":"eth_sendRawTransaction","params":["0x02f86d827a69088477359400843b9aca00831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0801ff0707ac3d6e08b4a21391d7df4f8f220c5f3c206b1e18beb3cdc43822ca2a05aef97031e0aa0d8807a12c874fbb751f96a43213183c0e82e032d60af2fb936"]}
<< {"jsonrpc":"2.0","id":14,"error":{"code":-32003,"message":"max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas 2000000000, maxFeePerGas 1000000000"}}
// no bytes
>> {"jsonrpc":"2.0","id":15,"method":"eth_sendRawTransaction","params":[]}
<< {"jsonrpc":"2.0","id":15,"error":{"code":-32602,"message":"missing value for required argument 0 (raw)"}}
// too many
>> {"jsonrpc":"2.0","id":16,"method":"eth_sendRawTransaction","params":["0x","0x"]}
<< {"jsonrpc":"2.0","id":16,"error":{"code":-32602,"message":"too many arguments, want at most 1, got 2"}}
// with bytes behind
>> {"jsonrpc":"2.0","id":17,"method":"eth_sendRawTransaction","params":["0x02f86e827a6908843b9aca0085012a05f200831e84809470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0037faece5e077a89a651683117915cd96a312bab00e712f99f307a11918a7dbfa016a939a22ac5ba49b81eb6518fb02ef07d89b832e53fa72c991c9218d7f4916f00"]}
<< {"jsonrpc":"2.0","id":17,"error":{"code":-32602,"message":"failed to decode transaction: transaction could not be decoded: RLP ends after 112 of 113 bytes"}}
