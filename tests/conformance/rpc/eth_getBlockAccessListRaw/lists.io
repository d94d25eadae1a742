// the first block: nothing happened in it
>> {"jsonrpc":"2.0","id":1,"method":"eth_getBlockAccessListRaw","params":["0x0"]}
<< {"jsonrpc":"2.0","id":1,"result":"0xc0"}
// a storage write
>> {"jsonrpc":"2.0","id":2,"method":"eth_getBlockAccessListRaw","params":["0x7"]}
<< {"jsonrpc":"2.0","id":2,"result":"0xf8dde4940000000000000000000000000000000000000000c0c0cac9018703d178c91e5eccc0c0f840940000f90827f1c53a10cb7a02335b175320002935e6e506e3e280a0b84c34c2c84047677d11ac46394e1fb7953b728cd779b7bd03314dffb4b94a9fc0c0c0c0e994000f3df6d732807ef1319fb7b8bb8522d0beac02cccb821bbfc7c680846553f107c3823bbec0c0c0e094cf7ed3acca5a467e9e704c703e8d87f634fb0fc9c6c580c3c2012ac0c0c0c0ea94f39fd6e51aad88f6f4ce6ab8827279cfffb92266c0c0cdcc018a021e0bfb80f31ca3db5dc3c20105c0"}
// three transactions
>> {"jsonrpc":"2.0","id":3,"method":"eth_getBlockAccessListRaw","params":["0xc"]}
<< {"jsonrpc":"2.0","id":3,"result":"0xf90150f838940000000000000000000000000000000000000000c0c0dec90187062e46ddf19ebac90287065479c1063ebac90387066969fb280abac0c0f840940000f90827f1c53a10cb7a02335b175320002935e6e50be3e280a033436e5ed2d2e893ffaf5498a8d6ef485ba56d0b3867a44adb9964bee089398ac0c0c0c0e994000f3df6d732807ef1319fb7b8bb8522d0beac02cccb821bc4c7c680846553f10cc3823bc3c0c0c0f83a9470997970c51812dc3a010c7d01b50e0d17dc79c8c0c0dacc018a021e0bfeb263d617cb28cc038a021e0bfe992e2e5fb712c6c20104c20305c0ea9490f79bf6eb2c4f870365e785982e1f101e93b906c0c0cdcc028a021e19e09fa26a793197c3c20201c0da94e7f1725e7734ce288f8367e1bb143e90bb3f0512c0c0c0c0c0e794f39fd6e51aad88f6f4ce6ab8827279cfffb92266c0c0cdcc028a021e0bf91f4094b41df4c0c0"}
// no such block
>> {"jsonrpc":"2.0","id":4,"method":"eth_getBlockAccessListRaw","params":["0x99"]}
<< {"jsonrpc":"2.0","id":4,"result":null}
