// one
>> {"jsonrpc":"2.0","id":1,"method":"anvil_mine","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":null}
>> {"jsonrpc":"2.0","id":2,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":"0xd"}
// several
>> {"jsonrpc":"2.0","id":3,"method":"anvil_mine","params":["0x3"]}
<< {"jsonrpc":"2.0","id":3,"result":null}
>> {"jsonrpc":"2.0","id":4,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":4,"result":"0x10"}
// so many seconds apart
>> {"jsonrpc":"2.0","id":5,"method":"anvil_mine","params":[2,"0x3c"]}
<< {"jsonrpc":"2.0","id":5,"result":null}
>> {"jsonrpc":"2.0","id":6,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":6,"result":"0x12"}
>> {"jsonrpc":"2.0","id":7,"method":"eth_getBlockByNumber","params":["latest",false]}
<< {"jsonrpc":"2.0","id":7,"result":{"hash":"0xcbf0c4aefdd2c103ebd63e46953ee646e51e90e7d38b792119d9e59066e04e2d","parentHash":"0xc02fe986715d039e68e88aa5d7bc3e67a3e97b3c15ba48d80a35e48fa5b23e31","sha3Uncles":"0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347","miner":"0x0000000000000000000000000000000000000000","stateRoot":"0xef04021222842623dbd08173de150e53439bee108b841a26a7eaac33cef46a56","transactionsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","receiptsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","logsBloom":"0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000","difficulty":"0x0","number":"0x12","gasLimit":"0x1c9c380","gasUsed":"0x0","timestamp":"0x6553f188","extraData":"0x","mixHash":"0x1ae71531872a94a1593662725216ff5365fb24cc4dabd6da25e7e54c9a311750","nonce":"0x0000000000000000","baseFeePerGas":"0x575d311","withdrawalsRoot":"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421","blobGasUsed":"0x0","excessBlobGas":"0x0","parentBeaconBlockRoot":"0x0000000000000000000000000000000000000000000000000000000000000000","requestsHash":"0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","totalDifficulty":"0x0","size":"0x268","uncles":[],"transactions":[],"withdrawals":[]}}
// none
>> {"jsonrpc":"2.0","id":8,"method":"anvil_mine","params":[0]}
<< {"jsonrpc":"2.0","id":8,"result":null}
>> {"jsonrpc":"2.0","id":9,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":9,"result":"0x12"}
// by Hardhat's name, in decimal
>> {"jsonrpc":"2.0","id":10,"method":"hardhat_mine","params":["2"]}
<< {"jsonrpc":"2.0","id":10,"result":true}
>> {"jsonrpc":"2.0","id":11,"method":"eth_blockNumber","params":[]}
<< {"jsonrpc":"2.0","id":11,"result":"0x14"}
