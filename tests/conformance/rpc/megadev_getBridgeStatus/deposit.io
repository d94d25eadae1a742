// not with Anvil: it has one chain
// chain: L1
// it has arrived by the time that one asks
>> {"jsonrpc":"2.0","id":1,"method":"eth_sendTransaction","params":[{"from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","to":"0x7f82f57f0dd546519324392e408b01fcc7d709e8","value":"0x5","gas":"0x186a0","maxFeePerGas":"0xba43b7400","maxPriorityFeePerGas":"0x1"}]}
<< {"jsonrpc":"2.0","id":1,"result":"0xe9ba1a93165d1c0c74b16bfb85e703ba04e7edec2d17fa2db2d95eaf32ed9407"}
>> {"jsonrpc":"2.0","id":2,"method":"megadev_getBridgeStatus","params":[]}
<< {"jsonrpc":"2.0","id":2,"result":{"deposits":[{"status":"executed","from":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","to":"0x70997970c51812dc3a010c7d01b50e0d17dc79c8","mint":"0x5","value":"0x5","gas":"0x186a0","data":"0x","l1TransactionHash":"0xe9ba1a93165d1c0c74b16bfb85e703ba04e7edec2d17fa2db2d95eaf32ed9407","l1BlockNumber":"0x1","l2TransactionHash":"0x0ea102c33c4c26ec18c3f019bb91eeca597436267e4ac9b258b379e4438d0472","l2BlockNumber":"0xd","age":"0x0","next":"nothing: it has arrived"}],"withdrawals":[]}}
