>> {"jsonrpc":"2.0","id":1,"method":"megadev_durable","params":[]}
<< {"jsonrpc":"2.0","id":1,"result":{"store":null,"durability":"off","isDurable":false,"l2":null,"l1":null,"problem":null}}
