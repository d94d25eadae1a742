// type 2
>> {"jsonrpc":"2.0","id":1,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","maxFeePerGas":"0x12a05f200","maxPriorityFeePerGas":"0x3b9aca00"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0x02f86d827a6908843b9aca0085012a05f2008252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0ed607641644ece1a3e2246322336dd1dcf860df241a6995309650e8bd35ec4caa00170247c20f38357579ffc4a82e3a74db023b8e60d9c1bce810e11d977c9f1c5"}
// type 0
>> {"jsonrpc":"2.0","id":2,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","gasPrice":"0x77359400"}]}
<< {"jsonrpc":"2.0","id":2,"result":"0xf8650884773594008252089470997970c51812dc3a010c7d01b50e0d17dc79c8018082f4f6a037d2d8f9aeb10b0b110efdba153bc19930518f0c7760949b24f080115cc2124aa01acbf3f99320640ea30c44024beac1910bbeda4d134ec1f89da667923bde45c2"}
// type 1
>> {"jsonrpc":"2.0","id":3,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1","nonce":"0x8","gas":"0x5208","chainId":"0x7a69","gasPrice":"0x77359400","accessList":[]}]}
<< {"jsonrpc":"2.0","id":3,"result":"0x01f867827a690884773594008252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0ae0a95fd9db2ac849d8143ba4945b98e3adb139fee529cd66a1d13e94379c94da061d67ea6581e4af3cc510de5e8c37637bb711d84350ac97c37053974c64d52c8"}
// gaps are filled
>> {"jsonrpc":"2.0","id":4,"method":"eth_signTransaction","params":[{"from":"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","value":"0x1"}]}
<< {"jsonrpc":"2.0","id":4,"result":"0x02f86c827a6908843b9aca008450e55d5a8252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0e8091eda361abfaf66e60769fe266e9877381743451d990fa3489249307da390a05c5eb060f8389254e22a62c311360c383c027208f8543f760b65546726016502"}
