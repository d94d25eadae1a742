// by one block
>> {"jsonrpc":"2.0","id":1,"method":"debug_getModifiedAccountsByHash","params":["{block:7}"]}
<< {"jsonrpc":"2.0","id":1,"result":["0x000f3df6d732807ef1319fb7b8bb8522d0beac02","0x0000000000000000000000000000000000000000","0x0000f90827f1c53a10cb7a02335b175320002935","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","0xcf7ed3acca5a467e9e704c703e8d87f634fb0fc9"]}
// by several
>> {"jsonrpc":"2.0","id":2,"method":"debug_getModifiedAccountsByHash","params":["{block:1}","{block:4}"]}
<< {"jsonrpc":"2.0","id":2,"result":["0x70997970c51812dc3a010c7d01b50e0d17dc79c8","0x000f3df6d732807ef1319fb7b8bb8522d0beac02","0x0000000000000000000000000000000000000000","0x0000f90827f1c53a10cb7a02335b175320002935","0xe7f1725e7734ce288f8367e1bb143e90bb3f0512","0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc","0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"]}
